import { rows, type Transaction } from '@tokenwarden/database';
import type { HousekeepingTask } from '@tokenwarden/vocabulary';

/** The most runs that one call deletes. */
export const MOST_DELETED = 500;
/** So many of a task are kept however old they are. */
const KEPT_RUNS = 1_000;
/** So long each is kept however many there are. */
const KEPT_DAYS = 90;

/**
 * Deletes runs of the task that ended long ago, the oldest first and at most `MOST_DELETED`: those older than 90 days and
 * not among the newest 1,000. A held answer that waits keeps its run. The trail keeps who started them and when the task failed.
 * @returns How many it were
 */
export async function deleteOldRuns(tx: Transaction, task: HousekeepingTask): Promise<number> {
  const deleted = await rows(
    tx,
    `DELETE FROM housekeeping_runs WHERE id IN (
       SELECT id FROM housekeeping_runs r
       WHERE task = $1 AND state <> 'RUNNING' AND started_at < clock_timestamp() - interval '${KEPT_DAYS} days'
         AND (started_at, id) < (SELECT started_at, id FROM housekeeping_runs
           WHERE task = $1 ORDER BY started_at DESC, id DESC OFFSET ${KEPT_RUNS - 1} LIMIT 1)
         AND NOT EXISTS (SELECT FROM directory_held_answers h WHERE h.run_id = r.id)
       ORDER BY started_at, id LIMIT ${MOST_DELETED} FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [task],
  );
  return deleted.length;
}
