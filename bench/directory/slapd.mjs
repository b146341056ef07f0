/** An OpenLDAP under a temporary folder, on loopback, for as long as the benchmark lasts. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { REPOSITORY } from '../../apps/server/build.mjs';
import { OTHER_CORE, pin } from '../measuring/machine.mjs';

/** What everything stands below. */
export const SUFFIX = 'dc=example';
/** Where the people are. */
export const PEOPLE = `ou=people,${SUFFIX}`;
/** Where the groups are. */
export const GROUPS = `ou=groups,${SUFFIX}`;
/** Who may read and change all of it. */
export const ADMIN = { dn: `cn=admin,${SUFFIX}`, password: 'bench-admin' };

const LISTENS_WITHIN_SECONDS = 30;
const LARGEST_BYTES = 2 ** 32; // a hole in a file until it is used

/**
 * Fills it and starts it.
 * @param {object} bench Takes it away at the end
 * @param {{folder: string, port: number, ldif: (path: string) => Promise<number>}} how Where, and who writes its entries
 * @returns {Promise<number>} What `ldif` gave
 * @throws Error where there is no slapd, with where to get one
 */
export async function startSlapd(bench, { folder, port, ldif }) {
  const tree = treeWithSlapd();
  const home = join(folder, 'slapd');
  mkdirSync(join(home, 'data'), { recursive: true });
  const conf = join(home, 'slapd.conf');
  writeFileSync(conf, configuration(tree, home));
  const entries = join(home, 'entries.ldif');
  const result = await ldif(entries);
  const env = { ...process.env, LD_LIBRARY_PATH: libraries(tree) };
  await promisify(execFile)(join(tree, 'usr/sbin/slapadd'), ['-q', '-f', conf, '-l', entries], { env });
  // slapd makes room for as many connections as it may have files, and some machines allow a billion.
  const words = ['-c', 'ulimit -n 4096; exec "$@"', 'slapd', join(tree, 'usr/sbin/slapd'), '-f', conf];
  const child = spawn('/bin/sh', [...words, '-h', `ldap://127.0.0.1:${port}`, '-d', '0'], {
    env,
    stdio: 'ignore',
  });
  bench.undo(async () => void child.kill('SIGKILL'));
  await listens(port, child);
  pin(child.pid, OTHER_CORE);
  return result;
}

/** Debian's package, installed, or as the tests have unpacked it. */
function treeWithSlapd() {
  const kept = [join(REPOSITORY, '.cache/debian'), join(tmpdir(), `tokenwarden-debian-${process.getuid()}`)];
  const trees = kept
    .filter((cache) => existsSync(cache))
    .flatMap((cache) => readdirSync(cache).map((name) => join(cache, name)));
  const found = ['/', ...trees].find((tree) => existsSync(join(tree, 'usr/sbin/slapd')));
  if (found) return found;
  throw new Error(
    'There is no slapd: install it, or run the tests of test/harness/directories, which unpack it.',
  );
}

function libraries(tree) {
  const folder = join(tree, 'usr/lib');
  const names = readdirSync(folder).filter((name) => name.includes('-linux-gnu'));
  return names.map((name) => join(folder, name)).join(':');
}

function configuration(tree, home) {
  return [
    ...['core', 'cosine', 'inetorgperson'].map(
      (name) => `include ${join(tree, 'etc/ldap/schema', name)}.schema`,
    ),
    `modulepath ${join(tree, 'usr/lib/ldap')}`,
    'moduleload back_mdb',
    'sizelimit unlimited',
    'database mdb',
    `suffix "${SUFFIX}"`,
    `rootdn "${ADMIN.dn}"`,
    `rootpw ${ADMIN.password}`,
    `directory ${join(home, 'data')}`,
    `maxsize ${LARGEST_BYTES}`,
    'dbnosync', // nothing here survives a power cut
    'index objectClass,uid eq',
    '',
  ].join('\n');
}

async function listens(port, child) {
  const deadline = Date.now() + LISTENS_WITHIN_SECONDS * 1_000;
  const once = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => socket.destroy()).once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
  while (!(await once())) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('slapd does not listen.');
    await pause(50);
  }
}
