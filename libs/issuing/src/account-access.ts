import type { Transaction } from '@tokenwarden/database';
import { lockGroups, lockUser } from '@tokenwarden/directory';
import {
  groupIdsOfAccount,
  isMember,
  lockAccount,
  seesAccount,
  type AccountRecord,
} from '@tokenwarden/service-accounts';
import { isIdentifier, notAMember, notFound, type Caller, type Target } from '@tokenwarden/vocabulary';

/**
 * The account, held as it is to the end of the transaction, for a caller in a session who is in one of its live groups
 * now (rule 6). The caller and the account's groups are held before it: a member who leaves, a group that goes or grants
 * something else, does so before or after. Membership is asked also where there is no such account, so that both answers take as long.
 * @throws Problem `NOT_FOUND` on `serviceAccountId` when there is none that the caller sees, else `NOT_A_MEMBER`
 */
export async function lockAccountForMember(
  tx: Transaction,
  accountId: string,
  caller: Caller,
): Promise<AccountRecord> {
  if (!isIdentifier(accountId)) throw notFound('serviceAccountId');
  const user = await lockUser(tx, caller.principal.id);
  await lockGroups(tx, await groupIdsOfAccount(tx, accountId));
  const account = await lockAccount(tx, accountId);
  const member = user?.state === 'ACTIVE' && (await isMember(tx, accountId, caller.principal.id));
  if (!account) throw notFound('serviceAccountId');
  if (member) return account;
  const target: Target = { type: 'service_account', id: account.id, name: account.name };
  if (!seesAccount(caller, { isMember: false })) throw notFound('serviceAccountId', { hidden: target });
  throw notAMember(undefined, { target });
}
