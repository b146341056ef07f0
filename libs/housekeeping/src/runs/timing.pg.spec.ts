import { describe, expect, it } from '@jest/globals';
import type { PolicyDocument } from '@tokenwarden/policy';
import { BY_HAND, Gate, housekeepingForSpecs } from '../../test/running-housekeeping.js';

const TASK = 'DIRECTORY_SYNC';
const housekeeping = housekeepingForSpecs();

const byPolicy = ({ purge }: PolicyDocument) => ({ schedule: purge.schedule, isEnabled: purge.enabled });
const instance = () => housekeeping.another({ timing: byPolicy });

/** Another version of the policy, made so long ago, in which the task has this timing. */
async function changePolicy(schedule: string, enabled: boolean, ago = '0 s'): Promise<void> {
  await housekeeping.sql(
    `INSERT INTO policy_versions (version, document, created_at, created_by, reason)
     SELECT version + 1, jsonb_set(document, '{purge}', document -> 'purge' || jsonb_build_object('schedule', $1::text, 'enabled', $2::boolean)),
       clock_timestamp() - $3::interval, created_by, NULL
     FROM policy_versions ORDER BY version DESC LIMIT 1`,
    [schedule, enabled, ago],
  );
}

const seen = async () =>
  (
    await housekeeping.sql<{ schedule: string; enabled: boolean }>(
      'SELECT seen_schedule AS schedule, seen_enabled AS enabled FROM housekeeping_tasks WHERE task = $1',
      [TASK],
    )
  )[0];

describe('a timing by the policy', () => {
  it('is the new one at the next look of every instance', async () => {
    const [one, other] = [await instance(), await instance()];
    await changePolicy('0 0 1 1 *', true, '2 hours');
    await one.scheduler.look();
    expect(await seen()).toEqual({ schedule: '0 0 1 1 *', enabled: true });
    await changePolicy('* * * * *', true, '1 hour');
    await housekeeping.missMoments('2 hours');
    await other.scheduler.look();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['CATCH_UP SUCCEEDED']);
    expect(await seen()).toEqual({ schedule: '* * * * *', enabled: true });
  });

  it('has no moments before the change: what is switched on now does not run for what it has missed while it was off', async () => {
    const { scheduler } = await instance();
    await changePolicy('* * * * *', false);
    await scheduler.look();
    await housekeeping.missMoments('1 day');
    await changePolicy('* * * * *', true);
    await scheduler.look();
    await scheduler.look();
    expect(await housekeeping.all()).toEqual([]);
    expect(await seen()).toEqual({ schedule: '* * * * *', enabled: true });
  });

  it('keeps the moments that were missed where something else of the policy changes', async () => {
    const { scheduler } = await instance();
    await changePolicy('* * * * *', true, '3 hours');
    await scheduler.look();
    await housekeeping.untilNobodyRuns();
    await housekeeping.sql('TRUNCATE housekeeping_runs CASCADE');
    await housekeeping.missMoments('2 hours');
    await changePolicy('* * * * *', true);
    await scheduler.look();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['CATCH_UP SUCCEEDED']);
  });

  it('has the moments that were missed since its own version, where something else changed before anybody looked', async () => {
    const { scheduler } = await instance();
    await changePolicy('0 0 1 1 *', true, '5 hours');
    await scheduler.look();
    await changePolicy('0 * * * *', true, '3 hours');
    for (const ago of ['2 s', '1 s']) await changePolicy('0 * * * *', true, ago);
    await housekeeping.missMoments('4 hours');
    await scheduler.look();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['CATCH_UP SUCCEEDED']);
  });

  it('has none of those before it was another one for a while', async () => {
    const { scheduler } = await instance();
    await changePolicy('0 0 1 1 *', true, '9 hours');
    await scheduler.look();
    await changePolicy('0 0 * * *', true, '8 hours');
    await changePolicy('0 0 * * *', false, '7 hours');
    await changePolicy('0 0 * * *', true);
    await housekeeping.missMoments('9 hours');
    await scheduler.look();
    expect(await housekeeping.all()).toEqual([]);
    const [task] = await housekeeping.sql(
      `SELECT scheduled_through > clock_timestamp() - interval '1 hour' AS "isRecent" FROM housekeeping_tasks WHERE task = $1`,
      [TASK],
    );
    expect(task).toEqual({ isRecent: true });
  });

  it('is remembered while a run is at it, too', async () => {
    const { runs, scheduler } = await instance();
    const gate = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, gate.work);
    await changePolicy('7 7 * * *', true);
    await scheduler.look();
    expect(await seen()).toEqual({ schedule: '7 7 * * *', enabled: true });
    gate.open();
    await ended;
  });

  it.each([
    ['is due at once all the same where it was left behind', true, ['CATCH_UP SUCCEEDED']],
    ['is not due for what was left behind where it is off', false, []],
  ])('%s', async (_, enabled, story) => {
    const { scheduler } = await instance();
    await changePolicy('0 0 1 1 *', true);
    await scheduler.look();
    await housekeeping.sql(`UPDATE housekeeping_tasks SET scheduled_through = 'epoch'`);
    await changePolicy('0 0 2 1 *', enabled);
    await scheduler.look();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(story);
  });

  it('is not due for what was left behind before it was off, when it is on again', async () => {
    const { scheduler } = await instance();
    await changePolicy('0 0 1 1 *', true);
    await scheduler.look();
    await housekeeping.sql(`UPDATE housekeeping_tasks SET scheduled_through = 'epoch'`);
    for (const isOn of [false, true]) {
      await changePolicy('0 0 1 1 *', isOn);
      await scheduler.look();
    }
    expect(await housekeeping.all()).toEqual([]);
  });

  it('is written once, not at every look', async () => {
    const { scheduler } = await instance();
    await scheduler.look();
    const version = () => housekeeping.sql('SELECT xmin FROM housekeeping_tasks WHERE task = $1', [TASK]);
    const before = await version();
    await scheduler.look();
    expect(await version()).toEqual(before);
  });
});
