import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readIfThere } from '../private-files.js';
import {
  hasEnded,
  identityOf,
  isAlive,
  killAndAwait,
  processesIn,
  programOf,
  sendSignal,
  workingDirectoryOf,
  type ProcessIdentity,
} from '../processes.js';
import { spawnAs, type Account } from './account.js';
import type { PostgresBinaries } from './binaries.js';
import { lastWords, type ClusterPaths } from './cluster.js';

/** A running Postgres server. */
export interface Postmaster {
  readonly identity: ProcessIdentity;
  readonly port: number;
}

/** A server that ended before it was ready; `transient` when what stood in its way goes away by itself. */
export class PostmasterEndedError extends Error {
  override readonly name = 'PostmasterEndedError';
  readonly transient: boolean;

  /** @param output what the server wrote to its log */
  constructor(output: string) {
    super(`The embedded Postgres does not start: ${lastWords(output) || 'it says nothing'}`);
    // left by a server and its children that were killed a moment ago
    this.transient = /lock file|shared memory block|Address already in use/.test(output);
  }
}

/** A recovery after a crash reads the write-ahead log again, which is at most a few segments here. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 10;

/** Nothing personal and no secret may reach the log: no statements, no details of rows (RELIABILITY, invariant 7). */
const SETTINGS = [
  ...[
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=100',
    'password_encryption=scram-sha-256',
  ],
  ...[
    'fsync=on',
    'synchronous_commit=on',
    'full_page_writes=on',
    'jit=off',
    'timezone=UTC',
    'log_timezone=UTC',
  ],
  ...[
    'log_statement=none',
    'log_min_error_statement=panic',
    'log_error_verbosity=terse',
    'log_checkpoints=off',
  ],
];

/**
 * The server that runs on this data directory, started by whomever, once it answers; undefined when there is none.
 * One that is just stopping is waited for.
 */
export async function runningPostmaster(paths: ClusterPaths): Promise<Postmaster | undefined> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const file = await readPostmasterFile(paths);
    const identity = file && identityOf(file.pid);
    if (!identity || workingDirectoryOf(identity.pid) !== paths.data) return undefined;
    if (file.status === 'ready') return { identity, port: file.port };
    await pause(POLL_MS);
  }
  return undefined;
}

/** Whether a server runs the very programs that are installed now, not those of before an upgrade. */
export function runsProgram(postmaster: Postmaster, binaries: PostgresBinaries): boolean {
  return programOf(postmaster.identity.pid) === binaries.postgres;
}

/**
 * Starts a server on a port of 127.0.0.1 and waits until it answers. It stands in a session of its own: Ctrl-C is for
 * the product, which stops its Postgres last; and it writes to a file, so it outlives a killed product.
 * @throws PostmasterEndedError
 */
export async function startPostmaster(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  account: Account,
  port: number,
): Promise<Postmaster> {
  const log = await freshLog(paths);
  try {
    const settings = [...SETTINGS, `port=${port}`].flatMap((setting) => ['-c', setting]);
    const options = {
      cwd: paths.data,
      detached: true,
      stdio: ['ignore', log.fd, log.fd] as ('ignore' | number)[],
    };
    const child = spawnAs(account, binaries.postgres, ['-D', paths.data, ...settings], options);
    const ended = new Promise<void>((resolve) => child.once('exit', resolve).once('error', () => resolve()));
    child.unref();
    return await untilReady(paths, child.pid, port, ended);
  } finally {
    await log.close();
  }
}

/** Ends a server: by a fast shutdown, which loses nothing, and when that takes too long, ever more firmly. */
export async function stopPostmaster({ identity }: Postmaster): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (isAlive(identity)) sendSignal(identity.pid, signal);
    if (await hasEnded(identity, patienceMs)) return;
  }
}

/**
 * Waits until no Postgres process of this data directory is left, and kills those that stay: without their server, the
 * children of a killed one can do nothing but stand in the way of the next.
 */
export async function clearLeftovers(paths: ClusterPaths): Promise<void> {
  const patience = Date.now() + 1_500;
  while (Date.now() < patience) {
    if ((await processesIn(paths.data, 'postgres')).length === 0) return dropForeignPidFile(paths);
    await pause(50);
  }
  for (const pid of await processesIn(paths.data, 'postgres')) await killAndAwait(pid);
}

/**
 * A postmaster.pid whose number meanwhile belongs to another program would stop Postgres for ever: it asks only whether
 * the number is alive. Called only when no process of this data directory is left.
 */
async function dropForeignPidFile(paths: ClusterPaths): Promise<void> {
  const file = await readPostmasterFile(paths);
  if (file && identityOf(file.pid)) await rm(join(paths.data, 'postmaster.pid'), { force: true });
}

async function untilReady(
  paths: ClusterPaths,
  pid: number | undefined,
  port: number,
  ended: Promise<void>,
): Promise<Postmaster> {
  let over = pid === undefined;
  void ended.then(() => (over = true));
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!over && pid !== undefined && Date.now() < deadline) {
    const file = await readPostmasterFile(paths);
    const identity = identityOf(pid);
    if (identity && file?.pid === pid && file.status === 'ready') return { identity, port };
    await pause(POLL_MS);
  }
  if (!over && pid !== undefined) sendSignal(pid, 'SIGQUIT');
  throw new PostmasterEndedError((await readIfThere(paths.log)) ?? '');
}

/** Line 1 of postmaster.pid is the pid, line 4 the port, line 8 the status, filled up with spaces. */
async function readPostmasterFile(
  paths: ClusterPaths,
): Promise<{ pid: number; port: number; status: string } | undefined> {
  const lines = (await readIfThere(join(paths.data, 'postmaster.pid')))?.split('\n');
  const pid = Number(lines?.[0]);
  return Number.isInteger(pid) && pid > 1
    ? { pid, port: Number(lines?.[3]), status: lines?.[7]?.trim() ?? '' }
    : undefined;
}

/** A new log for each start of the server, beside the one before: so it stays small, and its last words are the last. */
async function freshLog(paths: ClusterPaths) {
  await rename(paths.log, `${paths.log}.previous`).catch(() => undefined);
  return open(paths.log, 'w', 0o600);
}
