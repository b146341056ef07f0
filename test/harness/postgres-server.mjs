/** One Postgres for a whole test run: made from nothing in a temporary folder, on loopback, with a password. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { postgresFolder, runningAs } from './postgres-binaries.mjs';

const READY_WITHIN_SECONDS = 60;

/** Nothing here survives a power cut, so nothing waits for the disk; plans change by ANALYZE only, not by chance. */
const SPEED = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_wal_size=1GB',
  'autovacuum=off',
];

/**
 * Starts it and waits until it takes connections.
 * @param {string} folder An existing folder for its data; every user may enter it
 * @returns {Promise<{url: string, stop: () => Promise<void>}>} The superuser's URL, and how to end it
 * @throws Error with the server's own log when it does not come up
 */
export async function startPostgres(folder) {
  const native = postgresFolder();
  const { prefix, owner } = runningAs([native, folder]);
  const data = join(folder, 'postgres');
  const log = join(folder, 'postgres.log');
  const password = randomBytes(16).toString('hex');
  mkdirSync(data, { mode: 0o700 });
  if (owner) chownSync(data, owner.uid, owner.gid);

  initialise({ native, prefix, owner, data, folder, password });
  const port = await freePort();
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
  ];
  const [command, ...words] = [...prefix, join(native, 'bin/postgres'), '-D', data];
  const output = openSync(log, 'a');
  const child = spawn(command, [...words, ...[...settings, ...SPEED].flatMap((setting) => ['-c', setting])], {
    ...owner,
    cwd: data,
    detached: true, // a Ctrl-C at the terminal is jest's to hear; the guard ends what is left
    env: { ...process.env, TZ: 'UTC' },
    stdio: ['ignore', output, output],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await untilReady(data, child, log);
  child.unref();
  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    stop: async () => {
      child.ref(); // whoever waits here must not end before it has
      child.kill('SIGINT'); // a fast shutdown: connections that are still open are cut
      await ended;
    },
  };
}

function initialise({ native, prefix, owner, data, folder, password }) {
  const passwordFile = join(folder, 'postgres-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner) chownSync(passwordFile, owner.uid, owner.gid);
  const options = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const locale = ['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  const [command, ...words] = [...prefix, join(native, 'bin/initdb'), '-D', data, ...options, ...locale];
  try {
    const done = spawnSync(command, words, { ...owner, cwd: data, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`initdb failed: ${done.error?.message ?? done.stderr}`);
  } finally {
    rmSync(passwordFile);
  }
}

/** Line 8 of postmaster.pid says `ready` once connections are taken. */
async function untilReady(data, child, log) {
  const deadline = Date.now() + READY_WITHIN_SECONDS * 1000;
  while (Date.now() < deadline && child.exitCode === null) {
    if (statusLine(data) === 'ready') return;
    await wait(20);
  }
  child.kill('SIGQUIT');
  throw new Error(`The tests' Postgres did not start:\n${readFileSync(log, 'utf8')}`);
}

function statusLine(data) {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim();
  } catch {
    return undefined; // not written yet
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
