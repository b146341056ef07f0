import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { findToken, lockToken, revokeToken } from '@tokenwarden/tokens';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { ada, IDS, World } from '../test/world.js';
import { countByState } from './account-lists.queries.js';
import { lockAccountsPastGrace, noteEndedGraces, recoverAccountsOf } from './orphans.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(() => world.begin());

/** Those whose grace of thirty days is over, by name. */
const pastGrace = () =>
  world.database.transaction(async (tx) => {
    const since = new Date((await databaseNow(tx)).getTime() - 30 * 86_400_000);
    return (await lockAccountsPastGrace(tx, since)).map(({ name }) => name);
  });

describe('an account whose grace is over', () => {
  it('is one that was orphaned longer ago than that and still has live tokens', async () => {
    await world.token();
    await world.orphan(31);
    expect(await pastGrace()).toEqual(['nightly-etl']);
  });

  it('is not one within the grace', async () => {
    await world.token();
    await world.orphan(29);
    expect(await pastGrace()).toEqual([]);
  });

  it('is one at the very moment at which nobody can bring it back any more', async () => {
    await world.token();
    await world.orphan();
    const orphanedAt = (await world.account())?.orphanedAt ?? new Date(0);
    const since = (milliseconds: number) =>
      world.database.transaction((tx) =>
        lockAccountsPastGrace(tx, new Date(orphanedAt.getTime() + milliseconds)),
      );
    expect(await since(-1)).toEqual([]);
    expect(await since(1)).toHaveLength(1);
    await world.sql(`UPDATE service_accounts SET orphaned_at = date_trunc('milliseconds', orphaned_at)`);
    expect(await since(0)).toHaveLength(1);
  });

  it('is one that is suspended as well', async () => {
    await world.token();
    await world.service.suspend(ada, { id: IDS.etl });
    await world.orphan(31);
    expect(await pastGrace()).toEqual(['nightly-etl']);
  });

  it('is none without a live token, nor one that was deleted', async () => {
    const tokenId = await world.token();
    await world.orphan(31);
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, tokenId);
      if (token) await revokeToken(tx, token, SYSTEM, 'Before.');
    });
    expect(await pastGrace()).toEqual([]);
    const live = await world.token();
    await world.sql('UPDATE service_accounts SET deleted_at = clock_timestamp()');
    expect(await pastGrace()).toEqual([]);
    expect((await world.database.read((tx) => findToken(tx, live)))?.revokedAt).toBeNull();
  });
});

describe('an account whose group comes back', () => {
  it('forgets that a shorter grace has ended, which is noted once more when that comes again', async () => {
    const since = new Date(Date.now() - 40 * 86_400_000);
    const note = () => world.database.transaction((tx) => noteEndedGraces(tx, new Date()));
    await world.orphan(31);
    expect(await note()).toHaveLength(1);
    expect(await note()).toEqual([]);
    await world.sync(['data', 'sales']);
    expect(await world.database.transaction((tx) => recoverAccountsOf(tx, [IDS.data], since))).toMatchObject([
      { id: IDS.etl, state: 'ACTIVE', orphanedAt: null, graceEndedAt: null },
    ]);
    await world.orphan(31);
    expect(await note()).toHaveLength(1);
  });
});

describe('the count of accounts', () => {
  it('is by state, deleted ones left out', async () => {
    expect(await world.database.read(countByState)).toEqual([{ state: 'ACTIVE', count: 1 }]);
    await world.orphan();
    expect(await world.database.read(countByState)).toEqual([{ state: 'ORPHANED', count: 1 }]);
    await world.service.suspend(ada, { id: IDS.etl });
    expect(await world.database.read(countByState)).toEqual([{ state: 'SUSPENDED', count: 1 }]);
    await world.service.delete(ada, { id: IDS.etl });
    expect(await world.database.read(countByState)).toEqual([]);
  });
});
