import type { Transaction } from '@tokenwarden/database';
import {
  deleteFreePage,
  deletePage,
  isSomethingToBeWritten,
  type PageOfEnded,
  type PurgedPage,
  type TokenCondition,
} from './purging.queries.js';

/**
 * Removes for good the rows of some tokens, a thousand or two a call, that ended before a moment and of which `isDue` is true: a
 * positive condition, so that what it does not know stays (rule 18). Each leaves the event `token.purged` of SYSTEM; what the trail
 * has of it before stays. Whatever somebody else holds in this moment is passed over, and so is a token that a bulk revocation or
 * a cap is still to be written into: its own event comes with that. Call `holdOffBulkRevocations` first.
 * With `isHeld` false nothing of the page is looked for that somebody may hold, which costs as much as removing it: where somebody
 * does, the transaction fails in a moment, and is to be done again with true.
 * @throws Problem `UNAVAILABLE`, by the transaction
 */
export async function purgePage(
  tx: Transaction,
  page: PageOfEnded,
  isDue: TokenCondition,
  { isHeld }: { readonly isHeld: boolean },
): Promise<PurgedPage> {
  const isFree = !isHeld && !(await isSomethingToBeWritten(tx));
  return isFree ? deleteFreePage(tx, page, isDue) : deletePage(tx, page, isDue);
}
