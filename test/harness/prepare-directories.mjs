/**
 * What the directory servers of the tests need the first time on a machine: fetched, unpacked and filled before jest
 * counts seconds. Later runs find a stamp. Where it fails the tests run all the same, and those that need it say why.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(REPOSITORY, '.cache/debian');
const DIRECTORIES = join(REPOSITORY, 'test/harness/directories');
const JEST = join(REPOSITORY, 'node_modules/jest/bin/jest.js');
/** They start one of each. */
const SPECS = ['slapd', 'walled-servers'].map((name) => `test/harness/directories/${name}.spec.ts`);
const PATIENCE_MS = 600_000;

/**
 * Prepares them unless that was done.
 * @returns {Promise<void>}
 */
export async function prepareDirectories() {
  const stamp = join(CACHE, `ready-${fingerprint()}`);
  if (existsSync(stamp)) return;
  console.error('Fetching and filling the directory servers of the tests …');
  const options = ['--silent', `--testTimeout=${PATIENCE_MS}`];
  const words = ['--experimental-vm-modules', JEST, ...options, '--runTestsByPath', ...SPECS];
  const child = spawn(process.execPath, words, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  if (exitCode !== 0) console.error(`They are not ready; tests that need them will fail.\n${printed}`);
  else if (existsSync(CACHE)) writeFileSync(stamp, '');
}

/** Of all that decides what is kept: how it is made, of which Debian, and whose it is. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.arch} ${process.getuid?.()} ${process.version}`);
  hash.update(existsSync('/etc/os-release') ? readFileSync('/etc/os-release') : '');
  for (const name of readdirSync(DIRECTORIES).sort()) hash.update(readFileSync(join(DIRECTORIES, name)));
  return hash.digest('hex').slice(0, 16);
}
