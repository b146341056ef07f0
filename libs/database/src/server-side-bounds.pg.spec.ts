import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import type { Database } from './database.js';
import { lockFor } from './locks.js';
import { openDatabase } from './open-database.js';
import { rows } from './rows.js';

jest.setTimeout(60_000);

let fresh: TestDatabase;
let frozen: Database;
let others: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  frozen = await openDatabase(fresh.url, { poolSize: 1 });
  others = await openDatabase(fresh.url);
});
afterAll(async () => {
  await frozen?.close();
  await others?.close();
  await fresh?.close();
});

it('a process that is frozen inside of a transaction holds nobody up for long', async () => {
  let thaw: () => void = () => undefined;
  const frost = new Promise<void>((resolve) => (thaw = resolve));
  const asleep = frozen.transaction(
    async (tx) => {
      await lockFor(tx, 'everybody needs this');
      await frost;
      return rows(tx, 'SELECT 1');
    },
    { withinSeconds: 60 },
  );
  asleep.catch(() => undefined);
  const take = () => others.transaction((tx) => lockFor(tx, 'everybody needs this'));
  await pause(100);
  await expect(take()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  // Each try is given up after four seconds and more; by the second one Postgres has ended what the frozen process held.
  let isFree = false;
  for (let tries = 0; tries < 4 && !isFree; tries += 1) {
    isFree = await take().then(
      () => true,
      () => false,
    );
  }
  expect(isFree).toBe(true);
  thaw();
  await expect(asleep).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('a statement that its process has given up ends in Postgres, too', async () => {
  const waiting = () =>
    others.read((tx) =>
      rows(tx, `SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'`),
    );
  const sleeping = others.read((tx) => rows(tx, 'SELECT pg_sleep(60)'));
  await expect(sleeping).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await pause(2_500);
  expect(await waiting()).toEqual([]);
});
