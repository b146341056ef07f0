import { rows, type Transaction } from '@tokenwarden/database';
import type { HousekeepingTask } from '@tokenwarden/vocabulary';

/** A task whose newest run that says how it does was a fault. */
export interface FailingTask {
  readonly task: HousekeepingTask;
  /** When the first run of this fault ended. */
  readonly since: Date;
  /** Why the newest run of it failed, as that run says it. */
  readonly reason: string;
}

/** The tasks that are failing now, by name: from the runs of all processes, dry, stopped and refused ones left out. */
export async function failingTasks(tx: Transaction): Promise<FailingTask[]> {
  const real = 'housekeeping_runs r WHERE r.task = t.task AND NOT r.dry_run';
  return rows(
    tx,
    `SELECT t.task, fault.since, newest.error AS reason FROM housekeeping_tasks t
     CROSS JOIN LATERAL (SELECT min(r.finished_at) AS since, max(r.fence) AS last FROM ${real} AND r.is_fault
       AND r.fence > coalesce((SELECT max(r.fence) FROM ${real} AND r.state IN ('SUCCEEDED', 'HELD')), 0)) AS fault
     JOIN housekeeping_runs newest ON newest.task = t.task AND newest.fence = fault.last AND NOT newest.dry_run
     ORDER BY t.task`,
  );
}
