/** The built product on an embedded Postgres of its own, as `npm start` starts it, in a folder that goes away again. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { buildWhenStale, REPOSITORY } from '../../apps/server/build.mjs';
import { childrenOf, OTHER_CORE, pin, SERVER_CORE } from '../measuring/machine.mjs';
import { ADMINISTRATOR, ADMINISTRATORS, signIn, writeDirectory } from './company.mjs';

const READY_WITHIN_SECONDS = 120;
const STOPPED_WITHIN_SECONDS = 30;

/**
 * Starts it and waits until it is ready; its core is its own where the machine has two.
 * @param {{undo: (step: () => Promise<void>) => void}} bench Takes away at the end what is made here
 * @param {(bench: object, folder: string) => Promise<Record<string, string>>} directory Makes a directory in that folder,
 * and gives the settings that lead to it
 * @returns {Promise<Product>} Running
 * @throws Error with all that it printed, where it does not become ready
 */
export async function startProduct(bench, directory = directoryOfFile) {
  await buildWhenStale();
  const folder = await mkdtemp(join(tmpdir(), 'tokenwarden-bench-'));
  bench.undo(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const dataDirectory = join(folder, 'data');
  const directorySettings = await directory(bench, folder);
  const port = await freePort();
  const settings = {
    PORT: String(port),
    DATA_DIR: dataDirectory,
    ADMIN_GROUPS: ADMINISTRATORS,
    ...directorySettings,
  };
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['apps/server/start.mjs'], {
    cwd: REPOSITORY,
    detached: true, // Ctrl-C at the terminal is the bench's to hear
    env: { PATH, HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const product = new Product(child, { port, dataDirectory, settings });
  bench.undo(() => product.stop());
  await product.untilReady();
  await product.keepApart();
  bench.undo(() => product.database.end());
  return product;
}

async function directoryOfFile(_bench, folder) {
  const path = join(folder, 'directory.json');
  await writeDirectory(path);
  return { DIRECTORY_FILE: path };
}

/** The product under measurement, and the database beside it. */
export class Product {
  #child;
  #printed = '';
  #ended;

  /**
   * @param {import('node:child_process').ChildProcess} child Its process
   * @param {{port: number, dataDirectory: string, settings: Record<string, string>}} how How it was started
   */
  constructor(child, { port, dataDirectory, settings }) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.dataDirectory = dataDirectory;
    this.settings = settings;
    this.pid = child.pid;
    const keep = (text) => (this.#printed = (this.#printed + text).slice(-100_000));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
    this.#ended = new Promise((resolve) => child.once('close', resolve));
  }

  /** Waits for /health/ready, and opens `database`, a pool of the bench's own. */
  async untilReady() {
    const deadline = Date.now() + READY_WITHIN_SECONDS * 1_000;
    while (!(await isReady(this.url))) {
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`The product did not become ready. It printed:\n${this.#printed}`);
      await pause(100);
    }
    const data = join(this.dataDirectory, 'postgres');
    const password = (await readFile(join(data, 'password'), 'utf8')).trim();
    const [postmaster, , , databasePort] = (await readFile(join(data, 'data/postmaster.pid'), 'utf8')).split(
      '\n',
    );
    this.postmaster = Number(postmaster);
    this.postgresLog = join(data, 'log');
    this.databaseUrl = `postgres://tokenwarden:${password}@127.0.0.1:${databasePort}/tokenwarden`;
    this.database = new pg.Pool({ connectionString: this.databaseUrl, max: 4 });
    this.database.on('error', () => undefined); // a lost connection fails the query that needs it
    this.postgresVersion = (await this.database.query('SHOW server_version')).rows[0].server_version;
  }

  /** The server on one core, Postgres and this process on the other. */
  async keepApart() {
    pin(this.pid, SERVER_CORE);
    pin(process.pid, OTHER_CORE);
    for (const pid of [this.postmaster, ...childrenOf(this.postmaster)]) pin(pid, OTHER_CORE);
  }

  /** A session of the administrator. */
  signInAdministrator() {
    return signIn(this.url, ADMINISTRATOR);
  }

  /**
   * The master key and the way to the database, for a process of the bench that uses the product's rooms.
   * @returns {Promise<Record<string, string>>} Settings as environment
   */
  async settingsOfRooms() {
    const masterKey = (await readFile(join(this.dataDirectory, 'master.key'), 'utf8')).trim();
    return { ...this.settings, PUBLIC_URL: this.url, DATABASE_URL: this.databaseUrl, MASTER_KEY: masterKey };
  }

  /** Asks it to end, by its own process id; what does not end is killed with its process group. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const late = pause(STOPPED_WITHIN_SECONDS * 1_000, 'late', { ref: false });
    if ((await Promise.race([this.#ended, late])) === 'late') process.kill(-this.pid, 'SIGKILL');
  }
}

async function isReady(url) {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false; // nobody listens yet
  }
}

/**
 * A port of loopback that nobody listened on a moment ago.
 * @returns {Promise<number>} Its number
 */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
