import { COUNT_LIMIT, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import { foldedForSearch } from '@tokenwarden/vocabulary';
import type { GroupEntity } from './group.entity.js';
import { GROUP_COLUMNS } from './groups.queries.js';
import type { UserEntity } from './user.entity.js';
import { USER_COLUMNS } from './users.queries.js';

/** Whom a list of users may hold; all conditions together, null and undefined for none. */
export interface UserListFilter {
  /** Part of the username or of the display name, whatever the case. */
  readonly search?: string | null | undefined;
  /** These users only, beside those of `inGroups`. */
  readonly ids?: readonly string[] | undefined;
  /** Members of any of these groups, beside those of `ids`. */
  readonly inGroups?: readonly string[] | undefined;
}

/** Which groups a list may hold; null and undefined for any. */
export interface GroupListFilter {
  /** Part of the name, whatever the case. */
  readonly search?: string | null | undefined;
  /** These groups only. */
  readonly ids?: readonly string[] | undefined;
}

// strpos instead of LIKE: "%" and "_" are characters like all others.
const USERS = `FROM users u WHERE u.state <> 'REMOVED' AND ($1::text IS NULL OR strpos(u.search_text, $1) > 0)`;
// Without an OR over the whole table: the planner can begin with the members, so that a small group costs as little in a
// company of a hundred thousand as in one of ten.
const MEMBERS = `SELECT m.user_id FROM group_members m WHERE m.group_id = ANY($2::uuid[])`;
const OF_GROUPS = `${USERS} AND u.id IN (${MEMBERS})`;
const OF_GROUPS_OR_NAMED = `${USERS} AND u.id IN (${MEMBERS} UNION ALL SELECT unnest($3::uuid[]))`;

const GROUPS = `FROM groups g WHERE g.state <> 'REMOVED' AND ($1::text IS NULL OR strpos(g.search_text, $1) > 0)
  AND ($2::uuid[] IS NULL OR g.id = ANY($2))`;

/** What a cursor of these lists is made of, for `pageOf`. */
export const BY_NAME = ['text', 'uuid'] as const;

/** One page of users by username, as `toConnection` takes it; REMOVED ones are in no list. */
export async function listUsers(tx: Transaction, filter: UserListFilter, page: Page): Promise<UserEntity[]> {
  const { from, parameters } = usersOf(filter);
  const clause = keyset(page, byName('u.username', 'u.id'), parameters.length + 1);
  const sql = `SELECT ${USER_COLUMNS} ${from} AND ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`;
  return rows<UserEntity>(tx, sql, [...parameters, ...clause.parameters]);
}

/** How many users the list holds; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countUsers(tx: Transaction, filter: UserListFilter): Promise<number> {
  const { from, parameters } = usersOf(filter);
  return countOf(tx, from, parameters);
}

/** One page of groups by name, as `toConnection` takes it; REMOVED ones are in no list. */
export async function listGroups(
  tx: Transaction,
  filter: GroupListFilter,
  page: Page,
): Promise<GroupEntity[]> {
  const parameters = groupParameters(filter);
  const clause = keyset(page, byName('g.name', 'g.id'), parameters.length + 1);
  const sql = `SELECT ${GROUP_COLUMNS} ${GROUPS} AND ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`;
  return rows<GroupEntity>(tx, sql, [...parameters, ...clause.parameters]);
}

/** How many groups the list holds; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countGroups(tx: Transaction, filter: GroupListFilter): Promise<number> {
  return countOf(tx, GROUPS, groupParameters(filter));
}

function usersOf({ search, ids, inGroups }: UserListFilter): { from: string; parameters: unknown[] } {
  const text = folded(search);
  if (ids === undefined && inGroups === undefined) return { from: USERS, parameters: [text] };
  return ids === undefined || ids.length === 0
    ? { from: OF_GROUPS, parameters: [text, inGroups ?? []] }
    : { from: OF_GROUPS_OR_NAMED, parameters: [text, inGroups ?? [], ids] };
}

function groupParameters({ search, ids }: GroupListFilter): unknown[] {
  return [folded(search), ids ?? null];
}

function folded(search: string | null | undefined): string | null {
  return search == null ? null : foldedForSearch(search);
}

/** The order of these lists: by name, equals told apart by id. */
export function byName(name: string, id: string) {
  return [
    { column: name, descending: false, type: 'text' },
    { column: id, descending: false, type: 'uuid' },
  ] as const;
}

async function countOf(tx: Transaction, from: string, parameters: readonly unknown[]): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM (SELECT 1 ${from} LIMIT ${COUNT_LIMIT + 1}) AS counted`;
  return (await rows<{ count: number }>(tx, sql, parameters))[0]?.count ?? 0;
}
