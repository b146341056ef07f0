import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerCertificate } from './certificates.js';

/**
 * What the reader may do. `read`: everything but passwords. `search`: whatever it asks succeeds with no entry, as where
 * an administrator took its right to read away. `none`: nothing is there for it (result code 32).
 */
export type ReaderRight = 'read' | 'search' | 'none';

/** The names of every slapd that tests start; the same as in deploy/openldap. */
export const SLAPD = {
  suffix: 'dc=demo,dc=example',
  adminDn: 'cn=admin,dc=demo,dc=example',
  adminPassword: 'admin-demo',
  readerDn: 'cn=tokenwarden,dc=demo,dc=example',
  readerPassword: 'tokenwarden-demo',
  userBase: 'ou=people,dc=demo,dc=example',
  groupBase: 'ou=groups,dc=demo,dc=example',
} as const;

/** Who may change the running server's own configuration; loopback only, and for as long as a test lasts. */
export const CONFIG_ADMIN = { dn: 'cn=config', password: 'config-admin' } as const;

const DEMO_LDIF = join(import.meta.dirname, '../../../deploy/openldap/demo.ldif');
const SCHEMAS = ['core', 'cosine', 'nis', 'inetorgperson'];
const LARGEST_BYTES = 2 ** 30; // a hole in a file until it is used
// Without a policy slapd looks at no lock; this one never locks anybody by itself.
const POLICY_DN = `cn=policy,${SLAPD.suffix}`;
const POLICY = `dn: ${POLICY_DN}
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
`;

/**
 * Entries to begin with.
 * @param people Whether the demo's people and groups are among them
 * @returns LDIF
 */
export function firstEntries(people: 'none' | 'demo'): string {
  const entries = readFileSync(DEMO_LDIF, 'utf8').split(/\n\n+/);
  const isSomebody = (entry: string) => /^dn: [^,]+,ou=/m.test(entry);
  const wanted = people === 'demo' ? entries : entries.filter((entry) => !isSomebody(entry));
  return [...wanted.map((entry) => entry.trim()), POLICY].join('\n\n');
}

/**
 * Who may see what, without the word `access` before each.
 * @param right The reader's
 * @param hidden Attributes that the reader does not see all the same
 * @returns For slapd.conf, and for olcAccess
 */
export function accessRules(right: ReaderRight, hidden: readonly string[]): string[] {
  const reader = right === 'none' ? '' : `by dn.exact="${SLAPD.readerDn}" ${right} `;
  return [
    'to attrs=userPassword by anonymous auth by * none',
    ...(hidden.length > 0 ? [`to attrs=${hidden.join(',')} by * none`] : []),
    `to * ${reader}by anonymous auth by * none`,
  ];
}

/** What a slapd.conf is made of. */
export interface SlapdConf {
  /** Where Debian's package is unpacked. */
  readonly tree: string;
  /** The server's own folder. */
  readonly folder: string;
  readonly certificate: ServerCertificate | undefined;
  readonly readerRight: ReaderRight;
  readonly hidden: readonly string[];
  readonly sizeLimit: number | undefined;
  readonly config: readonly string[];
  readonly globalConfig: readonly string[];
}

/**
 * Writes out a slapd.conf.
 * @param facts What it is to say
 * @returns Its text
 */
export function slapdConf(facts: SlapdConf): string {
  const { tree, folder, certificate } = facts;
  return [
    ...SCHEMAS.map((name) => `include ${join(tree, 'etc/ldap/schema', name)}.schema`),
    `modulepath ${join(tree, 'usr/lib/ldap')}`,
    ...['back_mdb', 'memberof', 'refint', 'ppolicy'].map((name) => `moduleload ${name}`),
    `pidfile ${join(folder, 'slapd.pid')}`,
    ...(certificate
      ? [
          `TLSCACertificateFile ${certificate.caFile}`,
          `TLSCertificateFile ${certificate.certFile}`,
          `TLSCertificateKeyFile ${certificate.keyFile}`,
        ]
      : []),
    ...facts.globalConfig,
    'database config',
    `rootpw ${CONFIG_ADMIN.password}`,
    'database mdb',
    `suffix "${SLAPD.suffix}"`,
    `rootdn "${SLAPD.adminDn}"`,
    `rootpw ${SLAPD.adminPassword}`,
    `directory ${join(folder, 'data')}`,
    `maxsize ${LARGEST_BYTES}`,
    'dbnosync', // nothing here survives a power cut
    'index objectClass,entryUUID,uid,cn,member,uniqueMember,memberUid eq',
    `sizelimit ${facts.sizeLimit ?? 'unlimited'}`,
    ...accessRules(facts.readerRight, facts.hidden).map((rule) => `access ${rule}`),
    ...facts.config,
    'overlay memberof',
    'overlay refint',
    'refint_attributes member uniqueMember',
    `refint_nothing "${SLAPD.adminDn}"`, // who stays in a group whose last member was deleted
    'overlay ppolicy',
    `ppolicy_default "${POLICY_DN}"`,
    '',
  ].join('\n');
}
