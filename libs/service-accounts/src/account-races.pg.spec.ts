import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Transaction } from '@tokenwarden/database';
import { holdCaller } from '@tokenwarden/directory';
import { ada, callerOf, IDS, World } from '../test/world.js';
import { updateAccount } from './account-changes.js';
import { differenceOf } from './account-update.rules.js';
import { groupIdsOfAccount, lockAccount, lockAccountForChange } from './accounts.queries.js';
import { orphanAccountsOf } from './orphans.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(() => world.begin());

const { data, sales, admins, etl } = IDS;

/** What comes of `other`, begun while `change` was not yet committed: it ended without waiting, or waited for the commit. */
async function beside<T>(change: (tx: Transaction) => Promise<unknown>, other: () => Promise<T>): Promise<T> {
  const { outcome } = await world.database.transaction(async (tx) => {
    await change(tx);
    const outcome = other();
    await Promise.race([outcome.catch(() => undefined), somebodyWaits()]);
    return { outcome };
  });
  return outcome;
}

async function somebodyWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await world.sql(waiting)).length === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function linkTo(tx: Transaction, groupIds: readonly string[]): Promise<void> {
  const account = await lockAccountForChange(tx, etl);
  if (!account) throw new Error('nightly-etl is not there.');
  const before = { ...account, groupIds: await groupIdsOfAccount(tx, etl) };
  await updateAccount(tx, account, differenceOf(before, { groupIds }), { ...ROBOT });
}
const ROBOT = {
  actor: { kind: 'SYSTEM', id: null, name: 'Tokenwarden' },
  actorTokenId: null,
  origin: null,
} as const;

const dataGoes = async () => {
  await world.sync(['sales']);
  return world.database.transaction((tx) => orphanAccountsOf(tx, [data]));
};

describe('two updates of one account at once', () => {
  it('both apply, one after the other: no link is lost, and the events say what happened', async () => {
    for (let round = 0; round < 20; round += 1) {
      await world.begin();
      const wanted = [[data, sales], [admins], [sales, admins]].sort(() => (round % 2 ? 1 : -1));
      const names = wanted.map((_, i) => `name ${i}`);
      await Promise.all(
        wanted.map((groupIds, i) =>
          world.service.update(ada, { id: etl, name: names[i] ?? '', groupIds }, 'P30D'),
        ),
      );
      const links = await world.groupsOf();
      const last = wanted[names.indexOf((await world.account()).name)];
      expect(links).toEqual([...(last ?? [])].sort());
      const told = new Set<string>([data]);
      for (const { details } of await world.events()) {
        for (const id of (details?.['removedGroupIds'] ?? []) as string[]) expect(told.delete(id)).toBe(true);
        for (const id of (details?.['addedGroupIds'] ?? []) as string[])
          expect(told.has(id) || !told.add(id)).toBe(false);
      }
      expect([...told].sort()).toEqual(links);
    }
  });
});

describe('an account that is linked to another group while its only one goes', () => {
  it('is not orphaned when the link comes first', async () => {
    expect(await beside((tx) => linkTo(tx, [sales]), dataGoes)).toEqual([]);
    expect(await world.account()).toMatchObject({ state: 'ACTIVE', orphanedAt: null });
  });

  it('is orphaned and recovered when the link comes second', async () => {
    await world.orphan();
    await world.service.update(ada, { id: etl, groupIds: [sales] }, 'P30D');
    expect(await world.account()).toMatchObject({ state: 'ACTIVE', orphanedAt: null });
  });

  it('is refused the group that is going at that very moment', async () => {
    const goes = async (tx: Transaction) => {
      await tx.query(`UPDATE groups SET state = 'REMOVED', removed_at = now() WHERE id = $1`, [sales]);
    };
    const update = () => world.service.update(ada, { id: etl, groupIds: [sales] }, 'P30D');
    await expect(beside(goes, update)).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'groupIds' });
  });
});

describe("an account's own token that acts while a group is taken from the account", () => {
  it('waits for that, has nothing of the group any more, and the two never wait in a circle', async () => {
    const itself = callerOf('grace', ['dataset/*:read'], [data], {
      carrier: 'token',
      principal: { kind: 'SERVICE_ACCOUNT', id: etl, name: 'nightly-etl' },
    });
    // As its rotation does: what it may do, then the account.
    const act = () =>
      world.database.transaction(async (tx) => {
        const { permissions, ownGroupIds } = await holdCaller(tx, itself, [], 'SHARE');
        await lockAccount(tx, etl);
        return { permissions, ownGroupIds };
      });
    const { outcome } = await world.database.transaction(async (tx) => {
      await lockAccountForChange(tx, etl);
      const outcome = act();
      await Promise.race([outcome.catch(() => undefined), somebodyWaits()]);
      await linkTo(tx, [sales]);
      return { outcome };
    });
    expect(await outcome).toEqual({ permissions: [], ownGroupIds: [sales] });
  });
});
