import { describe, expect, it } from '@jest/globals';
import type { Transaction } from '@tokenwarden/database';
import { until } from '../../../../test/harness/index.js';
import { BY_HAND, Gate, housekeepingForSpecs } from '../../test/running-housekeeping.js';
import { deleteOldRuns, MOST_DELETED } from './old-runs.queries.js';
import { lookAtTasks } from './runs.queries.js';

const TASK = 'DIRECTORY_SYNC';
const housekeeping = housekeepingForSpecs();

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

describe('whoever looks for what is due', () => {
  it('does so by the index of RUNNING runs, however many old ones there are', async () => {
    await oldRuns(20_000, '1 day');
    await housekeeping.sql('ANALYZE housekeeping_runs');
    const plan = await planOf((tx) => lookAtTasks(tx, { process: 'one.1', bornBehind: {} }));
    expect(plan).toContain('housekeeping_runs_one_at_a_time');
    expect(plan).not.toContain('Seq Scan on housekeeping_runs');
  });
});

const NEVER = new AbortController().signal;
const count = async () =>
  (await housekeeping.sql<{ count: number }>('SELECT count(*)::int FROM housekeeping_runs'))[0]?.count;

/** So many ended runs that began so long ago. */
async function oldRuns(many: number, ago: string, state = `'SUCCEEDED'`): Promise<void> {
  await housekeeping.sql(
    `WITH claimed AS (UPDATE housekeeping_tasks SET fence = fence + $1::int WHERE task = '${TASK}' RETURNING fence)
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
