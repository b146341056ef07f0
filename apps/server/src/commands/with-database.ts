import { borrowEmbeddedPostgres } from '@tokenwarden/embedded';
import { openDatabase, type Database } from '@tokenwarden/database';
import type { DatabaseSettings } from '@tokenwarden/settings';
import { entities } from '../../../../ormconfig.js';

/**
 * Does a command's work on the database that the settings name: DATABASE_URL, or the embedded one, which is used where
 * it runs and started for the command where it does not.
 * @throws CannotStartError
 */
export async function withDatabase<T>(
  settings: DatabaseSettings,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  return withDatabaseUrl(settings, async (url) => {
    const database = await openDatabase(url, {
      applicationName: 'tokenwarden command',
      poolSize: 2,
      entities,
    });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  });
}

/**
 * As `withDatabase`, for work that connects by itself; the URL leads past a transaction pooler.
 * @throws CannotStartError
 */
export async function withDatabaseUrl<T>(
  settings: DatabaseSettings,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const given = settings.databaseDirectUrl ?? settings.databaseUrl;
  if (given !== undefined) return work(given);
  const borrowed = await borrow(settings);
  try {
    return await work(borrowed.url);
  } finally {
    await borrowed.stop();
  }
}

function borrow({ dataDir, instanceName }: DatabaseSettings) {
  const log = {
    info: () => undefined,
    warn: (sentence: string) => void process.stderr.write(`${sentence}\n`),
  };
  return borrowEmbeddedPostgres({ dataDir, instance: `a command of ${instanceName}`, log });
}
