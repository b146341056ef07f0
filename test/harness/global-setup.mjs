/** jest's global set-up: one folder and one Postgres for the run, told to the workers by the environment. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from './postgres-server.mjs';

/** What the tear-down ends; undefined as long as nothing runs. */
export let running;

const MEMORY_DISK = '/dev/shm';
const ENOUGH_BYTES = 6 * 2 ** 30; // a run writes about one and a half GiB, and tests need memory beside that

/** Starts both; `TEST_POSTGRES_URL` (a superuser's) set from outside is used instead of an own Postgres. */
export default async function setUp() {
  const folder = mkdtempSync(join(placeOfRuns(), 'tokenwarden-test-'));
  chmodSync(folder, 0o755); // Postgres runs as somebody else when the tests run as root
  const guard = spawn(process.execPath, [fileURLToPath(new URL('guard.mjs', import.meta.url)), folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  running = { guard, ended: new Promise((resolve) => guard.once('exit', resolve)) };
  guard.unref();
  guard.stdin.unref();

  process.env.TEST_RUN_FOLDER = folder;
  process.env.TEST_POSTGRES_URL ||= await ownPostgres(folder);
}

async function ownPostgres(folder) {
  const postgres = await startPostgres(folder);
  running.postgres = postgres;
  return postgres.url;
}

/**
 * In memory where there is plenty, for hundreds of databases are made and dropped; else, or when TMPDIR is set, in the
 * usual temporary folder.
 */
function placeOfRuns() {
  if (process.env.TMPDIR) return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(MEMORY_DISK);
    const available = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? '0';
    const isPlenty = Math.min(bavail * bsize, Number(available) * 1024) >= ENOUGH_BYTES;
    return isPlenty ? MEMORY_DISK : tmpdir();
  } catch {
    return tmpdir(); // no such disk here
  }
}
