import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/harness/index.js';
import { BY_HAND, DRY, Gate, housekeepingForSpecs } from '../../test/running-housekeeping.js';

const TASK = 'DIRECTORY_SYNC';
const housekeeping = housekeepingForSpecs();

const three = () => Promise.all([1, 2, 3].map(() => housekeeping.another()));
const look = (instances: Awaited<ReturnType<typeof three>>) =>
  Promise.all(instances.map(({ scheduler }) => scheduler.look()));

describe('a moment of the schedule', () => {
  it('is one run, however many instances look at the same moment, and sixty moments are sixty', async () => {
    const instances = await three();
    for (let moment = 1; moment <= 60; moment += 1) {
      await housekeeping.missMoments('1 minute');
      await look(instances);
      await housekeeping.untilNobodyRuns();
    }
    const story = await housekeeping.story();
    expect(story).toHaveLength(60);
    expect(story.every((run) => run.endsWith(' SUCCEEDED'))).toBe(true);
    expect(await housekeeping.events()).toEqual([]); // nobody started them by hand, and none failed
  });

  it('that is still to come is no run', async () => {
    const instance = await housekeeping.another({ schedule: '0 0 1 1 *' });
    await instance.scheduler.look();
    expect(await housekeeping.all()).toEqual([]);
  });

  it('is no run where the schedule is off, and by hand the task runs all the same', async () => {
    const instance = await housekeeping.another({ isEnabled: false });
    await housekeeping.missMoments('1 day');
    await instance.scheduler.look();
    expect(await housekeeping.all()).toEqual([]);
    await (
      await instance.runs.begin(TASK, BY_HAND)
    ).ended;
    expect(await housekeeping.story()).toEqual(['MANUAL SUCCEEDED']);
  });

  it('that comes while a run is at it is the next run', async () => {
    const instance = await housekeeping.another();
    const gate = new Gate();
    const { ended } = await instance.runs.begin(TASK, BY_HAND, gate.work);
    await housekeeping.missMoments('1 minute');
    await instance.scheduler.look();
    expect(await housekeeping.story()).toEqual(['MANUAL RUNNING']);
    gate.open();
    await ended;
    await instance.scheduler.look();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL SUCCEEDED', expect.stringContaining('SUCCEEDED')]);
  });

  it('that somebody else was quicker to see is no run', async () => {
    const { runs, task } = await housekeeping.another();
    const off = await housekeeping.another({ isEnabled: false });
    await housekeeping.missMoments('1 hour');
    expect(await off.runs.beginDue(off.task)).toBeUndefined();
    const gate = new Gate();
    const begun = await runs.beginDue({ ...task, run: gate.work });
    await housekeeping.missMoments('1 hour');
    expect(await runs.beginDue(task)).toBeUndefined();
    gate.open();
    await begun?.ended;
    expect(await housekeeping.story()).toEqual(['CATCH_UP SUCCEEDED']);
  });

  it('does not wait for a dry run', async () => {
    const instance = await housekeeping.another();
    const gate = new Gate();
    const { ended } = await instance.runs.begin(TASK, DRY, gate.work);
    await housekeeping.missMoments('1 minute');
    await instance.scheduler.look();
    await until(async () => (await housekeeping.story())[1]?.endsWith(' SUCCEEDED') ?? false);
    gate.open();
    await ended;
  });
});

describe('moments that nobody saw', () => {
  it.each(['2 hours', '40 days'])('are one run: %s', async (interval) => {
    const instances = await three();
    await housekeeping.missMoments(interval);
    await look(instances);
    await housekeeping.untilNobodyRuns();
    await look(instances);
    expect(await housekeeping.story()).toEqual(['CATCH_UP SUCCEEDED']);
  });

  it('are done with when somebody runs the task by hand', async () => {
    const instance = await housekeeping.another();
    await housekeeping.missMoments('2 hours');
    await (
      await instance.runs.begin(TASK, BY_HAND)
    ).ended;
    await instance.scheduler.look();
    expect(await housekeeping.story()).toEqual(['MANUAL SUCCEEDED']);
  });

  it('are not lost when the clock was ahead and is set back', async () => {
    const instance = await housekeeping.another();
    await housekeeping.missMoments('-1 day');
    await instance.scheduler.look();
    await instance.scheduler.look();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['CATCH_UP SUCCEEDED']);
  });
});

describe('a process that died', () => {
  it('is followed by one other, whoever sees it', async () => {
    const dead = await housekeeping.another();
    const instances = await three();
    const gate = new Gate();
    await dead.runs.begin(TASK, { ...BY_HAND, trigger: 'SCHEDULE' }, gate.work);
    await look(instances);
    expect(await housekeeping.story()).toEqual(['SCHEDULE RUNNING']);
    await housekeeping.letLeasesExpire();
    await look(instances);
    gate.open();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['SCHEDULE FAILED', 'CATCH_UP SUCCEEDED']);
  });

  it('is known at once to the next one of its name, and to no other', async () => {
    const dead = await housekeeping.another({ name: 'reborn' });
    const gate = new Gate();
    await dead.runs.begin(TASK, { ...BY_HAND, trigger: 'SCHEDULE' }, gate.work);
    const [other, next] = [await housekeeping.another(), await housekeeping.another({ name: 'reborn' })];
    await other.scheduler.look();
    expect(await housekeeping.story()).toEqual(['SCHEDULE RUNNING']);
    await next.scheduler.look();
    gate.open();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['SCHEDULE FAILED', 'CATCH_UP SUCCEEDED']);
  });

  it('does not keep the next one of its name from beginning by hand', async () => {
    const dead = await housekeeping.another({ name: 'reborn' });
    const gate = new Gate();
    await dead.runs.begin(TASK, BY_HAND, gate.work);
    const next = await housekeeping.another({ name: 'reborn' });
    expect(await next.runs.begin(TASK, BY_HAND)).toMatchObject({ isNew: true });
    gate.open();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED', 'MANUAL SUCCEEDED']);
  });

  it('leaves its work to others although the schedule is off', async () => {
    const [dead, other] = [await housekeeping.another(), await housekeeping.another({ isEnabled: false })];
    const gate = new Gate();
    await dead.runs.begin(TASK, BY_HAND, gate.work);
    await housekeeping.letLeasesExpire();
    await other.scheduler.look();
    gate.open();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED', 'CATCH_UP SUCCEEDED']);
  });
});

describe('a scheduler', () => {
  it('begins nothing before it is started, and then by itself', async () => {
    const { scheduler } = await housekeeping.another();
    await housekeeping.missMoments('1 hour');
    scheduler.tick();
    scheduler.start();
    await until(async () => (await housekeeping.story()).length > 0);
    await scheduler.beforeApplicationShutdown();
    await housekeeping.missMoments('1 hour');
    scheduler.tick();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['CATCH_UP SUCCEEDED']);
  });

  it('says once when it cannot look, and once when it can again', async () => {
    const { scheduler } = await housekeeping.another();
    await housekeeping.sql('ALTER TABLE housekeeping_tasks RENAME TO away');
    scheduler.start();
    await until(() => housekeeping.lines.length > 0);
    scheduler.tick();
    await housekeeping.sql('ALTER TABLE away RENAME TO housekeeping_tasks');
    await until(() => {
      scheduler.tick();
      return housekeeping.lines.length > 1;
    });
    expect(housekeeping.lines.map(({ msg }) => msg)).toEqual([
      'Housekeeping waits: what is due cannot be looked up.',
      'Housekeeping goes on: what is due can be looked up again.',
    ]);
  });
});
