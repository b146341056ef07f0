import { beforeAll, describe, expect, it } from '@jest/globals';
import { pageOf } from '@tokenwarden/api';
import type { Transaction } from '@tokenwarden/database';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { BY_NAME, countUsers, listUsers, type UserListFilter } from './lists.queries.js';

const GROUP = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
const OF_ALL = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';
const OUTSIDE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';

const fresh = databaseForSpecs();
beforeAll(async () => {
  for (const sql of [
    `INSERT INTO users (id, username, canonical_username, display_name, search_text)
     SELECT gen_random_uuid(), 'u' || i, 'u' || i, 'U', 'u' || i FROM generate_series(1, 20000) AS i`,
    `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ('${OUTSIDE}', 'out', 'out', 'O', 'out')`,
    `INSERT INTO groups (id, name, search_text) VALUES ('${GROUP}', 'few', 'few'), ('${OF_ALL}', 'all', 'all')`,
    `INSERT INTO group_members SELECT '${GROUP}', id FROM users WHERE username IN ('u7', 'u19', 'u20')`,
    `INSERT INTO group_members SELECT '${OF_ALL}', id FROM users WHERE username <> 'out'`,
    'ANALYZE',
  ])
    await fresh.database.dataSource.query(sql);
}, 60_000);

const namesOf = async (filter: UserListFilter) =>
  (await fresh.database.read((tx) => listUsers(tx, filter, pageOf({ first: 3 }, 'users', BY_NAME)))).map(
    ({ username }) => username,
  );

/** The plan of the one statement that a query function runs. */
async function planOf(query: (tx: Transaction) => Promise<unknown>): Promise<string> {
  let plan = '';
  await fresh.database.read(async (tx) => {
    const explaining = Object.create(tx) as Transaction;
    explaining.query = async <T>(sql: string, parameters?: unknown[]) => {
      plan = JSON.stringify(await tx.query(`EXPLAIN ${sql}`, parameters));
      return [] as T;
    };
    await query(explaining);
  });
  return plan;
}

describe('a list of users', () => {
  it('holds the members of groups, each once, and who is named beside them', async () => {
    expect(await namesOf({ inGroups: [GROUP, OF_ALL], search: 'u7' })).toEqual([
      'u7',
      'u70',
      'u700',
      'u7000',
    ]);
    expect(await namesOf({ inGroups: [GROUP], ids: [OUTSIDE] })).toEqual(['out', 'u19', 'u20', 'u7']);
    expect(await namesOf({ ids: [OUTSIDE] })).toEqual(['out']);
  });
  it('is empty where no group and nobody is named, and everybody only where nothing is', async () => {
    expect(await namesOf({ inGroups: [] })).toEqual([]);
    expect(await namesOf({ ids: [] })).toEqual([]);
    expect(await namesOf({ ids: [], inGroups: [] })).toEqual([]);
    expect(await namesOf({})).toEqual(['out', 'u1', 'u10', 'u100']);
  });
  it.each([
    ['its page', (tx: Transaction) => listUsers(tx, { inGroups: [GROUP] }, pageOf({}, 'x', BY_NAME))],
    ['its count', (tx: Transaction) => countUsers(tx, { inGroups: [GROUP] })],
  ])('reads the members of a small group and not the whole company: %s', async (_, query) => {
    const plan = await planOf(query);
    expect(plan).toContain('users_pkey');
    expect(plan).not.toMatch(/users_by_username|Seq Scan on users/);
  });
});
