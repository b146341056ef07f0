import { rows, type Transaction } from '@tokenwarden/database';
import { GRANTS_OF_GROUP } from '@tokenwarden/directory';
import { isIdentifier, withoutCovered, type Scope, type ServiceAccountState } from '@tokenwarden/vocabulary';
import { stateOf } from './account-state.rules.js';
import type { ServiceAccountEntity } from './service-account.entity.js';

/** A service account as it is now: its row and the state derived from it. */
export interface AccountRecord extends Readonly<ServiceAccountEntity> {
  readonly state: ServiceAccountState;
}

/** What a SELECT from `service_accounts s` names to get the row. */
export const ACCOUNT_COLUMNS = `s.id, s.name, s.description, s.search_text AS "searchText", s.created_at AS "createdAt",
  s.created_by AS "createdBy", s.suspended_at AS "suspendedAt", s.orphaned_at AS "orphanedAt",
  s.grace_ended_at AS "graceEndedAt", s.deleted_at AS "deletedAt"`;

/** The account with this id; null where there is none, or none any more. */
export async function accountById(tx: Transaction, id: string): Promise<AccountRecord | null> {
  return one(
    tx,
    `SELECT ${ACCOUNT_COLUMNS} FROM service_accounts s WHERE s.id = $1 AND s.deleted_at IS NULL`,
    id,
  );
}

/**
 * The account, held as it is (FOR SHARE) to the end of the transaction: whoever issues something for it commits before
 * or after it changes, never beside that. Null where there is none, or none any more.
 */
export async function lockAccount(tx: Transaction, id: string): Promise<AccountRecord | null> {
  return one(
    tx,
    `SELECT ${ACCOUNT_COLUMNS} FROM service_accounts s WHERE s.id = $1 AND s.deleted_at IS NULL FOR SHARE OF s`,
    id,
  );
}

/**
 * The account, deleted or not, locked to the end of the transaction: nobody else changes it, and nobody issues anything
 * for it. Users and groups are held before it, tokens after. Null where there never was one.
 */
export async function lockAccountForChange(tx: Transaction, id: string): Promise<AccountRecord | null> {
  return one(tx, `SELECT ${ACCOUNT_COLUMNS} FROM service_accounts s WHERE s.id = $1 FOR UPDATE OF s`, id);
}

// The names that a change may have, with their columns.
const CHANGEABLE = {
  name: 'name',
  description: 'description',
  searchText: 'search_text',
  suspendedAt: 'suspended_at',
  orphanedAt: 'orphaned_at',
  graceEndedAt: 'grace_ended_at',
  deletedAt: 'deleted_at',
} as const;

/** Writes these columns of the locked account, and gives it as it is then. */
export async function changeAccount(
  tx: Transaction,
  id: string,
  change: Partial<Pick<ServiceAccountEntity, keyof typeof CHANGEABLE>>,
): Promise<AccountRecord> {
  const columns = (Object.keys(change) as (keyof typeof change)[]).map(
    (property, i) => `${CHANGEABLE[property]} = $${i + 2}`,
  );
  const changed = await one(
    tx,
    `UPDATE service_accounts s SET ${columns.join(', ')} WHERE s.id = $1 RETURNING ${ACCOUNT_COLUMNS}`,
    id,
    Object.values(change),
  );
  if (!changed) throw new Error('An account that is changed is not there: it must be locked first.');
  return changed;
}

/** The accounts with these ids, by id, deleted ones too: what shows of them keeps their name. Unknown ones are missing. */
export async function accountsByIds(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, AccountRecord>> {
  const sql = `SELECT ${ACCOUNT_COLUMNS} FROM service_accounts s WHERE s.id = ANY($1::uuid[])`;
  const found = await rows<ServiceAccountEntity>(tx, sql, [ids]);
  return new Map(found.map((account) => [account.id, withState(account)]));
}

/** The groups that the account is linked to, removed ones too. */
export async function groupIdsOfAccount(tx: Transaction, accountId: string): Promise<string[]> {
  return (await groupIdsOfAccounts(tx, [accountId])).get(accountId) ?? [];
}

/** The groups that many accounts are linked to, removed ones too, by account id. */
export async function groupIdsOfAccounts(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const found = await rows<{ accountId: string; groupIds: string[] }>(
    tx,
    `SELECT service_account_id AS "accountId", array_agg(group_id ORDER BY group_id)::text[] AS "groupIds"
     FROM service_account_groups WHERE service_account_id = ANY($1::uuid[]) GROUP BY service_account_id`,
    [ids],
  );
  return new Map(found.map(({ accountId, groupIds }) => [accountId, groupIds]));
}

const MANAGED = `FROM service_account_groups l JOIN groups g ON g.id = l.group_id AND g.state = 'ACTIVE'
  JOIN group_members m ON m.group_id = l.group_id JOIN service_accounts s ON s.id = l.service_account_id
  WHERE m.user_id = $1 AND s.deleted_at IS NULL`;

/** Whether the user is in one of the account's live groups, and so manages its tokens (rule 6). */
export async function isMember(tx: Transaction, accountId: string, userId: string): Promise<boolean> {
  return (
    (await rows(tx, `SELECT 1 ${MANAGED} AND l.service_account_id = $2 LIMIT 1`, [userId, accountId]))
      .length > 0
  );
}

/** The ids of the accounts whose tokens the user manages: those linked to one of their live groups. */
export async function accountsManagedBy(tx: Transaction, userId: string): Promise<string[]> {
  return (await rows<{ id: string }>(tx, `SELECT DISTINCT s.id ${MANAGED}`, [userId])).map(({ id }) => id);
}

/** What the account may do: the union of the grants of its live groups, sorted, without what another one covers. */
export async function permissionsOfAccount(tx: Transaction, accountId: string): Promise<Scope[]> {
  return (await permissionsOfAccounts(tx, [accountId])).get(accountId) ?? [];
}

/** The permissions of many accounts, by id; those without a live group are missing. */
export async function permissionsOfAccounts(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, Scope[]>> {
  const found = await rows<{ accountId: string; grants: Scope[] }>(
    tx,
    `SELECT l.service_account_id AS "accountId", ${GRANTS_OF_GROUP} AS grants
     FROM service_account_groups l JOIN groups g ON g.id = l.group_id
     WHERE l.service_account_id = ANY($1::uuid[]) AND g.state = 'ACTIVE'`,
    [ids],
  );
  const byAccount = new Map<string, Scope[]>();
  for (const { accountId, grants } of found)
    byAccount.set(accountId, [...(byAccount.get(accountId) ?? []), ...grants]);
  return new Map([...byAccount].map(([id, grants]) => [id, withoutCovered(grants)]));
}

async function one(
  tx: Transaction,
  sql: string,
  id: string,
  more: readonly unknown[] = [],
): Promise<AccountRecord | null> {
  const [account] = isIdentifier(id) ? await rows<ServiceAccountEntity>(tx, sql, [id, ...more]) : [];
  return account ? withState(account) : null;
}

/** The row with the state that is derived from it. */
export function withState(account: ServiceAccountEntity): AccountRecord {
  return { ...account, state: stateOf(account) };
}
