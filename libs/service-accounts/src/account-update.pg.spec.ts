import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setGrants } from '@tokenwarden/directory';
import { SYSTEM, type Caller } from '@tokenwarden/vocabulary';
import { ada, callerOf, IDS, World } from '../test/world.js';
import { permissionsOfAccount } from './accounts.queries.js';
import type { UpdateServiceAccountInput } from './service-account.inputs.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(() => world.begin());

type Asked = Omit<UpdateServiceAccountInput, 'id'>;
const update = (asked: Asked, by: Caller = ada, grace = 'P30D') =>
  world.service.update(by, { id: IDS.etl, ...asked }, grace);
const { data, sales, etl } = IDS;

/** linus of sales may write accounts, does not see data and does not hold what it grants. */
async function linus(facts: Partial<Caller> = {}): Promise<Caller> {
  const grants = ['sales/*:read', 'service-accounts:write', 'directory:read'];
  await world.database.transaction((tx) => setGrants(tx, sales, grants, SYSTEM));
  await world.sql('TRUNCATE audit_pending_events, changes');
  return callerOf('linus', ['sales/*:read', 'service-accounts:write'], [sales], facts);
}

describe('updating a service account', () => {
  it('gives it another name and description, with what was before in the event', async () => {
    const updated = await update({ name: 'Loader', description: 'Loads more.' });
    expect(updated).toMatchObject({ name: 'Loader', description: 'Loads more.', searchText: 'loader' });
    expect(await world.account()).toEqual(updated);
    expect(await world.events()).toEqual([
      {
        ...{ action: 'service-account.updated', actor: 'ada', targetId: etl, targetName: 'Loader' },
        details: {
          ...{ name: 'Loader', nameBefore: 'nightly-etl' },
          ...{ description: 'Loads more.', descriptionBefore: 'Loads.' },
        },
      },
    ]);
    expect(await world.changes()).toBe(1);
  });

  it('takes the description away by null, and leaves what is left out', async () => {
    expect(await update({ description: null })).toMatchObject({ name: 'nightly-etl', description: null });
    expect(await world.groupsOf()).toEqual([data]);
    expect((await world.events())[0]?.details).toEqual({ description: null, descriptionBefore: 'Loads.' });
  });

  it('changes and records nothing where all is so already', async () => {
    const before = await world.account();
    expect(await update({})).toEqual(before);
    const same = { name: 'nightly-etl', description: 'Loads.', groupIds: [data, data] };
    expect(await update(same)).toEqual(before);
    expect(await world.events()).toEqual([]);
    expect(await world.changes()).toBe(0);
  });

  it('links it to exactly the groups named, each once', async () => {
    await update({ groupIds: [sales, data, sales] });
    expect(await world.groupsOf()).toEqual([data, sales]);
    expect(await world.database.read((tx) => permissionsOfAccount(tx, etl))).toEqual([
      ...['dataset/*:read', 'sales/*:read'],
    ]);
    await update({ groupIds: [sales] });
    expect(await world.groupsOf()).toEqual([sales]);
    expect((await world.events()).map(({ details }) => details)).toEqual([
      { addedGroupIds: [sales] },
      { removedGroupIds: [data] },
    ]);
  });

  it('needs one live group', async () => {
    await update({ groupIds: [data, sales] });
    await world.sync(['data']);
    const refused = update({ groupIds: [sales] });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'groupIds' });
    expect(await world.groupsOf()).toEqual([data, sales]);
  });

  it('is refused for what is not there, or not any more', async () => {
    for (const id of [IDS.nothing, 'nonsense']) {
      const refused = world.service.update(ada, { id, name: 'x' }, 'P30D');
      await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'id' });
    }
    await world.service.delete(ada, { id: etl });
    await expect(update({ name: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'id' });
  });
});

describe('the name of a service account', () => {
  const create = (name: string) => world.service.create(ada, { name, groupIds: [data] });
  const taken = { code: 'INVALID_INPUT', field: 'name' };

  it('is unique among those not deleted', async () => {
    const other = await create('loader');
    await expect(update({ name: 'loader' })).rejects.toMatchObject(taken);
    expect(await world.account()).toMatchObject({ name: 'nightly-etl' });
    await world.service.delete(ada, { id: other.id });
    expect(await update({ name: 'loader' })).toMatchObject({ name: 'loader' });
  });

  it('goes to one of two that want it at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const other = await create(`other ${round}`);
      const name = `wanted ${round}`;
      const both = await Promise.allSettled([
        update({ name }),
        world.service.update(ada, { id: other.id, name }, 'P30D'),
      ]);
      const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      expect(refused).toMatchObject([taken]);
    }
  });
});

describe('linking in an update (rule 5)', () => {
  it('asks only for what newly linked groups grant, and only they must be seen', async () => {
    await update({ groupIds: [data, sales] }, await linus());
    expect(await world.groupsOf()).toEqual([data, sales]);
  });

  it('is refused where a newly linked group grants what the caller does not hold in that very call', async () => {
    const facts = { carrier: 'token', tokenId: randomUUID() } as const;
    const narrow = { ...(await linus(facts)), permissions: ['service-accounts:write', 'directory:read'] };
    await expect(update({ groupIds: [data, sales] }, narrow)).rejects.toMatchObject({
      ...{ code: 'SCOPE_NOT_GRANTED', field: 'groupIds' },
      refusedTarget: { type: 'service_account', id: etl, name: 'nightly-etl' },
    });
    expect(await world.groupsOf()).toEqual([data]);
  });

  it('does not find a newly linked group that is not there, or not seen', async () => {
    const by = await linus();
    for (const id of [IDS.admins, IDS.nothing, 'nonsense']) {
      const refused = update({ groupIds: [data, id] }, by);
      await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'groupIds.1' });
    }
  });

  it('counts what a removed group would grant on the day it comes back', async () => {
    const by = await linus();
    await update({ groupIds: [sales] });
    await world.sync(['sales']);
    await world.database.transaction((tx) =>
      setGrants(tx, sales, ['service-accounts:write', 'directory:read'], SYSTEM),
    );
    const reader = { ...by, permissions: ['service-accounts:write', 'directory:read'] };
    const refused = update({ groupIds: [sales, data] }, reader);
    await expect(refused).rejects.toMatchObject({ code: 'SCOPE_NOT_GRANTED', field: 'groupIds' });
  });
});

describe("a service account's token (rule 5)", () => {
  const facts = { carrier: 'token', tokenId: randomUUID() } as const;
  const by = (id: string) =>
    callerOf('ada', ['*:*'], [IDS.admins], {
      ...facts,
      principal: { kind: 'SERVICE_ACCOUNT', id, name: 'robot' },
    });

  it('changes neither name nor groups nor state of its own account, and does not delete it', async () => {
    const own = by(etl);
    const refused = { code: 'FORBIDDEN', refusedTarget: { type: 'service_account', id: etl } };
    await expect(update({ name: 'x' }, own)).rejects.toMatchObject(refused);
    await expect(update({ groupIds: [data, sales] }, own)).rejects.toMatchObject(refused);
    await expect(world.service.suspend(own, { id: etl })).rejects.toMatchObject(refused);
    await expect(world.service.resume(own, { id: etl })).rejects.toMatchObject(refused);
    await expect(world.service.delete(own, { id: etl })).rejects.toMatchObject(refused);
    expect(await world.events()).toEqual([]);
  });

  it('may do so to another one', async () => {
    const robot = await world.service.create(ada, { name: 'robot', groupIds: [IDS.admins] });
    await update({ groupIds: [sales] }, by(robot.id));
    expect(await world.groupsOf()).toEqual([sales]);
  });
});

describe('an orphaned account (rule 11)', () => {
  it('comes back when it is linked to a live group within the grace', async () => {
    await world.orphan(29);
    expect(await update({ groupIds: [data, sales] })).toMatchObject({ state: 'ACTIVE', orphanedAt: null });
    expect((await world.events()).map(({ action, actor, details }) => [action, actor, details])).toEqual([
      ['service-account.updated', 'ada', { addedGroupIds: [sales] }],
      ['service-account.recovered', 'ada', { groupIds: [sales] }], // data is gone still
    ]);
    expect(world.lines).toEqual([expect.stringContaining('has a live group again')]);
    expect(await world.changes()).toBe(2);
  });

  it('is refused later, and told since when', async () => {
    await world.orphan(30);
    const { orphanedAt } = await world.account();
    const refused = update({ groupIds: [sales] });
    await expect(refused).rejects.toMatchObject({ code: 'PRINCIPAL_NOT_ACTIVE' });
    await expect(refused).rejects.toThrow(`since ${orphanedAt?.toISOString()}`);
    await expect(update({ groupIds: [sales] }, ada, 'P31D')).resolves.toMatchObject({ state: 'ACTIVE' });
  });

  it('comes back whole where a longer grace lets it, although the shorter one has ended and that was noted', async () => {
    await world.orphan(30);
    await world.sql(
      'UPDATE service_accounts SET grace_ended_at = clock_timestamp() WHERE orphaned_at IS NOT NULL',
    );
    expect(await update({ groupIds: [sales] }, ada, 'P31D')).toMatchObject({
      ...{ state: 'ACTIVE', orphanedAt: null, graceEndedAt: null },
    });
  });

  it('may be renamed at any time, and stays orphaned', async () => {
    await world.orphan(100);
    expect(await update({ name: 'gone' })).toMatchObject({ name: 'gone', state: 'ORPHANED' });
    expect((await world.events()).map(({ action }) => action)).toEqual(['service-account.updated']);
  });

  it('stays suspended where it was suspended', async () => {
    await world.orphan();
    await world.service.suspend(ada, { id: etl });
    expect(await update({ groupIds: [sales] })).toMatchObject({ state: 'SUSPENDED', orphanedAt: null });
  });
});
