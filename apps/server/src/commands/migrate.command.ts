import { migrate } from '@tokenwarden/database';
import { borrowEmbeddedPostgres } from '@tokenwarden/embedded';
import { readSettings } from '@tokenwarden/settings';

/** `npm run migration:run`: the schema of this version, before the new version starts. */
export async function migrateCommand(): Promise<void> {
  const { databaseDirectUrl, databaseUrl, dataDir, instanceName } = readSettings(process.env);
  const url = databaseDirectUrl ?? databaseUrl;
  const log = {
    info: () => undefined,
    warn: (sentence: string) => void process.stderr.write(`${sentence}\n`),
  };
  const borrowed =
    url === undefined ? await borrowEmbeddedPostgres({ dataDir, instance: instanceName, log }) : undefined;
  try {
    const ran = await migrate(url ?? borrowed?.url ?? '');
    process.stdout.write(ran.length === 0 ? 'The schema is up to date.\n' : `Ran: ${ran.join(', ')}.\n`);
  } finally {
    await borrowed?.stop();
  }
}
