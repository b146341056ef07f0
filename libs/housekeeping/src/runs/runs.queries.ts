import { randomUUID } from 'node:crypto';
import { rows, type Transaction } from '@tokenwarden/database';
import type { ActorRef, HousekeepingTask, HousekeepingTrigger } from '@tokenwarden/vocabulary';
import type { HousekeepingRunRecord } from './run.js';
import type { SeenTiming, Timing } from './task.js';

/**
 * How long a run holds its task without renewing it: with the look that finds it, once a second, a process that is silent
 * for 60 s has been replaced.
 */
export const LEASE_SECONDS = 58;

/** What a run is known by to whoever carries it out; `fence` is the claim's number, larger than all before it. */
export interface ClaimedRun extends HousekeepingRunRecord {
  readonly fence: string;
}

/** A task as its row has it, and what time it is. */
export interface TaskRow extends SeenTiming {
  /** Up to when all moments of its schedule are done with. */
  readonly scheduledThrough: Date;
  readonly now: Date;
}

/** What a new run begins with. */
export interface NewRun {
  readonly task: HousekeepingTask;
  readonly trigger: HousekeepingTrigger;
  readonly startedBy: ActorRef;
  readonly dryRun: boolean;
  readonly process: string;
}

/** Who looks for abandoned runs: what an earlier process of this name has begun is abandoned, for the name is taken again. */
export interface Claimant {
  readonly process: string;
  /** The last claim of each task before this process was there. Not a moment: a clock can be set back, this cannot. */
  readonly bornBehind: Readonly<Record<string, string>>;
}

/** What a process sees of a task that looks whether there is something to do. */
export interface LookedAt extends TaskRow {
  readonly task: HousekeepingTask;
  /** A run of it, dry or not, whose process is gone. */
  readonly hasAbandoned: boolean;
  /** A run of it, not dry, that somebody carries out. */
  readonly isRunning: boolean;
}

/** The columns of a run as `HousekeepingRunRecord` has them. */
export const RUN_COLUMNS = `id, task, trigger, started_by AS "startedBy", dry_run AS "dryRun", state, started_at AS "startedAt",
  finished_at AS "finishedAt", examined, affected, error, details`;

const TASK_COLUMNS = `t.scheduled_through AS "scheduledThrough", t.seen_schedule AS "seenSchedule", t.seen_enabled AS "seenEnabled"`;

// A cursor holds milliseconds: what is finer would put a run behind itself.
const NOW = `date_trunc('milliseconds', clock_timestamp())`;
const LEASE_END = `clock_timestamp() + interval '${LEASE_SECONDS} seconds'`;
// A lease that is longer than any was given before the clock was set back. A living process renews it in time.
const LONGEST_LEASE_END = `clock_timestamp() + interval '${LEASE_SECONDS + 15} seconds'`;

/** SQL: whether nobody carries out the RUNNING run `r`; `process` and `bornBehind` are the claimant's, as placeholders. */
function isAbandoned(process: string, bornBehind: string): string {
  return `(r.lease_until <= clock_timestamp() OR r.lease_until > ${LONGEST_LEASE_END}
    OR (r.process = ${process} AND r.fence <= (${bornBehind}::jsonb ->> r.task)::bigint))`;
}

/** The number of the last claim of each task. */
export async function lastFences(tx: Transaction): Promise<Record<string, string>> {
  const tasks = await rows<{ task: string; fence: string }>(tx, 'SELECT task, fence FROM housekeeping_tasks');
  return Object.fromEntries(tasks.map(({ task, fence }) => [task, fence]));
}

/** Every task that has a row, as it stands. The index of RUNNING runs serves it, so that any number of old ones cost nothing. */
export async function lookAtTasks(tx: Transaction, { process, bornBehind }: Claimant): Promise<LookedAt[]> {
  const abandoned = isAbandoned('$1', '$2');
  return rows(
    tx,
    `SELECT t.task, ${TASK_COLUMNS}, ${NOW} AS now,
       coalesce(bool_or(${abandoned}), false) AS "hasAbandoned",
       coalesce(bool_or(NOT r.dry_run AND NOT ${abandoned}), false) AS "isRunning"
     FROM housekeeping_tasks t LEFT JOIN housekeeping_runs r ON r.task = t.task AND r.state = 'RUNNING'
     GROUP BY t.task`,
    [process, bornBehind],
  );
}

/** Holds the task to the end of the transaction: whoever claims a run of it is alone. */
export async function lockTask(tx: Transaction, task: HousekeepingTask): Promise<TaskRow> {
  await rows(tx, 'SELECT FROM housekeeping_tasks WHERE task = $1 FOR NO KEY UPDATE', [task]);
  const [row] = await rows<TaskRow>(
    tx,
    `SELECT ${TASK_COLUMNS}, ${NOW} AS now FROM housekeeping_tasks t WHERE t.task = $1`,
    [task],
  );
  if (!row) throw new Error(`The housekeeping task ${task} has no row.`);
  return row;
}

/**
 * Remembers the timing of a task that this transaction holds. Moments before the change were none of the new timing and are done
 * with; a run that was left behind stays due, unless the schedule was off.
 * @param since when the first version of the policy that has this timing was made
 * @returns Up to when all moments are done with now
 */
export async function noteTiming(
  tx: Transaction,
  task: HousekeepingTask,
  { schedule, isEnabled }: Timing,
  since: Date,
): Promise<Date> {
  const [row] = await rows<{ through: Date }>(
    tx,
    `UPDATE housekeeping_tasks SET seen_schedule = $2, seen_enabled = $3, scheduled_through =
       CASE WHEN scheduled_through = 'epoch' AND seen_enabled THEN scheduled_through ELSE greatest(scheduled_through, $4) END
     WHERE task = $1 RETURNING scheduled_through AS through`,
    [task, schedule, isEnabled, since],
  );
  if (!row) throw new Error(`The housekeeping task ${task} has no row.`);
  return row.through;
}

/** The run of the task that is RUNNING, be its process alive or not. */
export async function runningRun(
  tx: Transaction,
  task: HousekeepingTask,
  dryRun: boolean,
): Promise<HousekeepingRunRecord | undefined> {
  const [run] = await rows<HousekeepingRunRecord>(
    tx,
    `SELECT ${RUN_COLUMNS} FROM housekeeping_runs WHERE task = $1 AND dry_run = $2 AND state = 'RUNNING'`,
    [task, dryRun],
  );
  return run;
}

/**
 * Holds the RUNNING run of the task where nobody carries it out any more, with the name of the process that did. It
 * passes over a run that is just now committing: whoever writes holds the row.
 */
export async function lockAbandonedRun(
  tx: Transaction,
  task: HousekeepingTask,
  dryRun: boolean,
  claimant: Claimant,
): Promise<(ClaimedRun & { process: string }) | undefined> {
  const [run] = await rows<ClaimedRun & { process: string }>(
    tx,
    `SELECT ${RUN_COLUMNS}, fence, process FROM housekeeping_runs r
     WHERE task = $1 AND dry_run = $2 AND state = 'RUNNING' AND ${isAbandoned('$3', '$4')} FOR UPDATE SKIP LOCKED`,
    [task, dryRun, claimant.process, claimant.bornBehind],
  );
  return run;
}

/** Begins a run of a task that this transaction holds: from its commit on it has the task for `LEASE_SECONDS`. */
export async function insertRun(tx: Transaction, run: NewRun): Promise<ClaimedRun> {
  const [claimed] = await rows<{ fence: string }>(
    tx,
    `UPDATE housekeeping_tasks
     SET fence = fence + 1, scheduled_through = CASE WHEN $2 THEN scheduled_through ELSE clock_timestamp() END
     WHERE task = $1 RETURNING fence`,
    [run.task, run.dryRun],
  );
  const [inserted] = await rows<ClaimedRun>(
    tx,
    `INSERT INTO housekeeping_runs (id, task, fence, trigger, started_by, process, dry_run, state, started_at, lease_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'RUNNING', ${NOW}, ${LEASE_END}) RETURNING ${RUN_COLUMNS}, fence`,
    [randomUUID(), run.task, claimed?.fence, run.trigger, run.startedBy, run.process, run.dryRun],
  );
  if (!inserted) throw new Error('A run was inserted and did not come back.');
  return inserted;
}

/** Keeps the task for another `LEASE_SECONDS`; false where the run has lost it, or has ended. */
export async function renewLease(tx: Transaction, { id, fence }: ClaimedRun): Promise<boolean> {
  const kept = await rows(
    tx,
    `UPDATE housekeeping_runs SET lease_until = ${LEASE_END}
     WHERE id = $1 AND fence = $2 AND state = 'RUNNING' AND lease_until > clock_timestamp() RETURNING id`,
    [id, fence],
  );
  return kept.length > 0;
}

/**
 * Holds the run's place to the end of the transaction: until then nobody takes it over, and its lease can be renewed.
 * @returns what time it is by then; undefined where it has lost its place
 */
export async function holdPlace(tx: Transaction, { id, fence }: ClaimedRun): Promise<Date | undefined> {
  const [held] = await rows<{ now: Date }>(
    tx,
    `SELECT ${NOW} AS now FROM housekeeping_runs
     WHERE id = $1 AND fence = $2 AND state = 'RUNNING' AND lease_until > clock_timestamp() FOR KEY SHARE`,
    [id, fence],
  );
  return held?.now;
}

/** Holds the run alone: it waits for a transaction of the run that is under way. False where the run has ended. */
export async function holdAlone(tx: Transaction, { id, fence }: ClaimedRun): Promise<boolean> {
  const held = await rows(
    tx,
    `SELECT id FROM housekeeping_runs WHERE id = $1 AND fence = $2 AND state = 'RUNNING' FOR UPDATE`,
    [id, fence],
  );
  return held.length > 0;
}

/** The run of this id. */
export async function runById(tx: Transaction, id: string): Promise<HousekeepingRunRecord | undefined> {
  const [run] = await rows<HousekeepingRunRecord>(
    tx,
    `SELECT ${RUN_COLUMNS} FROM housekeeping_runs WHERE id = $1`,
    [id],
  );
  return run;
}
