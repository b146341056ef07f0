import { record, storableDetails, storableText } from '@tokenwarden/audit';
import { rows, type Transaction } from '@tokenwarden/database';
import { redacted, type Logs } from '@tokenwarden/telemetry';
import { Problem, SYSTEM, type HousekeepingRunState } from '@tokenwarden/vocabulary';
import { RunFailed, type HousekeepingRunRecord, type RunOutcome } from './run.js';
import { RUN_COLUMNS, type ClaimedRun } from './runs.queries.js';

/** Why a run failed whose process was told to stop: no fault of its task, and it says nothing of it. */
export const STOPPED = 'The process that carried it out was stopped.';
/** SQL: whether an ended run says how its task does. */
export const SAYS_HOW_ITS_TASK_DOES = `NOT dry_run AND state <> 'RUNNING' AND error IS DISTINCT FROM '${STOPPED}'`;

/** A run that has ended, and what began or ended with it: a fault of its task lasts from the first failed run to the next other one. */
export interface EndedRun {
  readonly run: HousekeepingRunRecord;
  readonly fault: 'BEGAN' | 'LASTS' | 'ENDED' | 'NONE';
}

/** What a run is to be recorded with; `isLeftBehind`: what it was for is still to be done. */
export interface RunEnd extends RunOutcome {
  readonly isLeftBehind?: boolean;
}

/**
 * Ends a run that is RUNNING, in the transaction that holds it, with the event where a fault begins. Undefined where it is
 * not RUNNING any more: then nothing is written.
 */
export async function endRun(tx: Transaction, run: ClaimedRun, end: RunEnd): Promise<EndedRun | undefined> {
  const [ended] = await rows<HousekeepingRunRecord>(
    tx,
    `UPDATE housekeeping_runs SET state = $3, lease_until = NULL, finished_at = date_trunc('milliseconds', clock_timestamp()),
       examined = $4, affected = $5, error = $6, details = $7
     WHERE id = $1 AND fence = $2 AND state = 'RUNNING' RETURNING ${RUN_COLUMNS}`,
    [
      run.id,
      run.fence,
      end.state,
      end.examined,
      end.affected,
      end.state === 'FAILED' ? storableText(redacted(end.error ?? UNKNOWN_FAILURE)) : null,
      end.details === undefined ? null : storableDetails(end.details),
    ],
  );
  if (!ended) return undefined;
  // A dry run says nothing of the task: it neither fails it nor mends it.
  if (run.dryRun) return { run: ended, fault: 'NONE' };
  await noteInTask(tx, ended, end.isLeftBehind);
  if (ended.error === STOPPED) return { run: ended, fault: 'NONE' };
  const fault = faultOf(end.state, await stateBefore(tx, run));
  if (fault === 'BEGAN') {
    await record(tx, {
      action: 'housekeeping.failed',
      by: SYSTEM,
      target: { type: 'housekeeping_run', id: run.id, name: run.task },
      details: { task: run.task, trigger: run.trigger, error: ended.error },
    });
  }
  return { run: ended, fault };
}

// What was left behind is due at once, by whoever looks first.
async function noteInTask(tx: Transaction, run: HousekeepingRunRecord, isLeftBehind = false): Promise<void> {
  if (run.state === 'SUCCEEDED') {
    await rows(tx, 'UPDATE housekeeping_tasks SET last_success_at = $2 WHERE task = $1', [
      run.task,
      run.finishedAt,
    ]);
  } else if (isLeftBehind) {
    await rows(tx, `UPDATE housekeeping_tasks SET scheduled_through = 'epoch' WHERE task = $1`, [run.task]);
  }
}

// Real runs of a task follow each other, so the one before has ended when this one began.
async function stateBefore(
  tx: Transaction,
  { task, fence }: ClaimedRun,
): Promise<HousekeepingRunState | undefined> {
  const [before] = await rows<{ state: HousekeepingRunState }>(
    tx,
    `SELECT state FROM housekeeping_runs
     WHERE task = $1 AND fence < $2 AND ${SAYS_HOW_ITS_TASK_DOES} ORDER BY fence DESC LIMIT 1`,
    [task, fence],
  );
  return before?.state;
}

function faultOf(state: RunOutcome['state'], before: HousekeepingRunState | undefined): EndedRun['fault'] {
  if (state === 'FAILED') return before === 'FAILED' ? 'LASTS' : 'BEGAN';
  return before === 'FAILED' ? 'ENDED' : 'NONE';
}

const UNKNOWN_FAILURE = 'It failed for a reason that only the log tells.';

/** How a run ends that threw: with the words of whoever threw, where they are meant for an operator. */
export function outcomeOfFailure(error: unknown): RunOutcome & { error: string } {
  const hasWords = error instanceof Problem || error instanceof RunFailed;
  return { state: 'FAILED', examined: 0, affected: 0, error: hasWords ? error.message : UNKNOWN_FAILURE };
}

/**
 * Tells the log once when a fault of a task begins and once when it ends: over all processes, for each ends its run
 * alone. What nobody has foreseen is told every time.
 */
export function sayEnd(logs: Logs, { run, fault }: EndedRun, thrown?: unknown): void {
  const { task, id: runId, error } = run;
  const fields = { task, runId, ...(thrown !== undefined && { error: thrown }) };
  if (fault === 'BEGAN') logs.error(fields, `A housekeeping task fails: ${error ?? ''}`);
  else if (fault === 'ENDED') logs.info(fields, 'A housekeeping task that failed goes through again.');
  else if (error === UNKNOWN_FAILURE) logs.error(fields, 'A housekeeping run failed.');
}
