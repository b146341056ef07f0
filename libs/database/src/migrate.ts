import pg from 'pg';
import { DataSource } from 'typeorm';
import { CONNECT_TIMEOUT_MILLISECONDS, dataSourceOptions } from './open-database.js';
import { requireNewEnough } from './postgres-version.rules.js';

// Any number will do, as long as it never changes: two versions must meet at the same lock.
const MIGRATION_LOCK = '7161205421';

/**
 * Brings the schema up to this version. Processes that start together wait for one another; what is already there is
 * left alone.
 * @param directUrl past a transaction pooler, which would lose the session's lock
 * @returns the names of the migrations that ran, oldest first
 * @throws PostgresTooOldError before anything is changed
 */
export async function migrate(directUrl: string): Promise<string[]> {
  const lock = new pg.Client({
    connectionString: directUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
  });
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    const { rows } = await lock.query<{ version: string }>(
      `SELECT current_setting('server_version_num') AS version`,
    );
    requireNewEnough(Number(rows[0]?.version));
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // A migration may take its time: the bounds of requests do not hold here.
    const options = dataSourceOptions({ url: directUrl, applicationName: 'tokenwarden migration' });
    const dataSource = new DataSource({ ...options, extra: { max: 1 } });
    await dataSource.initialize();
    try {
      const ran = await dataSource.runMigrations({ transaction: 'each' });
      return ran.map((migration) => migration.name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end();
  }
}
