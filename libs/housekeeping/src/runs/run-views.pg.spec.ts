import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { nextMoment, parseSchedule, type HousekeepingRunState, type Schedule } from '@tokenwarden/vocabulary';
import {
  BY_HAND,
  DRY,
  Gate,
  housekeepingForSpecs,
  succeed,
  type Instance,
} from '../../test/running-housekeeping.js';
import { RunFailed, type RunWork } from './run.js';
import { RunGauges } from './run-gauges.js';
import { RunViews } from './run-views.js';
import type { RunListArgs } from './run.types.js';

const TASK = 'DIRECTORY_SYNC';
const housekeeping = housekeepingForSpecs();
let instance: Instance;
let views: RunViews;

beforeEach(async () => {
  instance = await housekeeping.another({ schedule: '*/5 * * * *' });
  views = new RunViews(instance.database, instance.tasks);
});

const fail: RunWork = () => Promise.reject(new RunFailed('No answer.'));
const hold: RunWork = () => Promise.resolve({ state: 'HELD', examined: 5, affected: 0 });

/** Runs one after the other, and gives their ids, the newest first. */
async function after(...works: readonly RunWork[]): Promise<string[]> {
  const ids: string[] = [];
  for (const work of works) ids.unshift((await (await instance.runs.begin(TASK, BY_HAND, work)).ended).id);
  return ids;
}
async function shown(args: RunListArgs) {
  const { nodes, pageInfo, totalCount } = await views.runsOnPage(args);
  return { ids: nodes.map(({ id }) => id), ...pageInfo, totalCount: await totalCount };
}

describe('the list of runs', () => {
  it('is read from the newest on, a page at a time, and counted', async () => {
    const ids = await after(succeed, fail, hold, succeed, succeed);
    const first = await shown({ first: 2 });
    expect(first).toMatchObject({ ids: ids.slice(0, 2), hasNextPage: true, totalCount: 5 });
    const second = await shown({ first: 2, after: first.endCursor });
    expect(second).toMatchObject({ ids: ids.slice(2, 4), hasNextPage: true });
    const last = await shown({ first: 2, after: second.endCursor });
    expect(last).toMatchObject({ ids: ids.slice(4), hasNextPage: false, totalCount: 5 });
  });

  it('knows when a run began no finer than a cursor does', async () => {
    await after(succeed, succeed, succeed);
    const finer = `SELECT FROM housekeeping_runs WHERE started_at <> date_trunc('milliseconds', started_at)`;
    expect(await housekeeping.sql(finer)).toEqual([]);
  });

  it('tells runs of the same moment apart', async () => {
    const ids = await after(succeed, succeed, succeed);
    await housekeeping.sql(`UPDATE housekeeping_runs SET started_at = '2026-03-01T00:00:00.123Z'`);
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await shown({ first: 1, after: cursor });
      found.push(...page.ids);
      cursor = page.hasNextPage ? page.endCursor : null;
    } while (cursor !== null);
    expect(found.sort()).toEqual(ids.sort());
  });

  it.each<[HousekeepingRunState[], number[]]>([
    [['FAILED'], [1, 3]],
    [
      ['HELD', 'FAILED', 'HELD'],
      [1, 2, 3],
    ],
    [['RUNNING'], []],
    [[], []],
  ])('holds those in the asked states: %j', async (state, places) => {
    const ids = await after(succeed, fail, hold, fail, succeed);
    const found = await shown({ state });
    expect(found).toMatchObject({ ids: places.map((place) => ids[place]), totalCount: places.length });
  });

  it('holds all where null is asked for, and those of a task', async () => {
    const ids = await after(succeed);
    expect(await shown({ state: null, task: null })).toMatchObject({ ids });
    expect(await shown({ task: TASK })).toMatchObject({ ids });
  });

  it('goes on with a cursor of the same states in any order, and of no others', async () => {
    await after(succeed, fail, hold);
    const { endCursor } = await shown({ first: 1, state: ['HELD', 'FAILED'] });
    expect(await shown({ first: 1, after: endCursor, state: ['FAILED', 'HELD', 'FAILED'] })).toMatchObject({
      hasNextPage: false,
    });
    await expect(shown({ after: endCursor, state: ['FAILED'] })).rejects.toMatchObject({ field: 'after' });
    await expect(shown({ first: 101 })).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'first' });
  });

  it('shows a run by its id, with who started it', async () => {
    const [id = ''] = await after(succeed);
    expect(await views.runById(id)).toMatchObject({
      id,
      startedBy: { kind: 'USER', id: BY_HAND.by.actor.id, name: 'ada' },
      examined: 3,
    });
    expect(await views.runById('nonsense')).toBeUndefined();
  });
});

describe('the list of tasks', () => {
  const everyFiveMinutes = parseSchedule('*/5 * * * *') as Schedule;
  async function nextByClock() {
    const [clock] = await housekeeping.sql<{ now: Date }>('SELECT clock_timestamp() AS now');
    return nextMoment(everyFiveMinutes, clock?.now ?? new Date());
  }

  it('says when each runs next, by the clock of the database, and its newest run that is no dry one', async () => {
    const [id] = await after(fail, succeed);
    await (
      await instance.runs.begin(TASK, DRY)
    ).ended;
    const before = await nextByClock();
    const [task] = await views.taskStatuses();
    expect(task).toMatchObject({
      task: TASK,
      enabled: true,
      schedule: '*/5 * * * *',
      lastRun: { id, state: 'SUCCEEDED' },
    });
    expect([before, await nextByClock()]).toContainEqual(task?.nextRunAt);
  });

  it('shows a run that is RUNNING as the newest', async () => {
    await after(succeed);
    const gate = new Gate();
    const { run, ended } = await instance.runs.begin(TASK, BY_HAND, gate.work);
    expect((await views.taskStatuses())[0]?.lastRun).toMatchObject({ id: run.id, state: 'RUNNING' });
    gate.open();
    await ended;
  });

  it('knows no next run where the schedule is off, and no last one where there was none', async () => {
    const off = await housekeeping.another({ isEnabled: false });
    expect(await new RunViews(off.database, off.tasks).taskStatuses()).toMatchObject([
      { enabled: false, schedule: '* * * * *', nextRunAt: null, lastRun: null },
    ]);
  });
});

describe('the gauges of housekeeping', () => {
  async function gauges() {
    const other = await housekeeping.another();
    const metrics = new Metrics(new Logs({ level: 'fatal' }));
    new RunGauges(other.database, other.tasks, metrics).onModuleInit();
    const page = await metrics.registry.metrics();
    const value = (name: string) => page.match(new RegExp(`^${name}{task="${TASK}"} (\\S+)$`, 'm'))?.[1];
    return {
      lastSuccess: value('tokenwarden_housekeeping_last_success_timestamp_seconds'),
      failing: value('tokenwarden_housekeeping_failing'),
    };
  }

  it('show the same in every process, whoever carried out the runs', async () => {
    expect(await gauges()).toEqual({ lastSuccess: undefined, failing: '0' });
    const [id = ''] = await after(succeed);
    const finishedAt = (await views.runById(id))?.finishedAt;
    const lastSuccess = String((finishedAt?.getTime() ?? 0) / 1_000);
    expect(await gauges()).toEqual({ lastSuccess, failing: '0' });
    await after(fail);
    await (
      await instance.runs.begin(TASK, DRY)
    ).ended;
    expect(await gauges()).toEqual({ lastSuccess, failing: '1' });
    await after(hold);
    expect(await gauges()).toEqual({ lastSuccess, failing: '0' });
  });
});
