import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { heldAnswersForSpecs } from '../../test/held-answers.js';
import { ADA_ID, Gate, people } from '../../test/sync-world.js';

const { world, one, held, accept, failingSince, waiting, sixGone } = heldAnswersForSpecs();

describe('accepting a held answer', () => {
  it('applies it by a run of whoever accepts, and records who did so and why', async () => {
    const runId = await held(sixGone());
    const run = await accept(runId, 'They have left.');
    expect(run).toMatchObject({
      ...{ state: 'SUCCEEDED', trigger: 'MANUAL', startedBy: { id: ADA_ID, kind: 'USER' }, affected: 6 },
      details: { users: { removed: 6 } },
    });
    expect(await world.activeUsers()).toBe(14);
    expect(await waiting()).toEqual([]);
    const [event] = await world.sql(
      `SELECT actor_id, target_type, target_id, details FROM audit_pending_events WHERE action = 'directory.accepted'`,
    );
    expect(event).toEqual({
      ...{ actor_id: ADA_ID, target_type: 'housekeeping_run', target_id: runId },
      details: { reason: 'They have left.', runId: run.id },
    });
    expect(await world.events('housekeeping.started')).toHaveLength(2);
    expect(world.said('none is held any more')).toHaveLength(1);
  });

  it('applies less than was named', async () => {
    const runId = await held(sixGone());
    await world.says(people(5, 19));
    expect(await accept(runId)).toMatchObject({ state: 'SUCCEEDED', affected: 5 });
    expect(await world.activeUsers()).toBe(15);
  });

  it('applies what takes away nothing more, whatever else has changed', async () => {
    const runId = await held(sixGone());
    await world.says(people(6, 30, { displayName: 'renamed' }));
    expect(await accept(runId)).toMatchObject({
      state: 'SUCCEEDED',
      details: { users: { created: 11, updated: 13, removed: 6 } },
    });
  });

  it('applies it to users who are disabled by now and were to be removed', async () => {
    const runId = await held(sixGone());
    const { users, groups } = people(0, 19);
    const disabled = users.map((user, i) => (i >= 1 && i <= 6 ? { ...user, enabled: false } : user));
    await world.says({ users: disabled, groups });
    expect(await accept(runId)).toMatchObject({ state: 'SUCCEEDED', details: { users: { disabled: 6 } } });
  });

  it.each([
    ['one more', () => people(7, 19)],
    [
      'another one, though fewer',
      () => {
        const { users, groups } = people(4, 19);
        return { users: users.slice(0, -1), groups };
      },
    ],
  ])('holds an answer anew that takes away %s', async (_, said) => {
    const runId = await held(sixGone());
    await world.says(said());
    const run = await accept(runId);
    expect(run).toMatchObject({
      state: 'HELD',
      details: { reasons: ['It would remove 1 user beyond what was accepted.'] },
    });
    expect(run.id).not.toBe(runId);
    expect(await world.activeUsers()).toBe(20);
    expect(await world.events('directory.')).toEqual(['directory.held', 'directory.held']);
    // From now on it is the new one that can be accepted.
    await expect(accept(runId)).rejects.toMatchObject({ code: 'VERSION_CONFLICT', field: 'runId' });
    expect(await accept(run.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await world.events('directory.accepted')).toHaveLength(1);
  });

  it('holds an answer anew that removes whom it would have disabled', async () => {
    const { users, groups } = people(0, 19);
    const runId = await held({
      users: users.map((user, i) => (i >= 1 && i <= 6 ? { ...user, enabled: false } : user)),
      groups,
    });
    await world.says(sixGone());
    expect(await accept(runId)).toMatchObject({ state: 'HELD' });
    expect(await world.activeUsers()).toBe(20);
  });

  it('changes nothing where the directory is down, and can be tried again', async () => {
    const runId = await held(sixGone());
    await writeFile(world.path, '{');
    expect(await accept(runId)).toMatchObject({ state: 'FAILED', error: expect.any(String) });
    expect(await world.activeUsers()).toBe(20);
    expect(await waiting()).toEqual([{ run_id: runId }]);
    await world.says(sixGone());
    expect(await accept(runId)).toMatchObject({ state: 'SUCCEEDED' });
  });
});

describe('accepting beside other runs', () => {
  /** Another process in the middle of a synchronisation: it has read the directory, and waits at the gate. */
  async function synchronisingElsewhere() {
    const gate = new Gate();
    const isReading = gate.close();
    const other = await world.instance('other', gate);
    const running = other.synchronise();
    await isReading;
    return { gate, running };
  }

  it('waits for a synchronisation under way, and goes by what that has done', async () => {
    const runId = await held(sixGone());
    const { gate, running } = await synchronisingElsewhere();
    const accepted = accept(runId);
    gate.letThrough();
    expect(await running).toMatchObject({ state: 'HELD' });
    await expect(accepted).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  });

  it('goes on where that one failed', async () => {
    const runId = await held(sixGone());
    await writeFile(world.path, '{');
    const { gate, running } = await synchronisingElsewhere();
    await world.says(sixGone());
    const accepted = accept(runId);
    gate.letThrough();
    expect(await running).toMatchObject({ state: 'FAILED' });
    expect(await accepted).toMatchObject({ state: 'SUCCEEDED', affected: 6 });
  });

  it('is UNAVAILABLE where that one takes too long, and does nothing', async () => {
    const runId = await held(sixGone());
    const { gate, running } = await synchronisingElsewhere();
    await expect(accept(runId)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    gate.letThrough();
    await running;
    expect(await world.activeUsers()).toBe(20);
  });

  it('gives the run as it is where it takes longer than a request can', async () => {
    const runId = await held(sixGone());
    const gate = new Gate();
    const slow = await world.instance('slow', gate);
    void gate.close();
    const run = await accept(runId, null, slow);
    expect(run).toMatchObject({ state: 'RUNNING', finishedAt: null });
    gate.letThrough();
    await one.synchronise(); // gives that very run, once it has ended
    expect(await world.activeUsers()).toBe(14);
  });

  it('goes by what is held when it is applied, not by what was when it was asked for', async () => {
    const runId = await held(sixGone());
    const gate = new Gate();
    const isReading = gate.close();
    const slow = await world.instance('slow', gate);
    const accepted = accept(runId, null, slow);
    accepted.catch(() => undefined);
    await isReading;
    // As if its place had been taken, and another answer held, between the question and the commit.
    const newer = randomUUID();
    await world.sql(
      `WITH run AS (
         INSERT INTO housekeeping_runs (id, task, fence, trigger, started_by, process, dry_run, state, started_at, finished_at)
         SELECT $1, task, 0, 'MANUAL', started_by, process, false, 'HELD', started_at, clock_timestamp()
         FROM housekeeping_runs LIMIT 1)
       UPDATE directory_held_answers SET run_id = $1`,
      [newer],
    );
    gate.letThrough();
    await expect(accepted).rejects.toMatchObject({
      ...{ code: 'VERSION_CONFLICT', field: 'runId' },
      message: expect.stringContaining(newer),
    });
    expect(await world.activeUsers()).toBe(20);
    expect(await world.events('housekeeping.failed')).toEqual([]);
    expect(await failingSince()).toBeNull();
  });

  it('is done once by two who do it at once, in one process or in two', async () => {
    const other = await world.instance();
    const runId = await held(sixGone());
    const outcomes = await Promise.allSettled([
      accept(runId, 'one'),
      accept(runId, 'two'),
      accept(runId, 'three', other),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
      else expect(outcome.value).toMatchObject({ state: 'SUCCEEDED' });
    }
    expect(await world.events('directory.accepted')).toHaveLength(1);
    expect(await world.activeUsers()).toBe(14);
  });
});
