import type { Transaction } from './database.js';

/**
 * Runs one statement and gives its rows: those of a SELECT, or of RETURNING.
 * TypeORM gives `[rows, count]` for UPDATE and DELETE and plain rows otherwise; here it is always the rows.
 */
export async function rows<T>(
  tx: Transaction,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  const result: unknown = await tx.query(sql, [...parameters]);
  const isCounted =
    Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
  return (isCounted ? result[0] : result) as T[];
}

/** The database's clock: what lifetimes and housekeeping go by, whatever this process believes. */
export async function databaseNow(tx: Transaction): Promise<Date> {
  const [row] = await rows<{ now: Date }>(tx, `SELECT date_trunc('milliseconds', clock_timestamp()) AS now`);
  if (!row) throw new Error('The database gave no time.');
  return row.now;
}
