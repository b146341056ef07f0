import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
const READY_WITHIN_SECONDS = 60;
const STOPPED_WITHIN_SECONDS = 20;

/** How a test wants the product. */
export interface ProductOptions {
  /** Settings beside PORT and DATA_DIR. Nothing else of the surroundings is handed on but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** The state to start on: another product's `dataDirectory`, after that one has ended. Default: a new folder. */
  readonly dataDirectory?: string;
  /** How long `startRefused` waits for its end; a minute by default. */
  readonly endsWithinSeconds?: number;
}

/** The product as a process of its own, seen from outside only. */
export interface RunningProduct {
  /** Where it listens, without a slash at the end; also its issuer unless PUBLIC_URL says otherwise. */
  readonly url: string;
  /** Its DATA_DIR; removed with the whole test run. */
  readonly dataDirectory: string;
  /** Its process id. */
  readonly pid: number;
  /** Asks it to end, with SIGTERM, and waits; gives the exit code (null: ended by a signal). */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>;
  /** `kill -9` of its whole process group, and waits until it is gone. */
  kill(): Promise<void>;
  /** All that it has printed so far, both streams. */
  logs(): string;
}

/** How a product that was started ended by itself. */
export interface EndedProduct {
  /** What the process gave; null when a signal ended it. */
  readonly exitCode: number | null;
  /** All that it printed, both streams. */
  readonly logs: string;
}

/**
 * Starts the built product on a free port of loopback and waits until `/health/ready` says 200.
 * @param options Settings, and the state to start on
 * @returns The running product; whoever starts it stops it
 * @throws Error with all that it printed, when it ends or is not ready within a minute
 */
export async function startProduct(options: ProductOptions = {}): Promise<RunningProduct> {
  const started = await launch(options);
  const deadline = Date.now() + READY_WITHIN_SECONDS * 1000;
  while (started.isRunning() && Date.now() < deadline) {
    if (await isReady(started.url)) return started;
    await wait(50);
  }
  await started.kill();
  throw new Error(`The product did not become ready. It printed:\n${started.logs()}`);
}

/**
 * Starts the product where it is expected to refuse, and waits until it has ended.
 * @param options As for `startProduct`
 * @returns Its exit code and what it printed
 * @throws Error when it still runs after that time
 */
export async function startRefused(options: ProductOptions = {}): Promise<EndedProduct> {
  const started = await launch(options);
  const { endsWithinSeconds = READY_WITHIN_SECONDS } = options;
  const exitCode = await Promise.race([
    started.ended,
    wait(endsWithinSeconds * 1000, 'running' as const, { ref: false }),
  ]);
  if (exitCode === 'running') {
    await started.kill();
    throw new Error(`The product should have refused to start. It printed:\n${started.logs()}`);
  }
  return { exitCode, logs: started.logs() };
}

/**
 * A folder of this test run; it is removed at the end, with every process that works in it.
 * @param purpose The first part of its name
 * @returns An absolute path of an existing folder
 */
export function newFolder(purpose: string): string {
  const run = process.env['TEST_RUN_FOLDER'];
  if (!run) throw new Error('jest.config.mjs must name test/harness/global-setup.mjs.');
  return mkdtempSync(join(run, `${purpose}-`));
}

interface Launched extends RunningProduct {
  readonly ended: Promise<number | null>;
  isRunning(): boolean;
}

async function launch(options: ProductOptions): Promise<Launched> {
  const dataDirectory = options.dataDirectory ?? join(newFolder('product'), 'data');
  const port = options.env?.['PORT'] ?? String(await freePort());
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['apps/server/start.mjs'], {
    cwd: ROOT,
    detached: true, // a process group of its own, so that kill() can end all of it
    env: { PATH, HOME, ...options.env, PORT: port, DATA_DIR: dataDirectory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    url: `http://127.0.0.1:${port}`,
    dataDirectory,
    pid: child.pid ?? 0,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    logs: () => printed,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const late = wait(STOPPED_WITHIN_SECONDS * 1000, 'late' as const, { ref: false });
      const exitCode = await Promise.race([ended, late]);
      if (exitCode !== 'late') return exitCode;
      killGroup(child);
      throw new Error(`The product did not end within ${STOPPED_WITHIN_SECONDS} s. It printed:\n${printed}`);
    },
    kill: async () => {
      killGroup(child);
      await new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once('exit', () => resolve());
      });
    },
  };
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended by itself.
  }
}

async function isReady(url: string): Promise<boolean> {
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
 * @returns Its number
 */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
