import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Transaction } from '@tokenwarden/database';
import { BY_HAND, DRY, Gate, RunningHousekeeping, until } from '../../test/running-housekeeping.js';
import { deleteOldRuns, MOST_DELETED } from './old-runs.queries.js';
import { lookAtTasks } from './runs.queries.js';

const TASK = 'DIRECTORY_SYNC';
let housekeeping: RunningHousekeeping;

beforeAll(async () => {
  housekeeping = await RunningHousekeeping.create();
});
afterAll(async () => {
  await housekeeping.close();
});
beforeEach(async () => {
  await housekeeping.forget();
});

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

  it('looks by the index of RUNNING runs, however many old ones there are', async () => {
    await oldRuns(20_000, '1 day');
    await housekeeping.sql('ANALYZE housekeeping_runs');
    const plan = await planOf((tx) => lookAtTasks(tx, { process: 'one.1', bornBehind: {} }));
    expect(plan).toContain('housekeeping_runs_one_at_a_time');
    expect(plan).not.toContain('Seq Scan on housekeeping_runs');
  });
});

describe('records of old runs', () => {
  it('go, a set at a time, but for the newest thousand and those of ninety days', async () => {
    const { scheduler } = await housekeeping.another();
    await oldRuns(700, '91 days');
    await oldRuns(999, '89 days');
    expect(await housekeeping.database.transaction((tx) => deleteOldRuns(tx, TASK))).toBe(MOST_DELETED);
    expect(await count()).toBe(1_199);
    await scheduler.deleteOld(NEVER);
    expect(await count()).toBe(1_000);
  });

  it('stay where they cannot be deleted, which is said once, and what is due is begun all the same', async () => {
    const { scheduler, runs } = await housekeeping.another();
    await oldRuns(1_001, '91 days');
    await housekeeping.missMoments('1 hour');
    await housekeeping.sql(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
       CREATE TRIGGER refuse BEFORE DELETE ON housekeeping_runs FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    try {
      scheduler.start();
      await until(() =>
        housekeeping.lines.some(({ msg }) => msg.includes('old housekeeping runs cannot be')),
      );
      await until(async () => (await housekeeping.story()).includes('CATCH_UP SUCCEEDED'));
      expect(housekeeping.lines.filter(({ msg }) => msg.includes('Housekeeping waits'))).toEqual([]);
    } finally {
      await scheduler.beforeApplicationShutdown();
      await runs.beforeApplicationShutdown();
      await housekeeping.sql('DROP FUNCTION refuse CASCADE');
    }
  });

  it('stay where there are few, and where they are not so old', async () => {
    const { scheduler } = await housekeeping.another();
    await oldRuns(900, '400 days');
    await scheduler.deleteOld(NEVER);
    expect(await count()).toBe(900);
    await housekeeping.sql('TRUNCATE housekeeping_runs CASCADE');
    await oldRuns(1_100, '89 days');
    await scheduler.deleteOld(NEVER);
    expect(await count()).toBe(1_100);
  });

  it('stay where somebody is at it, or where its held answer waits', async () => {
    const { scheduler, runs } = await housekeeping.another();
    const gate = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, gate.work);
    await housekeeping.sql(
      `UPDATE housekeeping_runs SET started_at = clock_timestamp() - interval '96 days'`,
    );
    await oldRuns(1, '95 days', `'HELD'`);
    await oldRuns(2, '94 days');
    await oldRuns(1_000, '1 day');
    await housekeeping.sql(
      `INSERT INTO directory_held_answers SELECT id, '{}', '{}', '{}', '{}', now() FROM housekeeping_runs WHERE state = 'HELD'`,
    );
    await scheduler.deleteOld(NEVER);
    expect(await count()).toBe(1_002);
    expect(await housekeeping.sql(`SELECT FROM directory_held_answers`)).toHaveLength(1);
    gate.open();
    expect(await ended).toMatchObject({ state: 'SUCCEEDED' });
  });
});

const NEVER = new AbortController().signal;
const count = async () =>
  (await housekeeping.sql<{ count: number }>('SELECT count(*)::int FROM housekeeping_runs'))[0]?.count;

/** So many ended runs that began so long ago. */
async function oldRuns(many: number, ago: string, state = `'SUCCEEDED'`): Promise<void> {
  await housekeeping.sql(
    `WITH claimed AS (UPDATE housekeeping_tasks SET fence = fence + $1::int RETURNING fence)
     INSERT INTO housekeeping_runs (id, task, fence, trigger, started_by, process, dry_run, state, started_at, finished_at)
     SELECT gen_random_uuid(), '${TASK}', claimed.fence - n, 'SCHEDULE', '{"kind":"SYSTEM","id":null,"name":"Tokenwarden"}',
       'one.1', false, ${state}, clock_timestamp() - $2::interval, clock_timestamp() - $2::interval
     FROM claimed, generate_series(0, $1::int - 1) AS n`,
    [many, ago],
  );
}

async function planOf(query: (tx: Transaction) => Promise<unknown>): Promise<string> {
  let plan = '';
  const explaining = Object.create(housekeeping.database.dataSource.manager) as Transaction;
  explaining.query = async <T>(sql: string, parameters?: unknown[]) => {
    plan += JSON.stringify(await housekeeping.sql(`EXPLAIN ${sql}`, parameters));
    return [] as T;
  };
  await query(explaining);
  return plan;
}
