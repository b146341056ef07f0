/**
 * Outlives the test run by a moment and ends what it left behind, however the run itself ended (Ctrl-C, `kill -9`).
 *
 * Its standard input is a pipe that jest holds: when that closes, every process that belongs to the run's folder
 * (it works in it, or was started with it as DATA_DIR) is killed and the folder removed. Nothing else is touched:
 * the folder is a fresh one of this run alone.
 */
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const folder = process.argv[2];
if (!folder?.includes('tokenwarden-test-')) throw new Error('The guard takes the folder of a test run.');
const ROUNDS = 100;
const POLITE_ROUNDS = 60; // of 50 ms

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.stdin.resume();
process.stdin.once('close', () => void endAll());

async function endAll() {
  // Several rounds, because a supervisor that is killed last may have started its database again.
  for (let round = 0; round < ROUNDS; round++) {
    const left = processesOf(folder);
    if (left.length === 0) break;
    for (const pid of left) end(pid, round < POLITE_ROUNDS);
    await wait(50);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

function processesOf(place) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => worksIn(pid, place))
    .map(Number);
}

function worksIn(pid, place) {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`).startsWith(`${place}/`)) return true;
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.some((entry) => entry.startsWith(`DATA_DIR=${place}/`));
  } catch {
    return false; // gone meanwhile, or somebody else's
  }
}

/** Postgres is asked first: killed, it would leave its shared memory on the machine. */
function end(pid, isPolite) {
  try {
    const isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
    process.kill(pid, isPolite && isPostgres ? 'SIGQUIT' : 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}
