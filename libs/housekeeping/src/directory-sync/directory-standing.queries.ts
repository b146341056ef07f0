import { rows, type Transaction } from '@tokenwarden/database';
import { NOBODY_ADMINISTERS } from '@tokenwarden/directory';

/** How the directory stands, from the runs of all processes. */
export interface DirectoryStanding {
  /** Since when an answer is held and waits for an administrator; null where none does. */
  readonly heldSince: Date | null;
  /** Since when synchronisations fail; null where the last one that ended did not. */
  readonly failingSince: Date | null;
}

const ENDED = `housekeeping_runs WHERE task = 'DIRECTORY_SYNC' AND NOT dry_run`;
const LAST = (states: string) => `coalesce((SELECT max(fence) FROM ${ENDED} AND state IN (${states})), 0)`;

/** How the directory stands now. */
export async function directoryStanding(tx: Transaction): Promise<DirectoryStanding> {
  const [standing] = await rows<DirectoryStanding>(
    tx,
    `SELECT
       (SELECT held_since FROM directory_held_answers) AS "heldSince",
       (SELECT min(finished_at) FROM ${ENDED} AND is_fault AND fence > ${LAST(`'SUCCEEDED', 'HELD'`)})
         AS "failingSince"`,
  );
  return standing ?? { heldSince: null, failingSince: null };
}

/** Whether the answer that was last applied left somebody an administrator by ADMIN_GROUPS; undefined where none was yet. */
export async function wasAdministered(tx: Transaction): Promise<boolean | undefined> {
  const [last] = await rows<{ hadNobody: boolean }>(
    tx,
    `SELECT coalesce(details -> 'warnings' @> to_jsonb($1::text), false) AS "hadNobody"
     FROM ${ENDED} AND state = 'SUCCEEDED' ORDER BY fence DESC LIMIT 1`,
    [NOBODY_ADMINISTERS],
  );
  return last && !last.hadNobody;
}

/** When a whole answer of the directory was last applied; undefined where none ever was. */
export async function lastApplied(tx: Transaction): Promise<Date | undefined> {
  const sql = `SELECT last_success_at AS at FROM housekeeping_tasks WHERE task = 'DIRECTORY_SYNC'`;
  return (await rows<{ at: Date | null }>(tx, sql))[0]?.at ?? undefined;
}
