import { inBatches, rows, type Transaction } from '@tokenwarden/database';

/**
 * Notes of some rows that name one of these messages, a bounded number a call, that they are told.
 * @returns the warning of each
 */
export async function noteTold(
  tx: Transaction,
  messageIds: readonly string[],
  most: number,
): Promise<string[]> {
  const told = await rows<{ id: string }>(
    tx,
    `UPDATE token_warning_recipients r SET is_told = true
     FROM (SELECT ctid AS place FROM token_warning_recipients WHERE message_id = ANY ($1::uuid[]) AND NOT is_told LIMIT $2) AS few
     WHERE r.ctid = few.place RETURNING r.warning_id AS id`,
    [messageIds, most],
  );
  return told.map(({ id }) => id);
}

/** Of so many warnings a statement looks at who is told: of each that may be a thousand. */
const MARKED_AT_ONCE = 500;

/**
 * Those of these warnings of which everybody was told, or given up, are sent since the last of that, or since now where no
 * message of theirs is left to ask. Two who each tell the last but one of a warning wait for each other here, and the later one
 * sees both.
 */
export async function markSent(tx: Transaction, warningIds: readonly string[]): Promise<void> {
  const ids = [...new Set(warningIds)].sort();
  for (const some of inBatches(ids, MARKED_AT_ONCE)) {
    await rows(
      tx,
      'SELECT FROM token_warnings WHERE id = ANY ($1::uuid[]) AND sent_at IS NULL ORDER BY id FOR UPDATE',
      [some],
    );
    await rows(tx, MARKING, [some]);
  }
}

const MARKING = `
WITH whole AS MATERIALIZED (
  SELECT w.id FROM token_warnings w WHERE w.id = ANY ($1::uuid[]) AND w.sent_at IS NULL
    AND NOT EXISTS (SELECT FROM token_warning_recipients r WHERE r.warning_id = w.id AND NOT r.is_told)),
ended AS (
  SELECT r.warning_id, max(m.ended_at) AS at FROM whole JOIN token_warning_recipients r ON r.warning_id = whole.id
  JOIN outbox_messages m ON m.id = r.message_id GROUP BY r.warning_id)
UPDATE token_warnings w SET sent_at = greatest(coalesce(ended.at, statement_timestamp()), w.decided_at)
FROM whole LEFT JOIN ended ON ended.warning_id = whole.id WHERE w.id = whole.id`;
