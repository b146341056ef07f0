import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';

const NAMES = new Map<string, string>();

/**
 * Marks a statement whose text never changes as one that each connection plans once instead of every time: for what is
 * asked at every request. Gives it back. Where a transaction pooler stands before Postgres it is sent like any other, for
 * there a connection's prepared statements are somebody else's.
 */
export function prepared(sql: string): string {
  if (!NAMES.has(sql)) NAMES.set(sql, `tw_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`);
  return sql;
}

/** From now on this connection sends marked statements by name. It must be one straight to Postgres. */
export function sendByName(connection: ClientBase): void {
  const send: (...sent: unknown[]) => unknown = connection.query.bind(connection);
  const sendNamed = (text: unknown, values?: unknown, ...rest: unknown[]): unknown => {
    const name = typeof text === 'string' && Array.isArray(values) ? NAMES.get(text) : undefined;
    return name === undefined ? send(text, values, ...rest) : send({ name, text, values }, ...rest);
  };
  // `query` has a dozen forms; each is handed on as it came, but for the text of a marked statement.
  connection.query = sendNamed as ClientBase['query'];
}
