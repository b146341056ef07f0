import { rows, type Transaction } from '@tokenwarden/database';
import { withoutCovered, type Scope } from '@tokenwarden/vocabulary';
import type { GroupEntity } from './group.entity.js';
import type { NamedEntry } from './directory-changes.rules.js';
import { GRANTS_OF_GROUP } from './users.queries.js';

/** The columns of a group under the names of `GroupEntity`, from `groups g`. */
export const GROUP_COLUMNS = `g.id, g.name, g.search_text AS "searchText", g.state, g.removed_at AS "removedAt", g.grants`;

/** The groups with these ids, REMOVED ones too, by id; unknown ones are missing. */
export async function groupsByIds(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, GroupEntity>> {
  const found = await rows<GroupEntity>(
    tx,
    `SELECT ${GROUP_COLUMNS} FROM groups g WHERE g.id = ANY($1::uuid[])`,
    [ids],
  );
  return new Map(found.map((group) => [group.id, group]));
}

/**
 * How groups are held: SHARE as they are, NO KEY UPDATE for a change, against everybody who holds them as they are. NO
 * KEY: who only refers to a group, as a membership does, does not wait, and so never waits in a circle.
 */
export type GroupLock = 'SHARE' | 'NO KEY UPDATE';

/**
 * As `groupsByIds`, the groups held, by id, to the end of the transaction: what is linked to them, or issued by what they
 * grant, is so before or after they change. Users are held before them, accounts after.
 */
export async function lockGroups(
  tx: Transaction,
  ids: readonly string[],
  lock: GroupLock = 'SHARE',
): Promise<Map<string, GroupEntity>> {
  const sql = `SELECT ${GROUP_COLUMNS} FROM groups g WHERE g.id = ANY($1::uuid[]) ORDER BY g.id FOR ${lock} OF g`;
  return new Map((await rows<GroupEntity>(tx, sql, [ids])).map((group) => [group.id, group]));
}

/** The live groups of many users, by user id and there by name. */
export async function groupsOfUsers(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, GroupEntity[]>> {
  const found = await rows<GroupEntity & { userId: string }>(
    tx,
    `SELECT m.user_id AS "userId", ${GROUP_COLUMNS} FROM group_members m JOIN groups g ON g.id = m.group_id
     WHERE m.user_id = ANY($1::uuid[]) AND g.state = 'ACTIVE' ORDER BY g.name, g.id`,
    [ids],
  );
  const byUser = new Map<string, GroupEntity[]>(ids.map((id) => [id, []]));
  for (const { userId, ...group } of found) byUser.get(userId)?.push(group);
  return byUser;
}

/**
 * What each of these groups grants, whatever its state: its grants and what is inherent, sorted, nothing left out;
 * by group id, unknown ones missing.
 */
export async function grantsByGroup(tx: Transaction, ids: readonly string[]): Promise<Map<string, Scope[]>> {
  const found = await rows<{ id: string; grants: Scope[] }>(
    tx,
    `SELECT g.id, ${GRANTS_OF_GROUP} AS grants FROM groups g WHERE g.id = ANY($1::uuid[])`,
    [ids],
  );
  return new Map(found.map(({ id, grants }) => [id, [...new Set(grants)].sort()]));
}

/** The union of what these groups grant while they are live, sorted, without what another one covers. */
export async function permissionsOfGroups(tx: Transaction, ids: readonly string[]): Promise<Scope[]> {
  const found = await rows<{ grants: Scope[] }>(
    tx,
    `SELECT ${GRANTS_OF_GROUP} AS grants FROM groups g WHERE g.id = ANY($1::uuid[]) AND g.state = 'ACTIVE'`,
    [ids],
  );
  return withoutCovered(found.flatMap(({ grants }) => grants));
}

/** The live groups that have exactly this name. */
export async function liveGroupsNamed(tx: Transaction, name: string): Promise<NamedEntry[]> {
  return rows<NamedEntry>(
    tx,
    `SELECT g.id, g.name FROM groups g WHERE g.name = $1 AND g.state = 'ACTIVE' ORDER BY g.id`,
    [name],
  );
}

/** Writes what a group is granted from now on, beside what is inherent. */
export async function writeGrants(tx: Transaction, groupId: string, grants: readonly Scope[]): Promise<void> {
  await rows(tx, 'UPDATE groups SET grants = $2 WHERE id = $1', [groupId, grants]);
}
