import { prepared } from './prepared.js';
import { rows } from './rows.js';
import type { Transaction } from './database.js';

/** An INSERT, UPDATE or DELETE that gives nothing back; `$1` and so on are its own parameters. */
export interface Write {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * Makes these writes by one statement, so that many small ones cost one round trip. None of them sees what another one
 * writes, in no order; each table at most once. Their texts must be constant: the whole is planned once for a connection.
 */
export async function writeTogether(tx: Transaction, writes: readonly Write[]): Promise<void> {
  const [first, ...others] = writes;
  if (first === undefined) return;
  if (others.length === 0) return void (await rows(tx, first.sql, first.parameters));
  let before = 0;
  const parts = writes.map(({ sql, parameters }, i) => {
    const start = before;
    before += parameters.length;
    return `w${i} AS (${sql.replace(/\$(\d+)/g, (_, place: string) => `$${start + Number(place)}`)})`;
  });
  await rows(
    tx,
    prepared(`WITH ${parts.join(', ')} SELECT`),
    writes.flatMap(({ parameters }) => [...parameters]),
  );
}
