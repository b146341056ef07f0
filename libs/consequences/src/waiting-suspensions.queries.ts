import { inBatches, rows, type Transaction } from '@tokenwarden/database';
import { hasActiveRows, type SuspendedPrincipal } from '@tokenwarden/tokens';

// The most ids of one statement.
const BATCH = 5_000;

/**
 * Writes that the ACTIVE tokens of these users are suspended as of now and that their rows follow; for those who have any.
 * Whom it was written of before stays so from then.
 */
export async function insertWaitingSuspensions(tx: Transaction, userIds: readonly string[]): Promise<void> {
  for (const batch of inBatches(userIds, BATCH)) {
    await rows(
      tx,
      `INSERT INTO waiting_suspensions (user_id, decided_at)
       SELECT disabled.id, date_trunc('milliseconds', clock_timestamp()) FROM unnest($1::uuid[]) AS disabled (id)
       WHERE ${hasActiveRows('disabled.id')} ORDER BY disabled.id ON CONFLICT DO NOTHING`,
      [batch],
    );
  }
}

/** What waits for these users, by id, locked: whoever is writing a part of it at this moment has committed that. */
export async function lockWaitingSuspensionsOf(
  tx: Transaction,
  userIds: readonly string[],
): Promise<SuspendedPrincipal[]> {
  const found: SuspendedPrincipal[] = [];
  for (const batch of inBatches([...userIds].sort(), BATCH)) {
    const sql = `SELECT user_id AS id, decided_at AS at FROM waiting_suspensions
      WHERE user_id = ANY($1::uuid[]) ORDER BY user_id FOR UPDATE`;
    found.push(...(await rows<SuspendedPrincipal>(tx, sql, [batch])));
  }
  return found;
}

/** So many of those who wait, in no order: several processes begin at different ones. */
export async function someWaitingSuspensions(tx: Transaction, most: number): Promise<SuspendedPrincipal[]> {
  const sql = `SELECT user_id AS id, decided_at AS at FROM waiting_suspensions ORDER BY random() LIMIT $1`;
  return rows(tx, sql, [most]);
}

/** Those of these that still wait and that nobody else is writing, locked to the end of the transaction. */
export async function takeWaitingSuspensions(
  tx: Transaction,
  userIds: readonly string[],
): Promise<SuspendedPrincipal[]> {
  const sql = `SELECT user_id AS id, decided_at AS at FROM waiting_suspensions WHERE user_id = ANY($1::uuid[])
    ORDER BY user_id FOR UPDATE SKIP LOCKED`;
  return rows(tx, sql, [userIds]);
}

/** Forgets those of these locked ones who have no ACTIVE token left, and says how many they were. */
export async function deleteWrittenSuspensions(tx: Transaction, userIds: readonly string[]): Promise<number> {
  const sql = `DELETE FROM waiting_suspensions w WHERE w.user_id = ANY($1::uuid[]) AND NOT ${hasActiveRows('w.user_id')}
    RETURNING w.user_id`;
  return (await rows(tx, sql, [userIds])).length;
}

/** Forgets what waits for these users, locked by whoever calls this. */
export async function deleteWaitingSuspensions(tx: Transaction, userIds: readonly string[]): Promise<void> {
  for (const batch of inBatches(userIds, BATCH)) {
    await rows(tx, 'DELETE FROM waiting_suspensions WHERE user_id = ANY($1::uuid[])', [batch]);
  }
}
