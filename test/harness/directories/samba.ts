import { cpSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { newFolder } from '../product.js';
import { testCertificates } from './certificates.js';
import { debianPackages } from './debian-packages.js';
import { keptFolder } from './kept-folder.js';
import type { RunningDirectory } from './running-directory.js';
import { WalledServer } from './walled-server.js';
import { FOLDER_INSIDE, runWithin } from './walls.js';

/** How many people are in it from the start: `user0000`, `user0001`, …, all of them in the group `everybody`. */
export const SAMBA_USERS = 3_000;

const SUFFIX = 'DC=tw,DC=test';
const READER = 'tokenwarden';

const SAMBA = {
  suffix: SUFFIX,
  adminDn: `CN=Administrator,CN=Users,${SUFFIX}`,
  adminPassword: 'Passw0rd-Admin1',
  readerDn: `CN=${READER},OU=Services,${SUFFIX}`,
  readerPassword: 'Passw0rd-Reader1',
  userBase: `OU=People,${SUFFIX}`,
  groupBase: `OU=Groups,${SUFFIX}`,
} as const;

const PACKAGES = ['samba', 'samba-ad-provision', 'samba-dsdb-modules'];
const DOMAIN_SCRIPT = join(import.meta.dirname, 'samba-domain.py');

/** Our own, for what is made with a domain starts far more than LDAP. */
const SETTINGS: Readonly<Record<string, string>> = {
  'netbios name': 'DC1',
  realm: 'TW.TEST',
  workgroup: 'TW',
  'server role': 'active directory domain controller',
  'server services': 'ldap',
  interfaces: '127.0.0.1/8',
  'bind interfaces only': 'yes',
  'private dir': `${FOLDER_INSIDE}/private`,
  'state directory': `${FOLDER_INSIDE}/state`,
  'cache directory': `${FOLDER_INSIDE}/cache`,
  'lock directory': FOLDER_INSIDE,
  'pid directory': `${FOLDER_INSIDE}/run`,
  'ncalrpc dir': `${FOLDER_INSIDE}/run/ncalrpc`,
  'winbindd socket directory': `${FOLDER_INSIDE}/run/winbindd`,
  'ntp signd socket directory': `${FOLDER_INSIDE}/run/ntp`,
  'log file': `${FOLDER_INSIDE}/log/samba.log`,
  'tls enabled': 'yes',
  'tls keyfile': `${FOLDER_INSIDE}/tls/key.pem`,
  'tls certfile': `${FOLDER_INSIDE}/tls/cert.pem`,
  'tls cafile': `${FOLDER_INSIDE}/tls/ca.pem`,
  'ldap server require strong auth': 'yes',
  'idmap_ldb:use rfc2307': 'yes',
};
const CONFIGURATION = ['[global]', ...Object.entries(SETTINGS).map((pair) => pair.join(' = ')), ''].join(
  '\n',
);

/**
 * Starts a domain controller of Active Directory, as root or not. The domain is made once on this machine, with
 * `SAMBA_USERS` people; each start has a copy of it. It takes passwords over an encrypted connection only, as it does
 * where nobody told it otherwise.
 * @returns The running server, StartTLS and LDAPS included
 * @throws Error with what is missing, or with what it printed when it does not come up
 */
export async function startSamba(): Promise<RunningDirectory> {
  const tree = await debianPackages(PACKAGES);
  const domain = await keptDomain(tree);
  const { caFile, right } = await testCertificates();
  const folder = newFolder('samba');
  cpSync(domain, folder, { recursive: true });
  for (const part of ['run', 'log', 'cache', 'tls']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'tls/key.pem'), readFileSync(right.keyFile), { mode: 0o600 });
  copyFileSync(right.certFile, join(folder, 'tls/cert.pem'));
  copyFileSync(caFile, join(folder, 'tls/ca.pem'));
  writeFileSync(join(folder, 'ldap.conf'), CONFIGURATION);

  const command = ['samba', '-i', '-M', 'single', '-s', `${FOLDER_INSIDE}/ldap.conf`, '--debug-stdout'];
  const portsInside = { ldap: 389, ldaps: 636 };
  const log = 'log/samba.log';
  const server = new WalledServer({ tree, folder, command, log, portsInside, asOrdinaryUser: false });
  await server.start();
  return {
    ...SAMBA,
    url: server.url('ldap'),
    ldapsUrl: server.url('ldaps'),
    caFile,
    get pid() {
      return server.pid;
    },
    admin: () => server.boundAs(SAMBA.adminDn, SAMBA.adminPassword),
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}

async function keptDomain(tree: string): Promise<string> {
  const words = [String(SAMBA_USERS), READER, SAMBA.readerPassword, SAMBA.adminPassword];
  const recipe = createHash('sha256').update(readFileSync(DOMAIN_SCRIPT)).update(words.join(' '));
  // Whoever made it owns it, and others may not read it.
  const key = `domain-${process.getuid?.() ?? 0}-${basename(tree)}-${recipe.digest('hex').slice(0, 16)}`;
  return await keptFolder(key, async (folder) => {
    await runWithin({ tree, folder }, ['/usr/bin/python3', DOMAIN_SCRIPT, FOLDER_INSIDE, ...words]);
  });
}
