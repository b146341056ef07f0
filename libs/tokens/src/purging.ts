import type { Transaction } from '@tokenwarden/database';
import { deleteDue, type TokenCondition } from './purging.queries.js';

/**
 * Removes for good the rows of those of these tokens, some hundred a call, of which `isDue` is true: a positive condition, so
 * that what it does not know stays (rule 18). Each leaves the event `token.purged` of SYSTEM; what the trail has of it before
 * stays. Whatever somebody else holds in this moment is passed over, and so is a token that a bulk revocation or a cap is
 * still to be written into: its own event comes with that. Call `holdOffBulkRevocations` first.
 * @returns the ids of those that were removed; the others are left as they were
 */
export async function purgeTokens(
  tx: Transaction,
  ids: readonly string[],
  isDue: TokenCondition,
): Promise<string[]> {
  return ids.length === 0 ? [] : deleteDue(tx, ids, isDue);
}
