import { rows, type Transaction } from '@tokenwarden/database';
import type { Channel } from './outgoing.js';

/** How long messages that ended are kept: long enough to ask what became of one. */
const KEPT_DAYS = { SENT: 7, GIVEN_UP: 90 } as const;
/** What nobody tries for so long is given up: as long as a mail server tries. */
const LIFETIME_DAYS = 5;
/** One statement takes so many. */
export const MOST_AT_ONCE = 1_000;

/**
 * Deletes messages that ended long ago, the oldest first; a warning's only when its end has been taken note of.
 * @returns How many; `MOST_AT_ONCE` where there may be more
 */
export async function deleteOld(tx: Transaction, state: keyof typeof KEPT_DAYS): Promise<number> {
  const deleted = await rows(
    tx,
    `DELETE FROM outbox_messages WHERE id IN (
       SELECT id FROM outbox_messages
       WHERE state = $1 AND ended_at < clock_timestamp() - $2 * interval '1 day' AND (purpose <> 'token-warning' OR is_acknowledged)
       ORDER BY ended_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING 1`,
    [state, KEPT_DAYS[state], MOST_AT_ONCE],
  );
  return deleted.length;
}

/**
 * Gives up what waits for a channel that nobody here has opened, and has waited for as long as it would have been tried.
 * @returns As of `deleteOld`
 */
export async function giveUpUntried(tx: Transaction, channel: Channel, reply: string): Promise<number> {
  const given = await rows(
    tx,
    `UPDATE outbox_messages SET state = 'GIVEN_UP', ended_at = clock_timestamp(), last_error = coalesce(last_error, $2)
     WHERE id IN (
       SELECT id FROM outbox_messages
       WHERE channel = $1 AND state = 'WAITING' AND claimed_by IS NULL AND created_at < clock_timestamp() - $3 * interval '1 day'
       ORDER BY next_attempt_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
     RETURNING 1`,
    [channel, reply, LIFETIME_DAYS, MOST_AT_ONCE],
  );
  return given.length;
}

/** How many messages wait, and how many are kept that were given up. */
export async function countMessages(tx: Transaction): Promise<{ pending: number; givenUp: number }> {
  const [row] = await rows<{ pending: number; givenUp: number }>(
    tx,
    `SELECT (SELECT count(*)::int FROM outbox_messages WHERE state = 'WAITING') AS pending,
       (SELECT count(*)::int FROM outbox_messages WHERE state = 'GIVEN_UP') AS "givenUp"`,
  );
  if (!row) throw new Error('The outbox was not counted.');
  return row;
}
