import { rows } from './rows.js';
import type { Transaction } from './database.js';

/** How long a statement waits for a lock, by Postgres' own count; a request is given up a moment before. */
export const LOCK_TIMEOUT = '4500ms';

/**
 * As `lockFor`, where everybody else waits behind this: it gives up after two seconds, which is UNAVAILABLE.
 */
export async function lockSoonFor(tx: Transaction, name: string): Promise<void> {
  await rows(tx, `SET LOCAL lock_timeout = '2s'`);
  await lockFor(tx, name);
  await rows(tx, `SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
}

/**
 * SQL that waits for a lock and holds it to the end of the transaction, as `lockFor` and `shareLockFor` do: for a statement
 * that takes several, in the order in which they stand, or does something else with them.
 * @param name of the lock, as SQL: a parameter such as `$1`
 */
export function lockExpression(name: string, { isShared = false } = {}): string {
  const take = isShared ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  return `${take}(hashtextextended('tokenwarden:' || ${name}, 0))`;
}

/** Waits for the lock of this name and holds it to the end of the transaction; whatever the process, one at a time. */
export async function lockFor(tx: Transaction, name: string): Promise<void> {
  await rows(tx, `SELECT ${lockExpression('$1')}`, [name]);
}

/** As `lockFor`, together with others who share it; whoever wants it alone waits for them, and they for it. */
export async function shareLockFor(tx: Transaction, name: string): Promise<void> {
  await rows(tx, `SELECT ${lockExpression('$1', { isShared: true })}`, [name]);
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
