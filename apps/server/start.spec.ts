import { spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';

jest.setTimeout(120_000); // each builds

const HERE = dirname(fileURLToPath(import.meta.url));
const REPOSITORY = join(HERE, '..', '..');
const BUILDING = 'Building Tokenwarden …';

/** A repository with a product of three lines, and the real launcher, compiler and configuration. */
describe('npm start', () => {
  let repository: string;
  const started: ChildProcess[] = [];
  const main = () => join(repository, 'apps/server/src/main.ts');

  beforeAll(() => {
    repository = mkdtempSync(join(tmpdir(), 'tokenwarden-start-'));
    mkdirSync(join(repository, 'apps/server/src'), { recursive: true });
    mkdirSync(join(repository, 'libs/a-room/src'), { recursive: true });
    const files = ['start.mjs', 'build.mjs', 'tsconfig.app.json'].map((name) => `apps/server/${name}`);
    for (const name of [...files, 'tsconfig.json', 'nest-cli.json', 'package.json']) {
      cpSync(join(REPOSITORY, name), join(repository, name));
    }
    symlinkSync(join(REPOSITORY, 'node_modules'), join(repository, 'node_modules'));
    writeFileSync(join(repository, 'libs/a-room/src/index.ts'), "export const word: string = 'ready';\n");
    writeProduct("process.once('SIGTERM', () => process.exit(7));\nconsole.log(word, process.pid);");
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rmSync(repository, { recursive: true, force: true }));

  const writeProduct = (body: string) =>
    writeFileSync(
      main(),
      `import { word } from '@tokenwarden/a-room';\n${body}\nsetInterval(() => undefined, 60_000);\n`,
    );

  const start = () => {
    const child = spawn(process.execPath, ['apps/server/start.mjs'], { cwd: repository });
    started.push(child);
    return child;
  };

  it('builds once, and is the process that the signals reach', async () => {
    const first = start();
    expect(await linesUntilReady(first)).toEqual([BUILDING, `ready ${first.pid}`]);
    expect(await end(first, 'SIGTERM')).toBe(7);
    const second = start();
    expect(await linesUntilReady(second)).toEqual([`ready ${second.pid}`]);
  });

  it('builds again when a source is newer than the build', async () => {
    const soon = new Date(Date.now() + 1_000);
    utimesSync(main(), soon, soon);
    expect(await linesUntilReady(start())).toContain(BUILDING);
    utimesSync(main(), new Date(0), new Date(0));
  });

  it('builds anew what an interrupted build left', async () => {
    rmSync(join(repository, 'dist'), { recursive: true, force: true });
    const interrupted = start();
    await once(interrupted, 'data');
    await end(interrupted, 'SIGKILL');
    expect(existsSync(join(repository, 'dist/.built'))).toBe(false);
    expect(await linesUntilReady(start())).toContain(BUILDING);
  });

  it('builds once for two who start at the same time', async () => {
    rmSync(join(repository, 'dist'), { recursive: true, force: true });
    const both = (await Promise.all([start(), start()].map(linesUntilReady))).flat();
    expect(both.filter((line) => line === BUILDING)).toHaveLength(1);
    expect(both.filter((line) => line.startsWith('ready '))).toHaveLength(2);
  });

  it('ends with 1 and what the compiler says when the build fails', async () => {
    writeProduct('export const wrong: number = word;');
    const child = start();
    let said = '';
    child.stderr?.on('data', (text) => (said += String(text)));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(said).toContain('The build failed.');
    expect(said).toContain("Type 'string' is not assignable to type 'number'");
  });
});

/** What it says on both streams until the product is there; the compiler's progress is not for standard output. */
function linesUntilReady(child: ChildProcess): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece) => {
        text += String(piece);
        if (/^ready \d+\n/m.test(text)) resolve(text.trim().split('\n'));
      });
    }
    child.once('close', (code) => reject(new Error(`It ended with ${code} and said: ${text}`)));
  });
}

function once(child: ChildProcess, event: 'data'): Promise<void> {
  return new Promise((resolve) => child.stderr?.once(event, () => resolve()));
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}
