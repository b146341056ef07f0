import { COUNT_LIMIT, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import { GRANTS_OF_GROUP } from '@tokenwarden/directory';
import {
  foldedForSearch,
  isIdentifier,
  withoutCovered,
  type Scope,
  type ServiceAccountState,
} from '@tokenwarden/vocabulary';
import { stateOf } from './account-state.rules.js';
import type { AccountReach } from './account-visibility.rules.js';
import type { ServiceAccountEntity } from './service-account.entity.js';

/** A service account as it is now: its row and the state derived from it. */
export interface AccountRecord extends Readonly<ServiceAccountEntity> {
  readonly state: ServiceAccountState;
}

const COLUMNS = `s.id, s.name, s.description, s.search_text AS "searchText", s.created_at AS "createdAt",
  s.created_by AS "createdBy", s.suspended_at AS "suspendedAt", s.orphaned_at AS "orphanedAt", s.deleted_at AS "deletedAt"`;

/** The account with this id; null where there is none, or none any more. */
export async function accountById(tx: Transaction, id: string): Promise<AccountRecord | null> {
  return one(tx, `SELECT ${COLUMNS} FROM service_accounts s WHERE s.id = $1 AND s.deleted_at IS NULL`, id);
}

/**
 * The account, held as it is (FOR SHARE) to the end of the transaction: whoever issues something for it commits before
 * or after it changes, never beside that. Null where there is none, or none any more.
 */
export async function lockAccount(tx: Transaction, id: string): Promise<AccountRecord | null> {
  return one(
    tx,
    `SELECT ${COLUMNS} FROM service_accounts s WHERE s.id = $1 AND s.deleted_at IS NULL FOR SHARE OF s`,
    id,
  );
}

/** The accounts with these ids, by id, deleted ones too: what shows of them keeps their name. Unknown ones are missing. */
export async function accountsByIds(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, AccountRecord>> {
  const sql = `SELECT ${COLUMNS} FROM service_accounts s WHERE s.id = ANY($1::uuid[])`;
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

/** Which accounts a list holds; all conditions together, undefined for any. */
export interface AccountSelection {
  readonly reach: AccountReach;
  readonly states?: readonly ServiceAccountState[] | undefined;
  readonly groupId?: string | undefined;
  /** Part of the name, whatever the case. */
  readonly search?: string | undefined;
}

// strpos instead of LIKE: "%" and "_" are characters like all others.
const LISTED = `FROM service_accounts s WHERE s.deleted_at IS NULL
  AND ($1 OR s.id = ANY($2::uuid[]) OR EXISTS (SELECT FROM service_account_groups l
    WHERE l.service_account_id = s.id AND l.group_id = ANY($3::uuid[])))
  AND ($4::text[] IS NULL OR CASE WHEN s.suspended_at IS NOT NULL THEN 'SUSPENDED'
    WHEN s.orphaned_at IS NOT NULL THEN 'ORPHANED' ELSE 'ACTIVE' END = ANY($4))
  AND ($5::uuid IS NULL OR EXISTS (SELECT FROM service_account_groups l
    WHERE l.service_account_id = s.id AND l.group_id = $5))
  AND ($6::text IS NULL OR strpos(s.search_text, $6) > 0)`;

/** One page of accounts by name, as `toConnection` takes it; deleted ones are in no list. */
export async function listAccounts(
  tx: Transaction,
  selection: AccountSelection,
  page: Page,
): Promise<AccountRecord[]> {
  if (isNothing(selection)) return [];
  const parameters = parametersOf(selection);
  const order = [
    { column: 's.name', descending: false, type: 'text' },
    { column: 's.id', descending: false, type: 'uuid' },
  ] as const;
  const clause = keyset(page, order, parameters.length + 1);
  const sql = `SELECT ${COLUMNS} ${LISTED} AND ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`;
  return (await rows<ServiceAccountEntity>(tx, sql, [...parameters, ...clause.parameters])).map(withState);
}

/** How many accounts the list holds; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countAccounts(tx: Transaction, selection: AccountSelection): Promise<number> {
  if (isNothing(selection)) return 0;
  const sql = `SELECT count(*)::int AS count FROM (SELECT 1 ${LISTED} LIMIT ${COUNT_LIMIT + 1}) AS counted`;
  return (await rows<{ count: number }>(tx, sql, parametersOf(selection)))[0]?.count ?? 0;
}

// An id that is no UUID is an unknown one.
function isNothing({ groupId }: AccountSelection): boolean {
  return groupId !== undefined && !isIdentifier(groupId);
}

function parametersOf({ reach, states, groupId, search }: AccountSelection): unknown[] {
  const folded = search === undefined ? null : foldedForSearch(search);
  return [reach.isAll, reach.ids, reach.groupIds, states ?? null, groupId ?? null, folded];
}

async function one(tx: Transaction, sql: string, id: string): Promise<AccountRecord | null> {
  const [account] = isIdentifier(id) ? await rows<ServiceAccountEntity>(tx, sql, [id]) : [];
  return account ? withState(account) : null;
}

/** The row with the state that is derived from it. */
export function withState(account: ServiceAccountEntity): AccountRecord {
  return { ...account, state: stateOf(account) };
}
