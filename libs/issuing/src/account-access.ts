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

/** An account and how the caller stands to it, both held as they are to the end of the transaction. */
export interface HeldMembership {
  /** Null where there is none, or none any more. */
  readonly account: AccountRecord | null;
  /** The caller is in one of its live groups now. */
  readonly isMember: boolean;
}

/**
 * The account, and whether the caller, who is in a session, is in one of its live groups now (rule 6). The caller and the
 * account's groups are held before it: a member who leaves, a group that goes or grants something else, does so before or
 * after. Membership is asked also where there is no such account, so that both answers take as long.
 * @param accountId A UUID
 */
export async function holdMembership(
  tx: Transaction,
  accountId: string,
  caller: Caller,
): Promise<HeldMembership> {
  const user = await lockUser(tx, caller.principal.id);
  await lockGroups(tx, await groupIdsOfAccount(tx, accountId));
  const account = await lockAccount(tx, accountId);
  const member = user?.state === 'ACTIVE' && (await isMember(tx, accountId, caller.principal.id));
  return { account, isMember: member };
}

/**
 * The account, held as it is to the end of the transaction, for a caller in a session who is in one of its live groups
 * now (rule 6).
 * @throws Problem `NOT_FOUND` on `serviceAccountId` when there is none that the caller sees, else `NOT_A_MEMBER`
 */
export async function lockAccountForMember(
  tx: Transaction,
  accountId: string,
  caller: Caller,
): Promise<AccountRecord> {
  if (!isIdentifier(accountId)) throw notFound('serviceAccountId');
  const membership = await holdMembership(tx, accountId, caller);
  const { account } = membership;
  if (!account) throw notFound('serviceAccountId');
  if (membership.isMember) return account;
  const target: Target = { type: 'service_account', id: account.id, name: account.name };
  if (!seesAccount(caller, { isMember: false })) throw notFound('serviceAccountId', { hidden: target });
  throw notAMember(undefined, { target });
}
