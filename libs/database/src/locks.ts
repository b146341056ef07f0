import { rows } from './rows.js';
import type { Transaction } from './database.js';

/** Waits for the lock of this name and holds it to the end of the transaction; whatever the process, one at a time. */
export async function lockFor(tx: Transaction, name: string): Promise<void> {
  await rows(tx, `SELECT pg_advisory_xact_lock(hashtextextended('tokenwarden:' || $1, 0))`, [name]);
}

/** As `lockFor`, together with others who share it; whoever wants it alone waits for them, and they for it. */
export async function shareLockFor(tx: Transaction, name: string): Promise<void> {
  await rows(tx, `SELECT pg_advisory_xact_lock_shared(hashtextextended('tokenwarden:' || $1, 0))`, [name]);
}

/** Takes the lock of this name when it is free, to the end of the transaction; false when somebody else has it. */
export async function tryLockFor(tx: Transaction, name: string): Promise<boolean> {
  const [row] = await rows<{ taken: boolean }>(
    tx,
    `SELECT pg_try_advisory_xact_lock(hashtextextended('tokenwarden:' || $1, 0)) AS taken`,
    [name],
  );
  return row?.taken ?? false;
}
