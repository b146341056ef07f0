import { borrowEmbeddedPostgres } from '@tokenwarden/embedded';
import { openDatabase, type Database } from '@tokenwarden/database';
import { readSettings, type Settings } from '@tokenwarden/settings';
import { entities } from '../../../../ormconfig.js';

/**
 * Does a command's work on the database that the settings name: DATABASE_URL, or the embedded one, which is used where
 * it runs and started for the command where it does not.
 * @throws SettingsError, CannotStartError
 */
export async function withDatabase<T>(
  work: (database: Database, settings: Settings) => Promise<T>,
): Promise<T> {
  const settings = readSettings(process.env);
  const borrowed = settings.databaseUrl === undefined ? await borrow(settings) : undefined;
  try {
    const url = settings.databaseDirectUrl ?? settings.databaseUrl ?? borrowed?.url;
    if (url === undefined) throw new Error('No database was found.');
    const database = await openDatabase(url, {
      applicationName: 'tokenwarden command',
      poolSize: 2,
      entities,
    });
    try {
      return await work(database, settings);
    } finally {
      await database.close();
    }
  } finally {
    await borrowed?.stop();
  }
}

function borrow({ dataDir, instanceName }: Settings) {
  const log = {
    info: () => undefined,
    warn: (sentence: string) => void process.stderr.write(`${sentence}\n`),
  };
  return borrowEmbeddedPostgres({ dataDir, instance: `a command of ${instanceName}`, log });
}
