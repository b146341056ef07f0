import { rows, type Transaction } from '@tokenwarden/database';

/**
 * SQL of a SELECT: since when every use of a token is known to have been written down. What was not used before that moment is
 * not known to be idle.
 */
export const USES_WHOLE_SINCE = 'SELECT whole_since FROM use_tracking';

/** Begins to count anew: uses were lost, so that a token which looks idle may have been used. */
export async function restartUseTracking(tx: Transaction): Promise<void> {
  await rows(tx, 'UPDATE use_tracking SET whole_since = clock_timestamp()');
}
