import { describe, expect, it, jest } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import {
  instanceInStepForSpecs,
  people,
  syncWorldForSpecs,
  userId,
  type SyncInstance,
} from '../../test/sync-world.js';

const world = syncWorldForSpecs();
const one = instanceInStepForSpecs(world);

const gauge = async (instance: SyncInstance) =>
  /tokenwarden_directory_held (\d)/.exec(await instance.metrics.registry.metrics())?.[1];

describe('an answer that would disable or remove too much', () => {
  it('is held: nothing of it is applied, not even what does no harm', async () => {
    await world.says(people(5, 25, { displayName: 'renamed' }));
    const run = await one.synchronise();
    expect(run).toMatchObject({ state: 'HELD', examined: 22, affected: 0, error: null });
    expect(await world.activeUsers()).toBe(20);
    expect(await world.sql(`SELECT FROM users WHERE display_name = 'renamed'`)).toEqual([]);
    expect(await world.sql('SELECT FROM changes')).toEqual([]);
    expect(await world.events('user.')).toEqual([]);
  });

  it('says in its details why, and whom it would take away', async () => {
    await world.says(people(5, 19));
    expect((await one.synchronise()).details).toEqual({
      reasons: ['It would disable or remove 5 of 20 active users.'],
      activeUsers: 20,
      activeGroups: 1,
      removedUsers: {
        count: 5,
        listed: expect.arrayContaining([
          { id: userId(0), name: 'user0' },
          { id: userId(4), name: 'user4' },
        ]),
      },
      users: { removed: 5 },
    });
  });

  it('names a hundred of each at most, and counts all', async () => {
    await world.says(people(0, 220));
    await one.synchronise();
    await world.says(people(0, 1));
    const { details } = await one.synchronise();
    const { count, listed } = details?.['removedUsers'] as { count: number; listed: unknown[] };
    expect([count, listed.length]).toEqual([219, 100]);
    const [kept] = await world.sql<{ ids: string[] }>(
      'SELECT removed_user_ids::text[] AS ids FROM directory_held_answers',
    );
    expect(kept?.ids).toHaveLength(219);
  });

  it('is told once while it stays the same, anew when it is another, and its end once', async () => {
    const other = await world.instance();
    await world.says(people(5, 19));
    expect(await one.synchronise()).toMatchObject({ state: 'HELD' });
    expect(await other.synchronise()).toMatchObject({ state: 'HELD' });
    expect(await world.events('directory.')).toEqual(['directory.held']);
    expect(world.said('The brake holds')).toHaveLength(1);
    expect([await gauge(one), await gauge(other)]).toEqual(['1', '1']);
    await world.says(people(6, 19));
    await other.synchronise();
    expect(await world.events('directory.')).toEqual(['directory.held', 'directory.held']);
    expect(world.said('The brake holds')).toHaveLength(2);
    expect(world.lines.map(({ msg }) => msg).join()).not.toMatch(/user\d/);

    await world.says(people(4, 19));
    expect(await one.synchronise()).toMatchObject({ state: 'SUCCEEDED' });
    await one.synchronise();
    expect(world.said('none is held any more')).toHaveLength(1);
    expect(await world.sql('SELECT FROM directory_held_answers')).toEqual([]);
    expect(await world.events('directory.')).toHaveLength(2);
  });

  it('is still the same one where the directory failed in between', async () => {
    await world.says(people(5, 19));
    await one.synchronise();
    await writeFile(world.path, '{');
    expect(await one.synchronise()).toMatchObject({ state: 'FAILED' });
    expect(await world.sql('SELECT FROM directory_held_answers')).toHaveLength(1);
    await world.says(people(5, 19));
    await one.synchronise();
    expect(await world.events('directory.')).toEqual(['directory.held']);
  });

  it('has its event by SYSTEM on the run, with counts and no name', async () => {
    await world.says(people(5, 19));
    const run = await one.synchronise();
    const [event] = await world.sql(
      `SELECT actor_kind, target_type, target_id, details FROM audit_pending_events WHERE action = 'directory.held'`,
    );
    expect(event).toEqual({
      ...{ actor_kind: 'SYSTEM', target_type: 'housekeeping_run', target_id: run.id },
      details: {
        reasons: ['It would disable or remove 5 of 20 active users.'],
        ...{ disabledUsers: 0, removedUsers: 5, removedGroups: 0, emptiedGroups: 0 },
      },
    });
  });
});

describe('a dry run', () => {
  const looking = () => one.synchronise({ dryRun: true });
  const everything = async () => [
    await world.sql('SELECT * FROM users ORDER BY id'),
    await world.sql('SELECT * FROM groups ORDER BY id'),
    await world.sql('SELECT * FROM directory_held_answers'),
    await world.events('user.'),
    await world.events('directory.'),
  ];

  it('says what would be done, and does nothing', async () => {
    await world.says(people(4, 20));
    const before = await everything();
    expect(await looking()).toMatchObject({
      ...{ state: 'SUCCEEDED', dryRun: true, examined: 18, affected: 5 },
      details: { wouldBeHeld: false, users: { created: 1, removed: 4 } },
    });
    expect(await everything()).toEqual(before);
  });

  it('says that it would be held, and holds nothing', async () => {
    await world.says(people(5, 19));
    const before = await everything();
    expect(await looking()).toMatchObject({
      ...{ state: 'SUCCEEDED', affected: 0 },
      details: { wouldBeHeld: true, reasons: [expect.any(String)], removedUsers: { count: 5 } },
    });
    expect(await everything()).toEqual(before);
    expect(await gauge(one)).toBe('0');
  });

  it('fails where the directory gives no whole answer', async () => {
    await world.says({ ...people(0, 19), users: [] });
    expect(await looking()).toMatchObject({
      state: 'FAILED',
      error: expect.stringContaining('no whole answer'),
    });
  });

  it('looks in a snapshot, in which Postgres lets nothing be written', async () => {
    await world.says(people(4, 20));
    const snapshots = jest.spyOn(one.database, 'inSnapshot');
    expect(await looking()).toMatchObject({ state: 'SUCCEEDED' });
    expect(snapshots).toHaveBeenCalledTimes(1);
    snapshots.mockRestore();
  });

  it('waits for nobody, and holds nobody up', async () => {
    await world.says(people(4, 20));
    await world.database.transaction(async (tx) => {
      await tx.query('LOCK TABLE users, groups, group_members IN ROW EXCLUSIVE MODE');
      await tx.query('SELECT FROM users FOR UPDATE');
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('tokenwarden:directory-copy', 0))`);
      expect(await looking()).toMatchObject({ state: 'SUCCEEDED', affected: 5 });
    });
  });
});
