import { COUNT_LIMIT, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import { foldedForSearch, isIdentifier, type ServiceAccountState } from '@tokenwarden/vocabulary';
import type { AccountReach } from './account-visibility.rules.js';
import { ACCOUNT_COLUMNS, withState, type AccountRecord } from './accounts.queries.js';
import type { ServiceAccountEntity } from './service-account.entity.js';

/** Which accounts a list holds; all conditions together, undefined for any. */
export interface AccountSelection {
  readonly reach: AccountReach;
  readonly states?: readonly ServiceAccountState[] | undefined;
  readonly groupId?: string | undefined;
  /** Part of the name, whatever the case. */
  readonly search?: string | undefined;
}

const BY_NAME_AND_ID = [
  { column: 's.name', descending: false, type: 'text' },
  { column: 's.id', descending: false, type: 'uuid' },
] as const;

// Whom of all accounts the caller sees.
const WITHIN_REACH = `($1 OR s.id = ANY($2::uuid[]) OR EXISTS (SELECT FROM service_account_groups l
    WHERE l.service_account_id = s.id AND l.group_id = ANY($3::uuid[])))`;

const STATE = `CASE WHEN s.suspended_at IS NOT NULL THEN 'SUSPENDED'
    WHEN s.orphaned_at IS NOT NULL THEN 'ORPHANED' ELSE 'ACTIVE' END`;

// strpos instead of LIKE: "%" and "_" are characters like all others.
const LISTED = `FROM service_accounts s WHERE s.deleted_at IS NULL
  AND ${WITHIN_REACH}
  AND ($4::text[] IS NULL OR ${STATE} = ANY($4))
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
  const clause = keyset(page, BY_NAME_AND_ID, parameters.length + 1);
  const sql = `SELECT ${ACCOUNT_COLUMNS} ${LISTED} AND ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`;
  return (await rows<ServiceAccountEntity>(tx, sql, [...parameters, ...clause.parameters])).map(withState);
}

/** How many accounts the list holds; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countAccounts(tx: Transaction, selection: AccountSelection): Promise<number> {
  if (isNothing(selection)) return 0;
  const sql = `SELECT count(*)::int AS count FROM (SELECT 1 ${LISTED} LIMIT ${COUNT_LIMIT + 1}) AS counted`;
  return (await rows<{ count: number }>(tx, sql, parametersOf(selection)))[0]?.count ?? 0;
}

/** How many accounts there are in each state; deleted ones count for nothing, and a state that is missing has none. */
export async function countByState(
  tx: Transaction,
): Promise<{ state: ServiceAccountState; count: number }[]> {
  const sql = `SELECT ${STATE} AS state, count(*)::int AS count FROM service_accounts s WHERE s.deleted_at IS NULL GROUP BY 1`;
  return rows(tx, sql);
}

// Of one group, `list` being the groups asked for; within reach.
const OF_GROUP = `FROM service_account_groups linked JOIN service_accounts s ON s.id = linked.service_account_id
  WHERE linked.group_id = list.id AND s.deleted_at IS NULL AND ${WITHIN_REACH}`;

/** One page, by name, of the accounts of each of these groups that are within reach; one statement for all groups. */
export async function accountsOnPageOfEach(
  tx: Transaction,
  groupIds: readonly string[],
  reach: AccountReach,
  page: Page,
): Promise<Map<string, AccountRecord[]>> {
  const clause = keyset(page, BY_NAME_AND_ID, 5);
  const found = await rows<ServiceAccountEntity & { groupId: string; place: string }>(
    tx,
    `SELECT list.id AS "groupId", shown.* FROM unnest($4::uuid[]) AS list (id)
     CROSS JOIN LATERAL (
       SELECT ${ACCOUNT_COLUMNS}, row_number() OVER (ORDER BY ${clause.orderBy}) AS place
       ${OF_GROUP} AND ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}) AS shown
     ORDER BY list.id, shown.place`,
    [...reachParameters(reach), groupIds, ...clause.parameters],
  );
  const ofEach = new Map<string, AccountRecord[]>(groupIds.map((id) => [id, []]));
  for (const { groupId, place: _, ...account } of found) ofEach.get(groupId)?.push(withState(account));
  return ofEach;
}

/** How many accounts of each of these groups are within reach; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countAccountsOfEach(
  tx: Transaction,
  groupIds: readonly string[],
  reach: AccountReach,
): Promise<Map<string, number>> {
  const found = await rows<{ id: string; count: number }>(
    tx,
    `SELECT list.id, counted.count FROM unnest($4::uuid[]) AS list (id)
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS count FROM (SELECT 1 ${OF_GROUP} LIMIT ${COUNT_LIMIT + 1}) AS chosen) AS counted`,
    [...reachParameters(reach), groupIds],
  );
  return new Map(found.map(({ id, count }) => [id, count]));
}

// An id that is no UUID is an unknown one.
function isNothing({ groupId }: AccountSelection): boolean {
  return groupId !== undefined && !isIdentifier(groupId);
}

function parametersOf({ reach, states, groupId, search }: AccountSelection): unknown[] {
  const folded = search === undefined ? null : foldedForSearch(search);
  return [...reachParameters(reach), states ?? null, groupId ?? null, folded];
}

function reachParameters({ isAll, ids, groupIds }: AccountReach): unknown[] {
  return [isAll, ids, groupIds];
}
