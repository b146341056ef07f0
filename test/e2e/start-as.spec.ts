import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { freePort, newFolder, signIn, startProduct } from '../harness/index.js';
import { postmasterOf, runs } from './embedded-postgres.js';
import { until } from './waiting.js';

jest.setTimeout(180_000);

const ROOT = join(import.meta.dirname, '../..');
const NOBODY = 65_534;
const IS_ROOT = process.getuid?.() === 0;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('an ordinary user', () => {
  it('starts, uses and stops the product', async () => {
    const home = newFolder('ordinary');
    const repository = whereOrdinaryUsersReachIt(home);
    const dataDirectory = join(home, 'state');
    mkdirSync(dataDirectory);
    openTo(home);
    if (IS_ROOT) chownSync(dataDirectory, NOBODY, NOBODY);

    for (const round of ['first', 'second']) {
      const port = String(await freePort());
      const child = spawnOrdinary(repository, { PORT: port, DATA_DIR: dataDirectory });
      let printed = `${round} start: `;
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
      const url = `http://127.0.0.1:${port}`;
      await until(() => child.exitCode !== null || isReady(url), { seconds: 60 });
      expect(printed).toContain('is ready on');
      await signIn(url, 'ada');
      const postmaster = postmasterOf(dataDirectory) ?? 0;
      expect(statSync(`/proc/${postmaster}`).uid).toBe(IS_ROOT ? NOBODY : process.getuid?.());
      child.kill('SIGTERM');
      await until(() => child.exitCode === 0, { seconds: 20 });
      expect(runs(postmaster)).toBe(false);
    }
  });
});

describe('the state of whoever starts it', () => {
  it('may lie under a folder that only they may enter', async () => {
    const home = newFolder('private');
    chmodSync(home, 0o700);
    const product = await startProduct({ dataDirectory: join(home, 'state') });
    await signIn(product.url, 'ada');
    expect(await product.stop()).toBe(0);
  });

  it('goes on being used when that folder is opened to others, and closed again', async () => {
    const home = newFolder('opened');
    openTo(home);
    const dataDirectory = join(home, 'state');
    for (const mode of [0o755, 0o700, 0o755]) {
      chmodSync(home, mode);
      const product = await startProduct({ dataDirectory });
      await signIn(product.url, 'ada');
      expect(await product.stop()).toBe(0);
    }
  });

  it('is readable to nobody else where it holds a secret', async () => {
    const home = newFolder('modes');
    const product = await startProduct({ dataDirectory: home });
    const secret = [
      'master.key',
      'demo-directory.json',
      'postgres/password',
      'postgres/log',
      'postgres/data',
    ];
    const modes = secret.map((name) => statSync(join(home, name)).mode & 0o077);
    expect(modes).toEqual(secret.map(() => 0));
    await product.stop();
  });
});

/** The repository itself, or where only root may enter it a copy of what runs. */
function whereOrdinaryUsersReachIt(home: string): string {
  if (!IS_ROOT || isOpen(ROOT)) return ROOT;
  const copy = join(home, 'repository');
  for (const part of ['package.json', 'apps/server', 'dist', 'node_modules'])
    cpSync(join(ROOT, part), join(copy, part), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
  // The copied folders are of this moment: without this the build looks older than they.
  const now = new Date();
  utimesSync(join(copy, 'dist/.built'), now, now);
  return copy;
}

function isOpen(folder: string): boolean {
  return (statSync(folder).mode & 0o005) === 0o005 && (dirname(folder) === folder || isOpen(dirname(folder)));
}

/** Lets others pass through the folders of this test run down to this one. */
function openTo(folder: string): void {
  for (const one of [dirname(folder), folder]) chmodSync(one, 0o755);
}

function spawnOrdinary(repository: string, settings: Record<string, string>): ChildProcess {
  const words = [
    '--reuid',
    String(NOBODY),
    '--regid',
    String(NOBODY),
    '--clear-groups',
    '--',
    process.execPath,
  ];
  const [program, ...before] = IS_ROOT ? ['setpriv', ...words] : [process.execPath];
  const { PATH = '' } = process.env;
  const child = spawn(program ?? '', [...before, 'apps/server/start.mjs'], {
    cwd: repository,
    env: { PATH, HOME: '/nonexistent', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  return child;
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
  return answer.status === 200;
}
