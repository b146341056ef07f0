import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import { newFolder } from '../product.js';
import { openssl, testCertificates } from './certificates.js';
import { debianPackages, libraryPath } from './debian-packages.js';
import { DIRSRV, DIRSRV_CONFIG, DIRSRV_PORTS, makeDirsrv } from './dirsrv-config.js';
import { keptFolder } from './kept-folder.js';
import type { RunningDirectory } from './running-directory.js';
import { WalledServer } from './walled-server.js';
import { accountWithin, FOLDER_INSIDE } from './walls.js';

/** How many people are in it from the start: `user0000`, `user0001`, …, all of them in the group `everybody`. */
export const DIRSRV_USERS = 3_000;

const run = promisify(execFile);
const PACKAGES = ['389-ds-base', 'libnss3-tools'];
const COMMAND_SECONDS = 30;
const AT_ONCE = 16;

/**
 * Starts a 389 Directory Server, as root or not: memberOf and referential integrity are on. It is filled once on this
 * machine, with `DIRSRV_USERS` people; each start has a copy of it.
 * @returns The running server, StartTLS and LDAPS included
 * @throws Error with what is missing, or with what it printed when it does not come up
 */
export async function startDirsrv(): Promise<RunningDirectory> {
  const tree = await debianPackages(PACKAGES);
  const folder = newFolder('dirsrv');
  const filled = await keptDirectory(tree);
  cpSync(filled, folder, { recursive: true });
  await certify(tree, folder);
  const server = serverIn(tree, folder);
  await server.start();
  return {
    ...DIRSRV,
    url: server.url('ldap'),
    ldapsUrl: server.url('ldaps'),
    caFile: (await testCertificates()).caFile,
    get pid() {
      return server.pid;
    },
    admin: () => server.boundAs(DIRSRV.adminDn, DIRSRV.adminPassword),
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}

function serverIn(tree: string, folder: string): WalledServer {
  const pidFile = `${FOLDER_INSIDE}/run/pid`;
  // Its own libraries are where no loader looks by itself.
  const libraries = libraryPath(tree)
    .split(':')
    .map((folder) => join('/usr/lib', basename(folder), 'dirsrv'));
  const words = ['ns-slapd', '-D', DIRSRV_CONFIG, '-i', pidFile, '-d', '0'];
  const command = ['env', `LD_LIBRARY_PATH=${libraries.join(':')}`, ...words];
  const options = { log: 'log/errors', portsInside: DIRSRV_PORTS, asOrdinaryUser: true };
  return new WalledServer({ tree, folder, command, ...options });
}

async function certify(tree: string, folder: string): Promise<void> {
  const { right, caFile } = await testCertificates();
  const database = `sql:${join(folder, 'certs')}`;
  const bundle = join(folder, 'certs/server.p12');
  const files = ['-inkey', right.keyFile, '-in', right.certFile, '-out', bundle];
  await openssl('pkcs12', '-export', ...files, '-name', 'Server-Cert', '-passout', 'pass:x');
  const env = { ...process.env, LD_LIBRARY_PATH: libraryPath(tree) };
  const nss = (name: string, ...words: readonly string[]) =>
    run(join(tree, 'usr/bin', name), words, { env, timeout: COMMAND_SECONDS * 1_000 });
  await nss('certutil', '-N', '-d', database, '--empty-password');
  await nss('pk12util', '-i', bundle, '-d', database, '-W', 'x', '-K', '');
  await nss('certutil', '-A', '-d', database, '-n', 'ca', '-t', 'CT,,', '-i', caFile);
}

async function keptDirectory(tree: string): Promise<string> {
  const account = await accountWithin({ tree, folder: newFolder('probe') });
  const recipe = createHash('sha256').update(readFileSync(import.meta.filename));
  recipe.update(readFileSync(join(import.meta.dirname, 'dirsrv-config.ts')));
  // Whoever made it owns it, and others may not read it.
  const key = `dirsrv-${account}-${basename(tree)}-${recipe.digest('hex').slice(0, 16)}`;
  return await keptFolder(key, async (unfinished) => {
    const folder = newFolder('dirsrv');
    makeDirsrv(tree, folder, account);
    await certify(tree, folder);
    const server = serverIn(tree, folder);
    await server.start();
    const admin = await server.boundAs(DIRSRV.adminDn, DIRSRV.adminPassword);
    try {
      await fill(admin);
    } finally {
      await admin.unbind();
    }
    await server.end(); // so that all of it is on the disk
    cpSync(folder, unfinished, { recursive: true, filter: (path) => !isOfOneStart(folder, path) });
    await server.stop();
  });
}

/** Certificates, logs and what the next start makes anew. */
function isOfOneStart(folder: string, path: string): boolean {
  return ['certs/', 'log/', 'run/', 'db/__db.'].some((name) => path.startsWith(join(folder, name)));
}

async function fill(admin: Client): Promise<void> {
  const { suffix, readerDn, readerPassword, userBase, groupBase } = DIRSRV;
  await admin.add(suffix, {
    objectClass: ['top', 'domain'],
    dc: 'tw',
    aci: `(targetattr != "userPassword")(version 3.0; acl "reader"; allow (read, search, compare) userdn = "ldap:///${readerDn}";)`,
  });
  for (const name of ['people', 'groups', 'services'])
    await admin.add(`ou=${name},${suffix}`, { objectClass: 'organizationalUnit', ou: name });
  await admin.add(readerDn, {
    objectClass: ['account', 'simpleSecurityObject'],
    uid: 'tokenwarden',
    userPassword: readerPassword,
  });
  const names = Array.from({ length: DIRSRV_USERS }, (_, n) => `user${String(n).padStart(4, '0')}`);
  const members = names.map((name) => `uid=${name},${userBase}`);
  const left = names.values();
  const addMore = async () => {
    for (const uid of left) {
      const person = {
        objectClass: 'inetOrgPerson',
        uid,
        cn: `User ${uid}`,
        sn: 'User',
        mail: `${uid}@tw.test`,
      };
      await admin.add(`uid=${uid},${userBase}`, person);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, addMore));
  await admin.add(`cn=everybody,${groupBase}`, {
    objectClass: 'groupOfNames',
    cn: 'everybody',
    member: members,
  });
}
