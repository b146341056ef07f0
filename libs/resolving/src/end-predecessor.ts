import type { Database } from '@tokenwarden/database';
import { endOnSuccessorsUse, holdOffBulkRevocations } from '@tokenwarden/tokens';
import { Problem, unavailable } from '@tokenwarden/vocabulary';

/**
 * Ends the token that was to live until its successor's first use, which is now (rule 8); returns after the commit. However
 * many uses come at the same time, it ends once.
 * @throws Problem `UNAVAILABLE` when it may not have been written, whatever was in the way: then the use is not answered
 */
export async function endPredecessor(database: Database, id: string): Promise<void> {
  try {
    await database.transaction(async (tx) => {
      await holdOffBulkRevocations(tx);
      await endOnSuccessorsUse(tx, id);
    });
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw unavailable('The token that this one succeeds could not be ended. Try again in a moment.', {
      cause,
    });
  }
}
