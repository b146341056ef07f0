import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { CannotStartError } from '../cannot-start.js';
import type { PostgresBinaries } from './binaries.js';

/** As whom Postgres runs; it refuses to run as root. */
export interface Account {
  readonly kind: 'self' | 'other-user' | 'namespace';
  /** who owns the files of the cluster, as seen from this process */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** who Postgres believes to be; differs from the owner only in a namespace */
  readonly shownAs: { readonly uid: number; readonly gid: number };
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Nothing of this process's environment reaches Postgres: there are secrets in it, and PG… variables that misguide. */
const ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** Starts one of the Postgres programs as the account. `options` must name a working directory it can be in. */
export function spawnAs(
  account: Account,
  program: string,
  args: string[],
  options: SpawnOptions,
): ChildProcess {
  const { uid, gid } = account.shownAs;
  const full = { ...options, env: ENVIRONMENT };
  if (account.kind === 'self') return spawn(program, args, full);
  if (account.kind === 'other-user') return spawn(program, args, { ...full, uid, gid });
  const mapping = ['--user', `--map-user=${uid}`, `--map-group=${gid}`];
  return spawn('unshare', [...mapping, '--', program, ...args], full);
}

/**
 * As whom Postgres can run here. An ordinary user runs it himself. Root runs it as the cluster's present owner,
 * `postgres` or `nobody`, whoever can reach both the programs and the state; where nobody can (a folder that only root
 * may enter), as root in a user namespace in which root is called `nobody`.
 * @param binaries the programs
 * @param folder the folder that holds, or will hold, the cluster; it exists
 * @param clusterOwner who owns the cluster, when there is one
 * @throws CannotStartError when no way works
 */
export async function chooseAccount(
  binaries: PostgresBinaries,
  folder: string,
  clusterOwner: { uid: number; gid: number } | undefined,
): Promise<Account> {
  const self = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  if (self.uid !== 0 && clusterOwner && clusterOwner.uid !== self.uid) {
    throw new CannotStartError(
      `The database in ${folder} belongs to uid ${clusterOwner.uid}, not to uid ${self.uid}: start as that user, or name another DATA_DIR.`,
    );
  }
  for (const candidate of await candidates(self, clusterOwner)) {
    if (await canRun(candidate, binaries, folder)) return candidate;
  }
  throw new CannotStartError(
    `The embedded Postgres cannot run here: Postgres refuses to run as root, no other user may enter both ${folder} and ` +
      `${binaries.root}, and user namespaces are switched off (or this user is not in /etc/passwd). ` +
      'Set DATABASE_URL to a Postgres of your own, or start as an ordinary user.',
  );
}

/** Who owns a path now; undefined when it is not there. */
export async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && { uid: found.uid, gid: found.gid };
}

async function candidates(
  self: { uid: number; gid: number },
  clusterOwner: { uid: number; gid: number } | undefined,
): Promise<Account[]> {
  const known = await passwdEntries();
  const byName = ['postgres', 'nobody'].flatMap((name) => known.filter((entry) => entry.name === name));
  const others = [...(clusterOwner ? [clusterOwner] : []), ...byName].filter(({ uid }) => uid !== 0);
  const shown = byName.at(-1) ?? known.find(({ uid }) => uid !== 0);

  const asSelf: Account[] = self.uid === 0 ? [] : [{ kind: 'self', owner: self, shownAs: self }];
  const asOther = others.map((user): Account => ({ kind: 'other-user', owner: user, shownAs: user }));
  const asNamespace: Account[] = shown ? [{ kind: 'namespace', owner: self, shownAs: shown }] : [];
  return [...asSelf, ...(self.uid === 0 ? asOther : []), ...asNamespace];
}

/**
 * Tries instead of computing modes, so that access lists and mounts count too: `initdb --show` looks for the user, its
 * programs, libraries and input files, and changes nothing.
 */
async function canRun(account: Account, binaries: PostgresBinaries, folder: string): Promise<boolean> {
  return (
    (await succeeds(account, binaries.initdb, ['--show', '-D', folder])) &&
    (await succeeds(account, 'test', ['-x', folder]))
  );
}

function succeeds(account: Account, program: string, args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawnAs(account, program, args, { cwd: '/', stdio: 'ignore', timeout: 10_000 });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

async function passwdEntries(): Promise<PasswdEntry[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
