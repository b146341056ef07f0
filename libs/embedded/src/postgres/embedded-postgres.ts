import { randomInt } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CannotStartError } from '../cannot-start.js';
import { prepareDataDirectory } from '../private-files.js';
import { isAlive } from '../processes.js';
import { chooseAccount, ownerOf, type Account } from './account.js';
import { findBinaries, type PostgresBinaries } from './binaries.js';
import { clusterPaths, prepareCluster, readPassword, type ClusterPaths } from './cluster.js';
import { databaseUrl, ensureDatabase } from './connection.js';
import {
  clearLeftovers,
  PostmasterEndedError,
  runningPostmaster,
  runsProgram,
  startPostmaster,
  stopPostmaster,
  type Postmaster,
} from './postmaster.js';

/** Where the supervisor says what happens: sentences without anything secret. */
export interface EmbeddedLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

/** The embedded Postgres, running and watched. */
export interface EmbeddedPostgres {
  /** for DATABASE_URL; the same until `stop`, also when the server was killed and started again */
  readonly url: string;
  /** Stops the server by a fast shutdown. Close the connections first. Calling it twice is harmless. */
  stop(): Promise<void>;
}

const WATCH_MS = 250;
const RETRY_MS = 200;
/** Leftovers of killed servers were seen to stand in the way for 2.2 s. */
const FIRST_START_PATIENCE_MS = 10_000;

/**
 * Starts the embedded Postgres on DATA_DIR, or takes over the one that a killed product left running, and from then on
 * starts it again whenever it ends. Take the lock on DATA_DIR first, and the master key.
 * @param options what to start
 * @param options.dataDir DATA_DIR
 * @param options.log where it says what happens
 * @throws CannotStartError
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: EmbeddedLog;
}): Promise<EmbeddedPostgres> {
  const paths = clusterPaths(await prepareDataDirectory(options.dataDir));
  await mkdir(paths.folder, { recursive: true, mode: 0o711 });
  const found = await findBinaries();
  const binaries = { ...found, postgres: await realpath(found.postgres) };
  const postmaster = (await adopt(paths, binaries, options.log)) ?? (await startFirst(paths, binaries));
  const server = new Supervisor(paths, binaries, postmaster, options.log);
  try {
    const url = databaseUrl(await readPassword(paths), postmaster.port);
    await ensureDatabase(url);
    return { url, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Keeps one server running on one port. A poll and not an event: a server taken over is no child of this process. */
class Supervisor {
  private readonly timer: NodeJS.Timeout;
  private restart: Promise<void> | undefined;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly paths: ClusterPaths,
    private readonly binaries: PostgresBinaries,
    private postmaster: Postmaster,
    private readonly log: EmbeddedLog,
  ) {
    this.timer = setInterval(() => this.watch(), WATCH_MS);
    this.timer.unref();
  }

  stop(): Promise<void> {
    this.stopped ??= this.end();
    return this.stopped;
  }

  private watch(): void {
    if (this.restart || this.stopped || isAlive(this.postmaster.identity)) return;
    this.log.warn('The embedded Postgres has ended; starting it again.');
    this.restart = this.startAgain().finally(() => (this.restart = undefined));
  }

  /** Tries until it works: meanwhile whoever needs the database says that it cannot decide. */
  private async startAgain(): Promise<void> {
    for (let attempt = 1; !this.stopped; attempt++) {
      try {
        this.postmaster = await start(this.paths, this.binaries, this.postmaster.port);
        this.log.info('The embedded Postgres is back.');
        return;
      } catch (error) {
        if (attempt % 25 === 0) this.log.warn(error instanceof Error ? error.message : String(error));
        await pause(RETRY_MS);
      }
    }
  }

  private async end(): Promise<void> {
    clearInterval(this.timer);
    await this.restart;
    await stopPostmaster(this.postmaster);
  }
}

/** The server that a killed product left behind, if it is one of today's programs; an older one is stopped. */
async function adopt(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  log: EmbeddedLog,
): Promise<Postmaster | undefined> {
  const orphan = await runningPostmaster(paths);
  if (!orphan) return undefined;
  if (runsProgram(orphan, binaries)) {
    log.info('Took over the embedded Postgres that a killed product left running.');
    return orphan;
  }
  log.info('Stopping an embedded Postgres of other programs that a killed product left running.');
  await stopPostmaster(orphan);
  return undefined;
}

/** The first start may choose its port anew each time; what killed servers left behind goes away within seconds. */
async function startFirst(paths: ClusterPaths, binaries: PostgresBinaries): Promise<Postmaster> {
  const deadline = Date.now() + FIRST_START_PATIENCE_MS;
  for (;;) {
    try {
      return await start(paths, binaries, await freePort());
    } catch (error) {
      const hopeful = error instanceof PostmasterEndedError && error.transient && Date.now() < deadline;
      if (!hopeful) throw plain(error, paths);
      await pause(RETRY_MS);
    }
  }
}

async function start(paths: ClusterPaths, binaries: PostgresBinaries, port: number): Promise<Postmaster> {
  const account = await accountFor(paths, binaries);
  await clearLeftovers(paths);
  await prepareCluster(paths, binaries, account);
  return startPostmaster(paths, binaries, account, port);
}

async function accountFor(paths: ClusterPaths, binaries: PostgresBinaries): Promise<Account> {
  return chooseAccount(binaries, paths.folder, await ownerOf(paths.data));
}

function plain(error: unknown, paths: ClusterPaths): unknown {
  if (!(error instanceof PostmasterEndedError)) return error;
  return new CannotStartError(`${error.message} (more in ${paths.log})`, { cause: error });
}

/**
 * A free port below the range from which the kernel takes ports for outgoing connections: from there another program
 * could take it by chance while a killed server is started again.
 */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new CannotStartError(
    'No free port for the embedded Postgres was found between 15000 and 32000 on 127.0.0.1.',
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
