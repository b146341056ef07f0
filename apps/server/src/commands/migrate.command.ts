import { migrate } from '@tokenwarden/database';
import { readDatabaseSettings } from '@tokenwarden/settings';
import { withDatabaseUrl } from './with-database.js';

/** `npm run migration:run`: the schema of this version, before the new version starts. Needs only the database. */
export async function migrateCommand(): Promise<void> {
  const ran = await withDatabaseUrl(readDatabaseSettings(process.env), migrate);
  process.stdout.write(ran.length === 0 ? 'The schema is up to date.\n' : `Ran: ${ran.join(', ')}.\n`);
}
