import { rows, type Transaction } from '@tokenwarden/database';
import { takeEnded } from '@tokenwarden/notifications';

/** So many messages are settled at a time: a digest may be of a thousand tokens and more. */
export const MOST_SETTLED = 100;
const MOST_AT_ONCE = 2_000;

/**
 * Takes note of messages that were sent or given up: the warnings in them are told, and those of which everybody was told are
 * sent (rule 17, `sentAt`). Whoever does it, in a run or behind it, each message is settled once.
 * @returns How many messages it were: where `MOST_SETTLED`, there may be more
 */
export async function settleEnded(tx: Transaction): Promise<number> {
  const ended = await takeEnded(tx, 'token-warning', MOST_SETTLED);
  if (ended.length === 0) return 0;
  const ids = ended.map(({ id }) => id);
  const moments = ended.map(({ endedAt }) => endedAt);
  let told: { id: string }[];
  do {
    told = await rows<{ id: string }>(
      tx,
      `UPDATE token_warning_recipients r SET is_told = true
       FROM (SELECT ctid AS place FROM token_warning_recipients WHERE message_id = ANY ($1::uuid[]) AND NOT is_told
         LIMIT ${MOST_AT_ONCE}) AS few
       WHERE r.ctid = few.place RETURNING r.warning_id AS id`,
      [ids],
    );
    const latest = moments.reduce((one, other) => (one > other ? one : other));
    await markSent(tx, new Set(told.map(({ id }) => id)), latest);
  } while (told.length === MOST_AT_ONCE);
  return ended.length;
}

/**
 * Those of these warnings of which everybody was told, or given up, are sent since then. Two who each tell the last but one of a
 * warning wait for each other here, and the later one sees both.
 */
export async function markSent(tx: Transaction, warningIds: ReadonlySet<string>, at: Date): Promise<void> {
  if (warningIds.size === 0) return;
  const ids = [...warningIds];
  await rows(
    tx,
    'SELECT FROM token_warnings WHERE id = ANY ($1::uuid[]) AND sent_at IS NULL ORDER BY id FOR UPDATE',
    [ids],
  );
  await rows(
    tx,
    `UPDATE token_warnings w SET sent_at = greatest($2, w.decided_at) WHERE w.id = ANY ($1::uuid[]) AND w.sent_at IS NULL
     AND NOT EXISTS (SELECT FROM token_warning_recipients r WHERE r.warning_id = w.id AND NOT r.is_told)`,
    [ids, at],
  );
}
