/**
 * The build of the product, for `npm start` (when it is needed) and `npm run build` (always).
 *
 * Plain JavaScript: it is what runs before there is a build.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository's folder. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
/** The built product's entry. */
export const MAIN = join(REPOSITORY, 'dist/apps/server/src/main.js');

/** Made when a build has succeeded, with the time at which it began: what an interrupted build left has none. */
const STAMP = join(REPOSITORY, 'dist/.built');
const SOURCES = ['apps/server/src', 'libs', 'ormconfig.ts', 'apps/server/tsconfig.app.json'];
const CONFIGURATION = ['tsconfig.json', 'nest-cli.json', 'package-lock.json'];

/**
 * Builds when the build is missing or older than a source. Of simultaneous starts one builds, the others wait for it.
 * @returns {Promise<void>}
 */
export async function buildWhenStale() {
  if (!isStale()) return;
  await alone(async () => {
    if (isStale()) await build();
  });
}

/** Builds, whatever is there. Of simultaneous builds each waits for the one before. */
export function buildAnyway() {
  return alone(build);
}

/** A folder counts too: its time changes when a file in it is added, removed or renamed. */
function isStale() {
  if (!existsSync(STAMP) || !existsSync(MAIN)) return true;
  const builtAt = statSync(STAMP).mtimeMs;
  return [...SOURCES, ...CONFIGURATION].some((path) => newest(join(REPOSITORY, path)) > builtAt);
}

function newest(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (!found.isDirectory()) return path.endsWith('.spec.ts') || path.endsWith('.md') ? 0 : found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

async function build() {
  const compiler = join(REPOSITORY, 'node_modules/@nestjs/cli/bin/nest.js');
  if (!existsSync(compiler)) throw new Error('The packages are not installed: run npm ci first.');
  console.error('Building Tokenwarden …');
  const beganAt = new Date();
  rmSync(STAMP, { force: true });
  const { succeeded, output } = await run(process.execPath, [compiler, 'build']);
  if (!succeeded) throw new Error(`The build failed.\n${output}`);
  writeFileSync(STAMP, '');
  utimesSync(STAMP, beganAt, beganAt);
}

/** Runs a program to its end; it never outlives this process when that is asked to end. */
async function run(program, args) {
  const child = spawn(program, args, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (signal) => {
    child.kill('SIGKILL');
    process.kill(process.pid, signal); // the handler is gone by now, so this ends the process as asked
  };
  process.once('SIGTERM', end).once('SIGINT', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  process.off('SIGTERM', end).off('SIGINT', end);
  return { succeeded: code === 0, output };
}

/**
 * One at a time on this machine for this repository. The lock is a name in the kernel (an abstract socket), which goes
 * with its process, however that ends.
 */
async function alone(work) {
  const { dev, ino } = statSync(REPOSITORY);
  const release = await hold(`\0tokenwarden-build-${dev}-${ino}`);
  try {
    await work();
  } finally {
    release();
  }
}

async function hold(name) {
  let waits = false;
  for (;;) {
    const server = await listen(name);
    if (server) return () => server.close();
    if (!waits) console.error('Waiting for another build of this repository …');
    waits = true;
    await pause(200);
  }
}

function listen(path) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen({ path }, () => resolve(server));
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildAnyway().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
