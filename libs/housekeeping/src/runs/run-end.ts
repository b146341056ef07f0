import { Injectable } from '@nestjs/common';
import { record, storableDetails, storableText } from '@tokenwarden/audit';
import { rows, type Transaction } from '@tokenwarden/database';
import { AdministratorsMail } from '@tokenwarden/directory';
import { Logs, redacted } from '@tokenwarden/telemetry';
import { Problem, SYSTEM } from '@tokenwarden/vocabulary';
import { tellOfFault } from './fault-notices.js';
import { faultChange, type FaultChange, type SaidRun } from './fault.rules.js';
import { RunFailed, type HousekeepingRunRecord, type RunOutcome } from './run.js';
import { RUN_COLUMNS, type ClaimedRun } from './runs.queries.js';

/**
 * SQL: whether an ended run says how its task does. A dry one does not; nor does one that FAILED and was no fault, for it was
 * stopped, or what was asked of it was refused.
 */
export const SAYS_HOW_ITS_TASK_DOES = `NOT dry_run AND (state IN ('SUCCEEDED', 'HELD') OR is_fault)`;

/** So many runs back it is looked whether the reason of a fault was told before: some hours of one that runs every few minutes. */
const RUNS_REMEMBERED = 100;

/** A run that has ended, and what that means for its task. */
export interface EndedRun {
  readonly run: HousekeepingRunRecord;
  readonly fault: FaultChange;
}

/** What a run is to be recorded with. */
export interface RunEnd extends RunOutcome {
  /** What it was for is still to be done. */
  readonly isLeftBehind?: boolean;
  /** False where it FAILED and nothing is wrong with its task. */
  readonly isFault?: boolean;
}

/** How runs end, whoever ends them: what is written of it, and who is told. */
@Injectable()
export class RunEnds {
  constructor(
    private readonly logs: Logs,
    private readonly mail: AdministratorsMail,
  ) {}

  /**
   * Ends a run that is RUNNING, in the transaction that holds it, with the event where a fault begins and the mail where one
   * begins or ends. Undefined where it is not RUNNING any more: then nothing is written.
   */
  async write(tx: Transaction, run: ClaimedRun, end: RunEnd): Promise<EndedRun | undefined> {
    // A dry run says nothing of the task: it neither fails it nor mends it.
    const isFault = end.state === 'FAILED' && !run.dryRun && (end.isFault ?? true);
    const [ended] = await rows<HousekeepingRunRecord>(
      tx,
      `UPDATE housekeeping_runs SET state = $3, lease_until = NULL, finished_at = date_trunc('milliseconds', clock_timestamp()),
         examined = $4, affected = $5, error = $6, details = $7, is_fault = $8
       WHERE id = $1 AND fence = $2 AND state = 'RUNNING' RETURNING ${RUN_COLUMNS}`,
      [
        run.id,
        run.fence,
        end.state,
        end.examined,
        end.affected,
        end.state === 'FAILED' ? storableText(redacted(end.error ?? UNKNOWN_FAILURE)) : null,
        end.details === undefined ? null : storableDetails(end.details),
        isFault,
      ],
    );
    if (!ended) return undefined;
    if (run.dryRun) return { run: ended, fault: 'NONE' };
    await noteInTask(tx, ended, end.isLeftBehind);
    if (end.state === 'FAILED' && !isFault) return { run: ended, fault: 'NONE' };
    const before = await runsBefore(tx, run, isFault ? RUNS_REMEMBERED : 1);
    const fault = faultChange({ isFault, error: ended.error }, before);
    if (fault === 'BEGAN') {
      await record(tx, {
        action: 'housekeeping.failed',
        by: SYSTEM,
        target: { type: 'housekeeping_run', id: run.id, name: run.task },
        details: { task: run.task, trigger: run.trigger, error: ended.error },
      });
    }
    await tellOfFault(tx, this.mail, run, { run: ended, fault });
    return { run: ended, fault };
  }

  /**
   * Behind the commit: tells the log once when a fault of a task begins, once for each other reason that it is given, and once when
   * it ends: over all processes, for each ends its run alone. What nobody has foreseen is told every time; a run that was stopped
   * or refused alarms nobody. Mail that was written with the end is sent.
   */
  tell({ run, fault }: EndedRun, thrown?: unknown): void {
    const { task, id: runId, error, dryRun } = run;
    const fields = { task, runId, ...(thrown !== undefined && { error: thrown }) };
    if (fault === 'BEGAN') this.logs.error(fields, `A housekeeping task fails: ${error ?? ''}`);
    else if (fault === 'CHANGED')
      this.logs.warn(fields, `A housekeeping task still fails, and for another reason: ${error ?? ''}`);
    else if (fault === 'ENDED') this.logs.info(fields, 'A housekeeping task that failed goes through again.');
    else if (error === UNKNOWN_FAILURE) this.logs.error(fields, 'A housekeeping run failed.');
    else if (error !== null && !dryRun && fault === 'NONE')
      this.logs.info(fields, `A housekeeping run did nothing, and nothing is wrong with its task: ${error}`);
    if (fault !== 'NONE') this.mail.wake();
  }
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
async function runsBefore(tx: Transaction, { task, fence }: ClaimedRun, most: number): Promise<SaidRun[]> {
  return rows(
    tx,
    `SELECT is_fault AS "isFault", error FROM housekeeping_runs
     WHERE task = $1 AND fence < $2 AND ${SAYS_HOW_ITS_TASK_DOES} ORDER BY fence DESC LIMIT $3`,
    [task, fence, most],
  );
}

const UNKNOWN_FAILURE = 'It failed for a reason that only the log tells.';

/** How a run ends that threw: with the words of whoever threw, where they are meant for an operator. */
export function endOfFailure(error: unknown): RunEnd {
  const hasWords = error instanceof Problem || error instanceof RunFailed;
  const isFault = !(error instanceof RunFailed) || error.isFault;
  const sentence = hasWords ? error.message : UNKNOWN_FAILURE;
  return { state: 'FAILED', examined: 0, affected: 0, error: sentence, isFault };
}
