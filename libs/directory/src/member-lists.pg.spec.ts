import { beforeAll, describe, expect, it } from '@jest/globals';
import { pageOf, toConnection, type PageArgs } from '@tokenwarden/api';
import type { Transaction } from '@tokenwarden/database';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { BY_NAME, countUsers, listUsers } from './lists.queries.js';
import { countMembersOfEach, keyOfGroups, membersOnPageOfEach } from './member-lists.queries.js';

const FEW = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
const ALL = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';
const EMPTY = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13';
const LISTS = [[FEW], [ALL], [EMPTY], [FEW, EMPTY], [FEW, ALL]];

const fresh = databaseForSpecs();
beforeAll(async () => {
  for (const sql of [
    `INSERT INTO users (id, username, canonical_username, display_name, search_text)
     SELECT gen_random_uuid(), 'u' || i, 'u' || i, 'U', 'u' || i FROM generate_series(1, 20000) AS i`,
    `UPDATE users SET state = 'REMOVED', removed_at = now() WHERE username IN ('u1', 'u19')`,
    `INSERT INTO groups (id, name, search_text) VALUES ('${FEW}', 'few', 'few'), ('${ALL}', 'all', 'all'), ('${EMPTY}', 'e', 'e')`,
    `INSERT INTO group_members SELECT '${FEW}', id FROM users WHERE username IN ('u7', 'u19', 'u20', 'u21')`,
    `INSERT INTO group_members SELECT '${ALL}', id FROM users`,
    'ANALYZE',
  ])
    await fresh.database.dataSource.query(sql);
}, 60_000);

const pageFor = (args: PageArgs) => pageOf(args, 'members', BY_NAME);
const pagesOf = (args: PageArgs, lists = LISTS) =>
  fresh.database.read((tx) => membersOnPageOfEach(tx, lists.map(keyOfGroups), pageFor(args)));

/** How many rows of users one statement looks at. */
async function usersRead(query: (tx: Transaction) => Promise<unknown>): Promise<number> {
  let read = 0;
  await fresh.database.read(async (tx) => {
    const explaining = Object.create(tx) as Transaction;
    explaining.query = async <T>(sql: string, parameters?: unknown[]) => {
      const [{ 'QUERY PLAN': plan }] = await tx.query<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
        `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`,
        parameters,
      );
      read = rowsOfUsers(plan[0].Plan);
      return [] as T;
    };
    await query(explaining);
  });
  return read;
}

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function rowsOfUsers(node: PlanNode): number {
  const below = (node.Plans ?? []).reduce((sum, one) => sum + rowsOfUsers(one), 0);
  if (node['Relation Name'] !== 'users') return below;
  return below + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
}

describe('the members of many groups', () => {
  it('are listed for each as for it alone, small and huge ones in one statement', async () => {
    const first = await pagesOf({ first: 3 });
    expect(first.get(FEW)?.map(({ username }) => username)).toEqual(['u20', 'u21', 'u7']);
    for (const groups of LISTS) {
      const alone = await fresh.database.read((tx) =>
        listUsers(tx, { inGroups: groups }, pageFor({ first: 3 })),
      );
      expect(first.get(keyOfGroups(groups))).toEqual(alone);
    }
  });

  it('go on behind a cursor, each in its own list', async () => {
    const { endCursor } = toConnection(
      pageFor({}),
      (await pagesOf({ first: 1 })).get(FEW)?.slice(0, 1) ?? [],
      (user) => [...[user.username, user.id]],
    ).pageInfo;
    const next = await pagesOf({ first: 2, after: endCursor });
    expect(next.get(FEW)?.map(({ username }) => username)).toEqual(['u21', 'u7']);
    for (const groups of LISTS) {
      const page = pageFor({ first: 2, after: endCursor });
      const alone = await fresh.database.read((tx) => listUsers(tx, { inGroups: groups }, page));
      expect(next.get(keyOfGroups(groups))).toEqual(alone);
    }
  });

  it('are counted for each as for it alone', async () => {
    const counts = await fresh.database.read((tx) => countMembersOfEach(tx, LISTS.map(keyOfGroups)));
    expect([counts.get(FEW), counts.get(ALL), counts.get(EMPTY)]).toEqual([3, 10_001, 0]);
    for (const inGroups of LISTS)
      expect(counts.get(keyOfGroups(inGroups))).toBe(
        await fresh.database.read((tx) => countUsers(tx, { inGroups })),
      );
  });

  it('of a small group are read and nobody else, of a huge one no more than the page takes', async () => {
    const read = (groups: string[]) =>
      usersRead((tx) => membersOnPageOfEach(tx, [keyOfGroups(groups)], pageFor({ first: 50 })));
    expect(await read([FEW, EMPTY])).toBeLessThanOrEqual(8);
    expect(await read([ALL])).toBeLessThanOrEqual(60);
    const counted = await usersRead((tx) => countMembersOfEach(tx, [keyOfGroups([FEW])]));
    expect(counted).toBeLessThanOrEqual(4);
  });

  it('are the same list whatever the order of the groups, and each once', () => {
    expect(keyOfGroups([ALL, FEW, ALL])).toBe(keyOfGroups([FEW, ALL]));
    expect(keyOfGroups([])).toBe('');
  });
});
