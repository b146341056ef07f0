import { COUNT_LIMIT, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import type { HousekeepingRunState, HousekeepingTask } from '@tokenwarden/vocabulary';
import type { HousekeepingRunRecord } from './run.js';
import { SAYS_HOW_ITS_TASK_DOES } from './run-end.js';
import { RUN_COLUMNS } from './runs.queries.js';

/** Which runs a list holds; undefined for any. */
export interface RunListFilter {
  readonly task?: HousekeepingTask | undefined;
  /** Any of these. */
  readonly states?: readonly HousekeepingRunState[] | undefined;
}

/** The order of the list: newest first. */
export const NEWEST_FIRST = [
  { column: 'started_at', descending: true, type: 'timestamptz' },
  { column: 'id', descending: true, type: 'uuid' },
] as const;

/** A task as it stands for whoever looks at it. */
export interface TaskStanding {
  readonly task: HousekeepingTask;
  readonly now: Date;
  /** When a run of it last SUCCEEDED, dry ones left out. */
  readonly lastSuccessAt: Date | null;
  /** Whether the newest of its runs that say how it does was a fault. */
  readonly isFailing: boolean;
}

/** One page of runs, newest first, and one more where it goes on. */
export async function listRuns(
  tx: Transaction,
  filter: RunListFilter,
  page: Page,
): Promise<HousekeepingRunRecord[]> {
  const { from, parameters } = runsOf(filter);
  const clause = keyset(page, NEWEST_FIRST, parameters.length + 1);
  return rows(
    tx,
    `SELECT ${RUN_COLUMNS} ${from} AND ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`,
    [...parameters, ...clause.parameters],
  );
}

/** How many runs the list holds; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countRuns(tx: Transaction, filter: RunListFilter): Promise<number> {
  const { from, parameters } = runsOf(filter);
  const sql = `SELECT count(*)::int AS count FROM (SELECT 1 ${from} LIMIT ${COUNT_LIMIT + 1}) AS counted`;
  return (await rows<{ count: number }>(tx, sql, parameters))[0]?.count ?? 0;
}

/** Every task that has a row, as it stands. */
export async function taskStandings(tx: Transaction): Promise<TaskStanding[]> {
  return rows(
    tx,
    `SELECT t.task, date_trunc('milliseconds', clock_timestamp()) AS now, t.last_success_at AS "lastSuccessAt",
       coalesce((SELECT r.is_fault FROM housekeeping_runs r
         WHERE r.task = t.task AND ${SAYS_HOW_ITS_TASK_DOES} ORDER BY r.fence DESC LIMIT 1), false) AS "isFailing"
     FROM housekeeping_tasks t`,
  );
}

/** The newest run of each task, dry ones left out. */
export async function newestRuns(tx: Transaction): Promise<HousekeepingRunRecord[]> {
  return rows(
    tx,
    `SELECT newest.* FROM housekeeping_tasks t CROSS JOIN LATERAL (
       SELECT ${RUN_COLUMNS} FROM housekeeping_runs r
       WHERE r.task = t.task AND NOT r.dry_run ORDER BY r.fence DESC LIMIT 1) AS newest`,
  );
}

function runsOf({ task, states }: RunListFilter): { from: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const conditions = ['TRUE'];
  if (task !== undefined) conditions.push(`task = $${parameters.push(task)}`);
  if (states !== undefined) conditions.push(`state = ANY($${parameters.push(states)}::text[])`);
  return { from: `FROM housekeeping_runs WHERE ${conditions.join(' AND ')}`, parameters };
}
