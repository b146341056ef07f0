import type { Transaction } from '@tokenwarden/database';
import { takeEndedWarnings } from '@tokenwarden/notifications';
import { markSent, noteTold } from './settling.queries.js';

/** So many messages are settled at a time: a digest may be of a thousand tokens and more, and each of these has all its readers. */
export const MOST_SETTLED = 20;
const MOST_AT_ONCE = 2_000;

/**
 * Takes note of messages that were sent or given up: the warnings in them are told, and those of which everybody was told are
 * sent (rule 17, `sentAt`). Whoever does it, in a run or behind it, each message is settled once.
 * @returns How many messages it were: where `MOST_SETTLED`, there may be more
 */
export async function settleEnded(tx: Transaction): Promise<number> {
  const ended = await takeEndedWarnings(tx, MOST_SETTLED);
  if (ended.length === 0) return 0;
  const ids = ended.map(({ id }) => id);
  let told: string[];
  do {
    told = await noteTold(tx, ids, MOST_AT_ONCE);
    await markSent(tx, told);
  } while (told.length === MOST_AT_ONCE);
  return ended.length;
}
