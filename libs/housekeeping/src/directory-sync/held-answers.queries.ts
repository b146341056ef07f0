import { rows, type Transaction } from '@tokenwarden/database';
import type { NamedLosses } from '@tokenwarden/directory';

/** The answer that waits for an administrator: what its run named. */
export interface WaitingAnswer extends NamedLosses {
  readonly runId: string;
}

/**
 * The held answer that waits, that of the latest held run: undefined where none was held since a whole answer was last
 * applied. There is one at most, and it can be accepted (rule 12).
 */
export async function waitingAnswer(tx: Transaction): Promise<WaitingAnswer | undefined> {
  const [waiting] = await rows<WaitingAnswer>(
    tx,
    `SELECT run_id AS "runId", disabled_user_ids::text[] AS "disabledUserIds", removed_user_ids::text[] AS "removedUserIds",
       removed_group_ids::text[] AS "removedGroupIds", emptied_group_ids::text[] AS "emptiedGroupIds"
     FROM directory_held_answers`,
  );
  return waiting;
}

/**
 * Keeps what a held run named in the place of what was kept before: only the latest held answer can be accepted. It is held
 * since the first of them was.
 */
export async function keepHeldAnswer(tx: Transaction, runId: string, named: NamedLosses): Promise<void> {
  const [before] = await removeHeldAnswers(tx);
  await rows(
    tx,
    `INSERT INTO directory_held_answers (run_id, disabled_user_ids, removed_user_ids, removed_group_ids, emptied_group_ids,
       held_since)
     VALUES ($1, $2, $3, $4, $5, coalesce($6, clock_timestamp()))`,
    [
      ...[runId, named.disabledUserIds, named.removedUserIds, named.removedGroupIds, named.emptiedGroupIds],
      before?.heldSince,
    ],
  );
}

/** A whole answer was applied: nothing waits any more. Gives since when something did; undefined where nothing did. */
export async function forgetHeldAnswers(tx: Transaction): Promise<Date | undefined> {
  return (await removeHeldAnswers(tx))[0]?.heldSince;
}

function removeHeldAnswers(tx: Transaction): Promise<{ heldSince: Date }[]> {
  return rows(tx, 'DELETE FROM directory_held_answers RETURNING held_since AS "heldSince"');
}
