import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { heldAnswersForSpecs } from '../../test/held-answers.js';
import { groupId, people } from '../../test/sync-world.js';

const { world, one, held, accept, failingSince, waiting, sixGone } = heldAnswersForSpecs();

describe('what cannot be accepted', () => {
  it('is a run that is not there', async () => {
    await held(sixGone());
    for (const id of [randomUUID(), 'nonsense', '', randomUUID().toUpperCase()]) {
      await expect(accept(id)).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'runId' });
    }
  });

  it('is a run that was never held', async () => {
    const { id } = await one.synchronise();
    await expect(accept(id)).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'runId' });
  });

  it('is a held run that is not the latest, or behind which one has succeeded', async () => {
    const first = await held(sixGone());
    const second = await held(sixGone());
    const begun = await world.sql('SELECT FROM housekeeping_runs');
    await expect(accept(first)).rejects.toMatchObject({
      ...{ code: 'VERSION_CONFLICT', field: 'runId' },
      message: expect.stringContaining(second),
    });
    expect(await world.sql('SELECT FROM housekeeping_runs')).toHaveLength(begun.length);
    await world.says(people(0, 19));
    await one.synchronise();
    await expect(accept(second)).rejects.toMatchObject({ code: 'VERSION_CONFLICT', field: 'runId' });
  });

  it('is one whose reason holds a secret', async () => {
    const runId = await held(sixGone());
    const begun = await world.sql('SELECT FROM housekeeping_runs');
    await expect(accept(runId, `tws_${'a'.repeat(43)}`)).rejects.toMatchObject({
      ...{ code: 'INVALID_INPUT', field: 'reason' },
    });
    expect(await world.sql('SELECT FROM housekeeping_runs')).toHaveLength(begun.length);
  });
});

describe('a change after which nobody could administer', () => {
  const { users, groups } = people(0, 19);
  const withoutAda = { users: users.map((user, i) => ({ ...user, enabled: i > 5 })), groups };

  it('is refused where it is accepted, and nothing is changed', async () => {
    const runId = await held(withoutAda);
    await expect(accept(runId, 'All of them.')).rejects.toMatchObject({
      ...{ code: 'WOULD_LOCK_OUT', field: 'runId' },
    });
    expect(await world.activeUsers()).toBe(20);
    expect(await world.events('user.')).toEqual([]);
    expect(await world.events('directory.accepted')).toEqual([]);
    expect(await waiting()).toEqual([{ run_id: runId }]);
    const [last] = await world.sql('SELECT state, error FROM housekeeping_runs ORDER BY fence DESC LIMIT 1');
    expect(last).toEqual({ state: 'FAILED', error: expect.stringContaining('*:*') });
  });

  it('is no fault of the directory where it is refused: it alarms nobody, and ends no fault', async () => {
    const runId = await held(withoutAda);
    await expect(accept(runId)).rejects.toMatchObject({ code: 'WOULD_LOCK_OUT' });
    expect(await world.events('housekeeping.failed')).toEqual([]);
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(world.said('nothing is wrong with its task')).toEqual([expect.stringContaining('*:*')]);
    expect(await failingSince()).toBeNull();

    await writeFile(world.path, '{');
    expect(await one.synchronise()).toMatchObject({ state: 'FAILED' });
    const since = await failingSince();
    await world.says(withoutAda);
    await expect(accept(runId)).rejects.toMatchObject({ code: 'WOULD_LOCK_OUT' });
    expect(await failingSince()).toEqual(since);
    expect(world.said('goes through again')).toEqual([]);
    expect(await one.synchronise()).toMatchObject({ state: 'HELD' });
    expect(await failingSince()).toBeNull();
    expect(world.said('goes through again')).toHaveLength(1);
    expect(await world.events('housekeeping.failed')).toHaveLength(1);
  });

  it('is applied where nobody could before', async () => {
    const nobody = [
      { ...groups[0], members: [] },
      { id: groupId(1), name: 'others', members: ['user10'] },
    ];
    await world.says({ users, groups: nobody });
    expect(await one.synchronise()).toMatchObject({ state: 'SUCCEEDED' });
    const runId = await held({ users: withoutAda.users, groups: nobody });
    expect(await accept(runId)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('is applied where nobody has to accept it', async () => {
    await world.says({ users: users.map((user, i) => ({ ...user, enabled: i > 0 })), groups });
    const run = await one.synchronise();
    expect(run).toMatchObject({ state: 'SUCCEEDED', details: { users: { disabled: 1 } } });
    expect(run.details?.['warnings']).toEqual([
      expect.stringContaining('nobody an administrator'),
      expect.stringContaining('no enabled member'),
    ]);
    // Loudly, once when it begins and once when it ends, whichever process meets it.
    const other = await world.instance();
    await other.synchronise();
    expect(world.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { msg: expect.stringContaining('nobody an administrator') },
    ]);
    expect(world.said('nobody an administrator')).toHaveLength(1);
    await world.says({ users, groups });
    await other.synchronise();
    await one.synchronise();
    expect(world.said('somebody an administrator again')).toHaveLength(1);
    expect(world.said('nobody an administrator')).toHaveLength(1);
  });
});
