import { Client } from 'pg';
import { CannotStartError } from '../cannot-start.js';
import { DATABASE_NAME } from './cluster.js';

/** The URL of the embedded database. */
export function databaseUrl(password: string, port: number, database = DATABASE_NAME): string {
  return `postgres://${DATABASE_NAME}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Makes the product's database in a cluster that does not have it yet.
 * @param url the URL it will have
 * @throws CannotStartError when the server does not let us in
 */
export async function ensureDatabase(url: string): Promise<void> {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const client = new Client({ connectionString: maintenance.href, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // a lost connection also fails the query that waits for it
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE_NAME]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE_NAME}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CannotStartError(`The embedded Postgres runs, but does not let the product in: ${why}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
