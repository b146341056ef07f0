import { setTimeout as pause } from 'node:timers/promises';
import { CannotStartError, DataDirectoryInUseError } from '../cannot-start.js';
import { lockDataDirectory, type Release } from '../data-directory-lock.js';
import { prepareDataDirectory } from '../private-files.js';
import { clusterPaths, hasCluster, readPassword } from './cluster.js';
import { databaseUrl } from './connection.js';
import { startEmbeddedPostgres, type EmbeddedLog, type EmbeddedPostgres } from './embedded-postgres.js';
import { runningPostmaster } from './postmaster.js';

/** A product that is just starting has its Postgres within this time. */
const PATIENCE_MS = 15_000;

/**
 * The embedded Postgres for the length of one command: that of the running product, or one started for the command
 * and stopped by `stop`, with DATA_DIR locked meanwhile.
 * @param options as for `startEmbeddedPostgres`
 * @param options.dataDir DATA_DIR
 * @param options.instance what a product started meanwhile is told has the DATA_DIR
 * @param options.log where it says what happens
 * @throws CannotStartError also when the DATA_DIR holds no database yet
 */
export async function borrowEmbeddedPostgres(options: {
  dataDir: string;
  instance: string;
  log: EmbeddedLog;
}): Promise<EmbeddedPostgres> {
  const release = await lockUnlessInUse(options.dataDir, options.instance);
  if (!release) return urlOfRunning(options.dataDir);
  try {
    if (!hasCluster(options.dataDir)) throw noDatabaseYet(options.dataDir);
    const postgres = await startEmbeddedPostgres(options);
    return { url: postgres.url, stop: () => postgres.stop().then(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

async function lockUnlessInUse(dataDir: string, instance: string): Promise<Release | undefined> {
  try {
    return await lockDataDirectory(dataDir, { instance });
  } catch (error) {
    if (error instanceof DataDirectoryInUseError) return undefined;
    throw error;
  }
}

async function urlOfRunning(dataDir: string): Promise<EmbeddedPostgres> {
  const paths = clusterPaths(await prepareDataDirectory(dataDir));
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const running = await runningPostmaster(paths);
    if (running)
      return { url: databaseUrl(await readPassword(paths), running.port), stop: () => Promise.resolve() };
    await pause(100);
  }
  throw new CannotStartError(`A product has DATA_DIR ${dataDir}, but its embedded Postgres does not answer.`);
}

function noDatabaseYet(dataDir: string): CannotStartError {
  return new CannotStartError(
    `DATA_DIR ${dataDir} holds no database yet: run npm start once, or set DATABASE_URL.`,
  );
}
