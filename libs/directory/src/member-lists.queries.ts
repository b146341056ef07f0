import { COUNT_LIMIT, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import { byName } from './lists.queries.js';
import type { UserEntity } from './user.entity.js';
import { USER_COLUMNS } from './users.queries.js';

/** Whose members a list holds: the ids of groups, as one text, so that many lists are told apart by it. */
export type GroupsKey = string;

/** The key of the members of any of these groups; the same one in whatever order they come, empty for none. */
export function keyOfGroups(groupIds: readonly string[]): GroupsKey {
  return [...new Set(groupIds)].sort().join(',');
}

const GROUP_IDS = `string_to_array(list.key, ',')::uuid[]`;

// Up to so many memberships a list is found by its members and sorted; beyond, it is cheaper to walk the users in their
// order and to leave out who is no member; to count, by all users at once. Asked for each list, because one request has
// small groups and huge ones.
const FEW = 2_000;
const SIZE = `(SELECT count(*) <= ${FEW} AS "isSmall" FROM (
  SELECT FROM group_members m WHERE m.group_id = ANY (${GROUP_IDS}) LIMIT ${FEW + 1}) AS counted) AS size`;

/** One page of users by username for each of these keys, as `toConnection` takes it; REMOVED ones are in no list. */
export async function membersOnPageOfEach(
  tx: Transaction,
  keys: readonly GroupsKey[],
  page: Page,
): Promise<Map<GroupsKey, UserEntity[]>> {
  const clause = keyset(page, byName('u.username', 'u.id'), 2);
  const inOrder = `ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`;
  const shown = `SELECT ${USER_COLUMNS}, row_number() OVER (ORDER BY ${clause.orderBy}) AS place`;
  const isListed = `u.state <> 'REMOVED' AND ${clause.condition}`;
  const found = await rows<UserEntity & { key: GroupsKey; place: string }>(
    tx,
    `SELECT list.key, shown.* FROM unnest($1::text[]) AS list (key)
     CROSS JOIN LATERAL ${SIZE}
     CROSS JOIN LATERAL (
       (${shown} FROM (
          SELECT DISTINCT m.user_id FROM group_members m WHERE size."isSmall" AND m.group_id = ANY (${GROUP_IDS})
          OFFSET 0) AS member
        CROSS JOIN LATERAL (SELECT * FROM users one WHERE one.id = member.user_id OFFSET 0) AS u
        WHERE ${isListed} ${inOrder})
       UNION ALL
       (${shown} FROM users u
        WHERE NOT size."isSmall" AND ${isListed} AND EXISTS (
          SELECT FROM group_members m WHERE m.group_id = ANY (${GROUP_IDS}) AND m.user_id = u.id OFFSET 0)
        ${inOrder})) AS shown
     ORDER BY list.key, shown.place`,
    [keys, ...clause.parameters],
  );
  const ofEach = new Map<GroupsKey, UserEntity[]>(keys.map((key) => [key, []]));
  for (const { key, place: _, ...user } of found) ofEach.get(key)?.push(user);
  return ofEach;
}

/** How many users the list of each key holds; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countMembersOfEach(
  tx: Transaction,
  keys: readonly GroupsKey[],
): Promise<Map<GroupsKey, number>> {
  const found = await rows<{ key: GroupsKey; count: number }>(
    tx,
    `SELECT list.key, CASE WHEN size."isSmall" THEN (
         SELECT count(*)::int FROM (SELECT DISTINCT m.user_id FROM group_members m WHERE m.group_id = ANY (${GROUP_IDS})) AS member
         WHERE EXISTS (SELECT FROM users u WHERE u.id = member.user_id AND u.state <> 'REMOVED' OFFSET 0))
       ELSE (SELECT count(*)::int FROM (
         SELECT DISTINCT m.user_id FROM group_members m JOIN users u ON u.id = m.user_id
         WHERE m.group_id = ANY (${GROUP_IDS}) AND u.state <> 'REMOVED' LIMIT ${COUNT_LIMIT + 1}) AS chosen) END AS count
     FROM unnest($1::text[]) AS list (key) CROSS JOIN LATERAL ${SIZE}`,
    [keys],
  );
  return new Map(found.map(({ key, count }) => [key, count]));
}
