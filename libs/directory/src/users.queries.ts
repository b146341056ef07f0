import { rows, type Transaction } from '@tokenwarden/database';
import { withoutCovered, type Scope } from '@tokenwarden/vocabulary';
import type { UserEntity } from './user.entity.js';
import type { NamedEntry } from './directory-changes.rules.js';

/** The columns of a user under the names of `UserEntity`, from `users u`. */
export const USER_COLUMNS = `u.id, u.username, u.canonical_username AS "canonicalUsername", u.display_name AS "displayName",
  u.email, u.search_text AS "searchText", u.state, u.removed_at AS "removedAt", u.last_sign_in_at AS "lastSignInAt",
  u.sessions_end_before AS "sessionsEndBefore"`;

/** What a group grants, from `groups g`: its grants, and `*:*` where it is pinned as a group of administrators. */
export const GRANTS_OF_GROUP = `g.grants || CASE WHEN EXISTS (SELECT FROM administrator_groups a WHERE a.group_id = g.id)
  THEN ARRAY['*:*'] ELSE ARRAY[]::text[] END`;

/** The user with this id, REMOVED ones too; null where there is none. `id` is a UUID. */
export async function userById(tx: Transaction, id: string): Promise<UserEntity | null> {
  return (await usersByIds(tx, [id])).get(id) ?? null;
}

/** The users with these ids, REMOVED ones too, by id; unknown ones are missing. */
export async function usersByIds(tx: Transaction, ids: readonly string[]): Promise<Map<string, UserEntity>> {
  const found = await rows<UserEntity>(
    tx,
    `SELECT ${USER_COLUMNS} FROM users u WHERE u.id = ANY($1::uuid[])`,
    [ids],
  );
  return new Map(found.map((user) => [user.id, user]));
}

/**
 * The user, held as they are (FOR SHARE) to the end of the transaction: whoever issues something for them commits
 * before or after they are disabled, never beside it. Null where there is none.
 */
export async function lockUser(tx: Transaction, id: string): Promise<UserEntity | null> {
  const sql = `SELECT ${USER_COLUMNS} FROM users u WHERE u.id = $1 FOR SHARE OF u`;
  return (await rows<UserEntity>(tx, sql, [id]))[0] ?? null;
}

/** The live groups of the user, by name. */
export async function groupsOfUser(tx: Transaction, userId: string): Promise<NamedEntry[]> {
  return rows<NamedEntry>(
    tx,
    `SELECT g.id, g.name FROM group_members m JOIN groups g ON g.id = m.group_id
     WHERE m.user_id = $1 AND g.state = 'ACTIVE' ORDER BY g.name, g.id`,
    [userId],
  );
}

/** The union of what the user's live groups grant, sorted, without what another one covers. The user's state does not count. */
export async function permissionsOfUser(tx: Transaction, userId: string): Promise<Scope[]> {
  return (await permissionsOfUsers(tx, [userId])).get(userId) ?? [];
}

/** The permissions of many users, by id; those of no group have none. */
export async function permissionsOfUsers(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, Scope[]>> {
  const found = await rows<{ userId: string; grants: Scope[] }>(
    tx,
    `SELECT m.user_id AS "userId", ${GRANTS_OF_GROUP} AS grants FROM group_members m JOIN groups g ON g.id = m.group_id
     WHERE m.user_id = ANY($1::uuid[]) AND g.state = 'ACTIVE'`,
    [ids],
  );
  return unions(
    ids,
    found.map(({ userId, grants }) => [userId, grants]),
  );
}

/** For each id the union of its lists, sorted, without what another one covers. */
export function unions(
  ids: readonly string[],
  lists: readonly (readonly [string, readonly Scope[]])[],
): Map<string, Scope[]> {
  const all = new Map<string, Scope[]>(ids.map((id) => [id, []]));
  for (const [id, scopes] of lists) all.get(id)?.push(...scopes);
  return new Map([...all].map(([id, scopes]) => [id, withoutCovered(scopes)]));
}

/** How many active users hold `*:*` now, through any live group. */
export async function countAdministrators(tx: Transaction): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::int AS count FROM users u WHERE u.state = 'ACTIVE' AND EXISTS (
       SELECT FROM group_members m JOIN groups g ON g.id = m.group_id
       WHERE m.user_id = u.id AND g.state = 'ACTIVE' AND '*:*' = ANY(${GRANTS_OF_GROUP}))`,
  );
  return row?.count ?? 0;
}
