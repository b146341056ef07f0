import { databaseNow, rows, type Transaction } from '@tokenwarden/database';
import type { AdministratorsMail } from '@tokenwarden/directory';
import type { FaultChange } from './fault.rules.js';
import type { HousekeepingRunRecord } from './run.js';
import type { ClaimedRun } from './runs.queries.js';

/**
 * Tells administrators by mail that a fault of a task begins or ends with this run, in the transaction that ends it: once
 * each over all processes, for a run is ended once. What lasts, for whichever reason, is not told again; and the end is told to
 * those alone who were told of the beginning: at a first start whose directory cannot be read that is nobody.
 */
export async function tellOfFault(
  tx: Transaction,
  mail: AdministratorsMail,
  { fence }: ClaimedRun,
  { run, fault }: { readonly run: HousekeepingRunRecord; readonly fault: FaultChange },
): Promise<void> {
  const { task, id: runId, error } = run;
  const at = (run.finishedAt ?? (await databaseNow(tx))).toISOString();
  if (fault === 'BEGAN') {
    const told = await mail.tell(tx, { type: 'task-fails', task, runId, failedAt: at, error: error ?? '' });
    await rows(tx, 'UPDATE housekeeping_tasks SET told_of_fault = $2 WHERE task = $1', [task, told]);
  } else if (fault === 'ENDED') {
    const failingSince = (await faultBefore(tx, task, fence))?.toISOString() ?? null;
    const state = run.state === 'HELD' ? 'HELD' : 'SUCCEEDED';
    await mail.tell(
      tx,
      { type: 'task-recovers', task, runId, state, recoveredAt: at, failingSince },
      await toldOfFault(tx, task),
    );
  }
}

async function toldOfFault(tx: Transaction, task: string): Promise<string[]> {
  const [row] = await rows<{ told: string[] }>(
    tx,
    'SELECT told_of_fault AS told FROM housekeeping_tasks WHERE task = $1',
    [task],
  );
  return row?.told ?? [];
}

// When the first run of the fault that was there before this one failed.
async function faultBefore(tx: Transaction, task: string, fence: ClaimedRun['fence']): Promise<Date | null> {
  const before = 'housekeeping_runs WHERE task = $1 AND NOT dry_run AND fence < $2';
  const [first] = await rows<{ at: Date | null }>(
    tx,
    `SELECT min(finished_at) AS at FROM ${before} AND is_fault
       AND fence > coalesce((SELECT max(fence) FROM ${before} AND state IN ('SUCCEEDED', 'HELD')), 0)`,
    [task, fence],
  );
  return first?.at ?? null;
}
