import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDER_INSIDE } from './walls.js';

/** The names of every 389 Directory Server that tests start. */
export const DIRSRV = {
  suffix: 'dc=tw,dc=test',
  adminDn: 'cn=Directory Manager',
  adminPassword: 'admin-demo',
  readerDn: 'uid=tokenwarden,ou=services,dc=tw,dc=test',
  readerPassword: 'tokenwarden-demo',
  userBase: 'ou=people,dc=tw,dc=test',
  groupBase: 'ou=groups,dc=tw,dc=test',
} as const;

/** Where it listens within its walls, where an ordinary user may listen as well. */
export const DIRSRV_PORTS = { ldap: 1389, ldaps: 1636 } as const;

/** Its configuration, within its walls. */
export const DIRSRV_CONFIG = `${FOLDER_INSIDE}/slapd-test`;

const FOLDERS = ['schema', 'certs', 'db', 'ldif', 'bak', 'run', 'lock', 'tmp', 'log', 'inst'];

/**
 * Fills an empty folder with what a 389 Directory Server without an entry is made of.
 * @param tree Where Debian's package is unpacked
 * @param folder Its folder
 * @param account As whom it runs
 */
export function makeDirsrv(tree: string, folder: string, account: string): void {
  const config = join(folder, 'slapd-test');
  for (const name of FOLDERS) mkdirSync(join(folder, name));
  mkdirSync(join(config, 'schema'), { recursive: true });
  for (const name of ['slapd-collations.conf', 'certmap.conf'])
    copyFileSync(join(tree, 'etc/dirsrv/config', name), join(config, name));
  copyFileSync(join(tree, 'etc/dirsrv/schema/99user.ldif'), join(config, 'schema/99user.ldif'));
  writeFileSync(join(config, 'dse.ldif'), configuration(tree, account), { mode: 0o600 });
}

function configuration(tree: string, account: string): string {
  const template = ['template-dse.ldif', 'template-suffix-db.ldif']
    .map((name) => readFileSync(join(tree, 'usr/share/dirsrv/data', name), 'utf8'))
    .join('\n')
    // An entry of nothing, or of nothing but a comment, ends its start without a word.
    .replace(/^#.*\n/gm, '')
    .replace(/\n{3,}/g, '\n\n');
  const marks = new Map<string, string>([
    ...FOLDERS.map((name) => [`${name}_dir`, `${FOLDER_INSIDE}/${name}`] as const),
    ...Object.entries({
      schema_dir: `${DIRSRV_CONFIG}/schema`,
      config_dir: DIRSRV_CONFIG,
      cert_dir: `${FOLDER_INSIDE}/certs`,
      db_home_dir: `${FOLDER_INSIDE}/db`,
      db_lib: 'bdb',
      fqdn: 'localhost',
      ds_port: String(DIRSRV_PORTS.ldap),
      ds_user: account,
      rootdn: DIRSRV.adminDn,
      ds_passwd: hashed(DIRSRV.adminPassword),
      ds_suffix: DIRSRV.suffix,
      ds_bename: 'userRoot',
      ldapi_enabled: 'off',
      ldapi_autobind: 'off',
      ldapi: `${FOLDER_INSIDE}/run/ldapi`,
    }),
  ]);
  const filled = template.replace(/%([a-z_]+)%/g, (mark, name: string) => marks.get(name) ?? mark);
  return withLines(filled.trimEnd() + '\n' + DATABASE, [
    ['nsslapd-port: .*', `$&\n${NETWORK.join('\n')}`],
    ['nsslapd-pluginpath: lib(memberof|referint)-plugin(.|\n(?!\n))*?nsslapd-pluginenabled: off', ENABLED],
    ['memberOfAttr: memberOf', '$&\nmemberOfAutoAddOC: nsMemberOf'],
  ]);
}

const NETWORK = [
  'nsslapd-listenhost: 127.0.0.1',
  'nsslapd-securelistenhost: 127.0.0.1',
  `nsslapd-securePort: ${DIRSRV_PORTS.ldaps}`,
  'nsslapd-security: on',
];
const ENABLED = (found: string) => found.replace(/off$/, 'on');

type Replacement = string | ((found: string) => string);

function withLines(text: string, changes: readonly (readonly [string, Replacement])[]): string {
  return changes.reduce((before, [pattern, replacement]) => {
    const expression = new RegExp(`^${pattern}$`, 'gm');
    const after =
      typeof replacement === 'string'
        ? before.replace(expression, replacement)
        : before.replace(expression, replacement);
    if (after === before) throw new Error(`389 DS's template has no line ${pattern}: is it another version?`);
    return after;
  }, text);
}

/** Little memory, a small folder, and nothing that survives a power cut. */
const DATABASE = `
dn: cn=bdb,cn=config,cn=ldbm database,cn=plugins,cn=config
objectClass: extensibleObject
objectClass: top
cn: bdb
nsslapd-dbcachesize: 10485760
nsslapd-cache-autosize: 0
nsslapd-db-durable-transaction: off
nsslapd-db-logdirectory: ${FOLDER_INSIDE}/db
nsslapd-db-home-directory: ${FOLDER_INSIDE}/db
`;

/** As the server keeps it; in clear it would refuse to start. */
function hashed(password: string): string {
  const salt = randomBytes(8);
  const digest = createHash('sha512').update(password).update(salt).digest();
  return `{SSHA512}${Buffer.concat([digest, salt]).toString('base64')}`;
}
