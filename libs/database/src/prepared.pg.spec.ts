import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { openDatabase } from './open-database.js';
import { prepared } from './prepared.js';
import { rows } from './rows.js';
import type { Database } from './database.js';

const MARKED = prepared('SELECT $1::integer + 1 AS next');
const KEPT = 'SELECT statement FROM pg_prepared_statements';

let fresh: TestDatabase;
let straight: Database;
let pooled: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  straight = await openDatabase(fresh.url, { poolSize: 1 });
  pooled = await openDatabase(fresh.url, { poolSize: 1, isPooled: true });
});
afterAll(async () => {
  await straight?.close();
  await pooled?.close();
  await fresh?.close();
});

const keptOn = (database: Database) => database.read((tx) => rows(tx, KEPT));

describe('a marked statement', () => {
  it('is planned once for a connection, and answers like every other', async () => {
    for (const number of [1, 2, 41])
      expect(await straight.read((tx) => rows(tx, MARKED, [number]))).toEqual([{ next: number + 1 }]);
    expect(await keptOn(straight)).toEqual([{ statement: MARKED }]);
  });

  it('is left behind on no connection of a transaction pooler', async () => {
    expect(await pooled.read((tx) => rows(tx, MARKED, [1]))).toEqual([{ next: 2 }]);
    expect(await keptOn(pooled)).toEqual([]);
  });

  it('fails like any other, and the connection goes on', async () => {
    const failing = straight.transaction((tx) => rows(tx, MARKED, ['no number']));
    await expect(failing).rejects.toThrow(/invalid input syntax/);
    expect(await straight.read((tx) => rows(tx, MARKED, [2]))).toEqual([{ next: 3 }]);
  });
});

it('is none where nobody marked it', async () => {
  await straight.read((tx) => rows(tx, 'SELECT $1::integer + 2 AS next', [1]));
  expect(await keptOn(straight)).not.toContainEqual({ statement: 'SELECT $1::integer + 2 AS next' });
});
