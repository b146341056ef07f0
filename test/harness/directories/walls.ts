import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a program of Debian's sees and nobody else does: its packages laid over /usr, and its folder. */
export interface Walls {
  /** As `debianPackages` gives it: laid over /usr. */
  readonly tree: string;
  /** What it finds at `FOLDER_INSIDE`, and all that it may leave behind. */
  readonly folder: string;
}

/** Where a program within walls finds its folder: the same place in each, so that a copy of it starts as it is. */
export const FOLDER_INSIDE = '/media';

const run = promisify(execFile);
const COMMAND_SECONDS = 300;
const RELAY = join(import.meta.dirname, 'relay.mjs');

// Module paths are compiled into these programs: they run from /usr or not at all. /dev/shm is theirs alone, too, for
// 389 DS names what it leaves there by its folder. `exec` keeps the process's number. A device of loopback is down at
// first, and not every machine has `ip`.
const BUILD = `
set -e
mount -t overlay overlay -o "lowerdir=$WALLS_TREE/usr:/usr" /usr
mount --bind "$WALLS_FOLDER" ${FOLDER_INSIDE}
mount -t tmpfs tmpfs /dev/shm
`;
const UP = `
/usr/bin/python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH22x", b"lo", 1))' # SIOCSIFFLAGS, IFF_UP
`;
const AS_CALLER = `
exec unshare --user --map-user="$WALLS_USER" --map-group="$WALLS_GROUP" -- "$@"
`;
const AS_ROOT = 'exec "$@"\n';
const NOBODY = 65_534;

/**
 * Runs a command within walls to its end.
 * @param walls What it sees
 * @param command Its words
 * @throws Error with what it printed, where it fails, or a sentence where this machine allows no walls
 */
export async function runWithin(walls: Walls, command: readonly string[]): Promise<void> {
  const [name = '', ...words] = [...(await unshare(walls)), 'sh', '-c', BUILD + AS_ROOT, 'walls', ...command];
  const options = { env: environment(walls), timeout: COMMAND_SECONDS * 1_000 };
  await run(name, words, options);
}

/**
 * Starts a server within walls, where it has a network of its own: on ports as low as it likes, and with a relay that
 * passes on to them what comes in from outside. The process is the server's.
 * @param walls What it sees
 * @param command Its words
 * @param options How
 * @param options.output The file that it prints to. Its input is a pipe; the relay is handed its sockets as messages
 * @param options.asOrdinaryUser Whether it must not think that it is root where it is not
 * @throws Error with a sentence where this machine allows no walls
 */
export async function startWithin(
  walls: Walls,
  command: readonly string[],
  options: { readonly output: number; readonly asOrdinaryUser: boolean },
): Promise<ChildProcess> {
  const prefix = await unshare(walls);
  const end = options.asOrdinaryUser && isMapped(prefix) ? AS_CALLER : AS_ROOT;
  const script = `${BUILD}${UP}"$WALLS_NODE" "$WALLS_RELAY" &\n${end}`;
  const [name = '', ...words] = [...prefix, '--net', 'sh', '-c', script, 'walls', ...command];
  const spawning: SpawnOptions = {
    cwd: walls.folder, // by which the run's guard finds it
    env: environment(walls),
    stdio: ['pipe', options.output, options.output, 'ipc'],
  };
  return spawn(name, words, spawning);
}

/**
 * As whom a server runs that was started `asOrdinaryUser`.
 * @param walls What it sees
 * @returns The name of an account
 */
export async function accountWithin(walls: Walls): Promise<string> {
  const { uid, username } = userInfo();
  return uid === 0 && isMapped(await unshare(walls)) ? 'nobody' : username;
}

const isMapped = (prefix: readonly string[]) => prefix.includes('--user');

const allowed = new Map<string, Promise<readonly string[]>>();

/** The words before a command that put it within walls; whether this machine allows any is tried once. */
async function unshare(walls: Walls): Promise<readonly string[]> {
  const known = allowed.get(walls.tree) ?? tryToUnshare(walls);
  allowed.set(walls.tree, known);
  return await known;
}

/** Root makes them as it is where it may; anybody else, and root in many a container, in a user namespace. */
async function tryToUnshare(walls: Walls): Promise<readonly string[]> {
  const asRoot = ['unshare', '--mount'];
  const mapped = ['unshare', '--user', '--map-root-user', '--mount'];
  const faults: string[] = [];
  for (const prefix of process.getuid?.() === 0 ? [asRoot, mapped] : [mapped]) {
    const [name = '', ...words] = [...prefix, '--net', 'sh', '-c', `${BUILD}${UP}`];
    try {
      await run(name, words, { env: environment(walls), timeout: COMMAND_SECONDS * 1_000 });
      return prefix;
    } catch (error) {
      faults.push(`${prefix.join(' ')}: ${faultOf(error)}`);
    }
  }
  throw new Error(
    `The tests start directory servers in namespaces of their own, which this machine does not allow:\n${faults.join('\n')}\n` +
      'Needed are the programs unshare and mount, and either root with CAP_SYS_ADMIN (a container: --cap-add SYS_ADMIN, ' +
      'seccomp and AppArmor permitting), or user namespaces (sysctl user.max_user_namespaces above 0, ' +
      'kernel.apparmor_restrict_unprivileged_userns=0 where there is such a one), and a kernel of 5.11 or later.',
  );
}

function environment({ tree, folder }: Walls): NodeJS.ProcessEnv {
  const { uid, gid } = userInfo();
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    DATA_DIR: folder, // by which the run's guard finds what goes elsewhere to work
    WALLS_TREE: tree,
    WALLS_FOLDER: folder,
    WALLS_NODE: process.execPath,
    WALLS_RELAY: RELAY,
    WALLS_USER: String(uid === 0 ? NOBODY : uid),
    WALLS_GROUP: String(uid === 0 ? NOBODY : gid),
  };
}

function faultOf(error: unknown): string {
  const { code, stderr } = Object(error) as { code?: unknown; stderr?: unknown };
  if (code === 'ENOENT') return 'there is no such program.';
  return typeof stderr === 'string' && stderr !== '' ? stderr.trim() : String(error);
}
