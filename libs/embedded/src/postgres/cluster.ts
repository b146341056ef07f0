import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, lchown, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotStartError } from '../cannot-start.js';
import { makePrivateFile, readIfThere, syncFolder, writeDurably } from '../private-files.js';
import { killAndAwait, processesIn } from '../processes.js';
import { ownerOf, spawnAs, type Account } from './account.js';
import type { PostgresBinaries } from './binaries.js';

/** The role that owns the embedded database, and the database's name. */
export const DATABASE_NAME = 'tokenwarden';

/** The paths of the embedded Postgres under DATA_DIR. */
export interface ClusterPaths {
  /** holds all below; others may pass through it, since Postgres can run as another user */
  readonly folder: string;
  /** Postgres's data directory. It is there when, and only when, initdb finished */
  readonly data: string;
  /** what an initdb in progress fills; left by an interrupted one, it is wiped */
  readonly unfinished: string;
  readonly password: string;
  readonly log: string;
}

/** @param dataDir DATA_DIR, a real path: Postgres's own files name it so */
export function clusterPaths(dataDir: string): ClusterPaths {
  const folder = join(dataDir, 'postgres');
  return {
    folder,
    data: join(folder, 'data'),
    unfinished: join(folder, 'data.unfinished'),
    password: join(folder, 'password'),
    log: join(folder, 'log'),
  };
}

/** Whether DATA_DIR holds an embedded database. */
export function hasCluster(dataDir: string): boolean {
  return existsSync(clusterPaths(dataDir).data);
}

/**
 * Sees to it that there is a whole cluster that the account owns.
 * @throws CannotStartError when initdb fails, the password is missing, or the cluster is of another major version
 */
export async function prepareCluster(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  account: Account,
): Promise<void> {
  if (!existsSync(paths.data)) await createCluster(paths, binaries, account);
  await checkVersion(paths, binaries, account);
  await readPassword(paths); // refused before a server runs that nobody can use
  const owner = await ownerOf(paths.data);
  if (owner && owner.uid !== account.owner.uid) await giveTo(account, paths.data);
}

/**
 * The password of the database's role.
 * @throws CannotStartError when there is a cluster without its password
 */
export async function readPassword(paths: ClusterPaths): Promise<string> {
  const password = await readIfThere(paths.password);
  if (password) return password.trim();
  throw new CannotStartError(
    `${paths.password} is missing, and without it the database beside it cannot be opened: put it back from a backup.`,
  );
}

/** The data directory gets its name when initdb is done and on disk: that name is the mark of a whole cluster. */
async function createCluster(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  account: Account,
): Promise<void> {
  await wipeUnfinished(paths);
  await makePrivateFile(paths.password, `${randomBytes(24).toString('base64url')}\n`);
  await mkdir(paths.unfinished, { mode: 0o700 });
  await giveTo(account, paths.unfinished);
  await runInitdb(paths, binaries, account, await readPassword(paths));
  await rename(paths.unfinished, paths.data);
  await syncFolder(paths.folder);
}

/** An initdb that outlived its killed product would go on writing by path, into the new folder of the same name. */
async function wipeUnfinished(paths: ClusterPaths): Promise<void> {
  for (const program of ['initdb', 'postgres']) {
    for (const pid of await processesIn(paths.unfinished, program)) await killAndAwait(pid);
  }
  await rm(paths.unfinished, { recursive: true, force: true });
}

async function runInitdb(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  account: Account,
  password: string,
): Promise<void> {
  const passwordFile = join(paths.folder, 'password.initdb'); // initdb reads it as the account, from no pipe
  await rm(passwordFile, { force: true });
  try {
    await writeDurably(passwordFile, password);
    if (account.kind === 'other-user') await chown(passwordFile, account.owner.uid, account.owner.gid);
    const args = [
      ...[
        '-D',
        paths.unfinished,
        '--username',
        DATABASE_NAME,
        '--pwfile',
        passwordFile,
        '--auth',
        'scram-sha-256',
      ],
      ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--lc-messages', 'C', '--no-instructions'],
      ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ];
    const { code, output } = await outputOf(account, binaries.initdb, args, paths.unfinished);
    if (code !== 0)
      throw new CannotStartError(`The embedded Postgres could not make its database: ${lastWords(output)}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function checkVersion(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  account: Account,
): Promise<void> {
  const cluster = (await readIfThere(join(paths.data, 'PG_VERSION')))?.trim();
  const { output } = await outputOf(account, binaries.postgres, ['--version'], '/');
  const program = /(\d+)/.exec(output)?.[1];
  if (cluster === program) return;
  throw new CannotStartError(
    `The database in ${paths.data} is of Postgres ${cluster}, and the embedded Postgres is ${program}: ` +
      'serve it with a Postgres of its own version by DATABASE_URL, or name another DATA_DIR.',
  );
}

/** Only root can give a folder away, and only root needs to: an ordinary user meets his own folders only. */
async function giveTo(account: Account, folder: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = account.owner;
  const entries = await readdir(folder, { recursive: true });
  for (const entry of entries) await lchown(join(folder, entry), uid, gid);
  await lchown(folder, uid, gid);
}

function outputOf(
  account: Account,
  program: string,
  args: string[],
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawnAs(account, program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces: Buffer[] = [];
    child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr?.on('data', (piece: Buffer) => pieces.push(piece));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output: Buffer.concat(pieces).toString('utf8') }));
  });
}

/** The last lines of what a program said, as one line. */
export function lastWords(output: string): string {
  return output.trim().split('\n').slice(-3).join(' | ');
}
