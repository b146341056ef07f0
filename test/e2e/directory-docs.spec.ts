import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { Attribute, Change, Client } from 'ldapts';
import {
  companyLdif,
  DIRSRV_USERS,
  ldapEnvironment,
  SAMBA_USERS,
  startDirsrv,
  startSamba,
  type RunningDirectory,
} from '../harness/index.js';
import { run, type Ended } from './command.js';
import { startDemoOpenLdap } from './demo-openldap.js';

jest.setTimeout(120_000); // two of the servers are filled at the first run on a machine

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/operate/directory.md'), 'utf8');
const MORE_PEOPLE = 600; // than the 500 that OpenLDAP gives by itself

/** The settings that the page shows for one kind of server. */
function settingsIn(heading: string): Record<string, string> {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const block = /^((?: {4}[A-Z_]+=.*\n)+)/m.exec(section)?.[1] ?? '';
  return Object.fromEntries(
    [...block.matchAll(/^ {4}(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** An indented block of the page, by how its first line begins. */
function blockIn(beginning: string): string {
  const lines = PAGE.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`    ${beginning}`));
  const end = lines.findIndex((line, i) => i > begin && !line.startsWith('    '));
  if (begin === -1) throw new Error(`The page has no block that begins with "${beginning}".`);
  return lines
    .slice(begin, end)
    .map((line) => line.slice(4))
    .join('\n');
}

async function check(env: Record<string, string>): Promise<Ended> {
  return await run(['node', 'apps/server/cli.mjs', 'directory:check'], { env });
}

describe('what docs/operate/directory.md says of OpenLDAP', () => {
  const rights = blockIn('access to attrs=userPassword')
    .replaceAll('cn=tokenwarden,ou=services,dc=example,dc=org', 'cn=tokenwarden,dc=demo,dc=example')
    .replaceAll('dc=example,dc=org', 'dc=demo,dc=example');
  const env = (url: string) => ({
    LDAP_URL: url,
    LDAP_BIND_DN: 'cn=tokenwarden,dc=demo,dc=example',
    LDAP_BIND_PASSWORD: 'tokenwarden-demo',
    LDAP_USER_BASE: 'ou=people,dc=demo,dc=example',
    LDAP_GROUP_BASE: 'ou=groups,dc=demo,dc=example',
    ADMIN_GROUPS: 'platform-admins',
  });
  const withRights = (lines: string) => (conf: string) =>
    `${conf.replace(/^limits .*\n/m, '').split('access to attrs=userPassword')[0]}\n${lines}\n`;
  const ldif = (text: string) => `${text}\n\n${companyLdif({ users: MORE_PEOPLE })}`;

  it('gives the account all that is needed, and lets people sign in', async () => {
    const openldap = await startDemoOpenLdap({ conf: withRights(rights), ldif });
    const { exitCode, output, errors } = await check(env(openldap.url));
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toContain(`  ${MORE_PEOPLE + 5} users: ${MORE_PEOPLE + 4} enabled, 1 disabled\n`);
    expect(output).toContain('ada (Ada Lovelace, ada@demo.example)');
    expect(output).toContain('  ✓ platform-admins: ');
    expect(output).not.toContain('  ! ');
    const somebody = new Client({ url: openldap.url, timeout: 5_000 });
    await somebody.bind('uid=grace,ou=people,dc=demo,dc=example', 'grace-demo');
    await somebody.unbind();
    await openldap.stop();
  });

  it('is right about what to leave out where ppolicy is not loaded', async () => {
    const without = (text: string) => text.replaceAll(/^(?:moduleload|overlay) ppolicy\n/gm, '');
    const nobodyLocked = (text: string) => text.replaceAll(/^pwdAccountLockedTime: .*\n/gm, '');
    const lines = rights.replace(',pwdAccountLockedTime', '');
    expect(lines).not.toBe(rights);
    const start = (these: string) =>
      startDemoOpenLdap({ conf: (conf) => without(withRights(these)(conf)), ldif: nobodyLocked });
    await expect(start(rights)).rejects.toThrow('did not start');
    const openldap = await start(lines);
    const { exitCode, output, errors } = await check(env(openldap.url));
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toContain('  5 users: 5 enabled, 0 disabled\n');
    await openldap.stop();
  });

  it('is right about the limit', async () => {
    const openldap = await startDemoOpenLdap({ conf: withRights(rights.replace(/\nlimits .*/, '')), ldif });
    const { exitCode, errors } = await check(env(openldap.url));
    expect(exitCode).toBe(1);
    expect(errors).toContain('raise its limits for LDAP_BIND_DN');
    await openldap.stop();
  });
});

describe('what docs/operate/directory.md says of 389 Directory Server', () => {
  it('gives the account all that is needed, and nothing without it', async () => {
    const dirsrv = await startDirsrv();
    const aci = blockIn('dn: dc=example')
      .split('aci: ')[1]
      ?.replaceAll('\n', '')
      .replace('uid=tokenwarden,ou=services,dc=example,dc=org', dirsrv.readerDn);
    const env = as('389 Directory Server', dirsrv);
    await setAci(dirsrv);
    expect((await check(env)).errors).toMatch(/no proof that all are gone|there is no entry/);
    await setAci(dirsrv, aci);
    const { exitCode, output, errors } = await check(env);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toContain(`encrypted by LDAPS`);
    expect(output).toContain(`  ${DIRSRV_USERS} users: `);
    await dirsrv.stop();
  });
});

describe('what docs/operate/directory.md says of Active Directory', () => {
  it('lets an ordinary user read all that is needed, encrypted', async () => {
    const samba = await startSamba();
    const env = as('Active Directory', samba);
    const { exitCode, output, errors } = await check(env);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toMatch(new RegExp(`^  ${SAMBA_USERS} users: `, 'm'));
    const plain = await check({ ...env, LDAP_URL: samba.url });
    expect(plain.exitCode).toBe(1);
    expect(plain.errors).toContain(
      'takes no password without encryption: write ldaps://, or set LDAP_START_TLS=true',
    );
    await samba.stop();
  });
});

/** The settings of the page, with the names of a server of this test. */
function as(heading: string, directory: RunningDirectory): Record<string, string> {
  const written = settingsIn(heading);
  const here = {
    ...ldapEnvironment(directory),
    LDAP_URL: directory.ldapsUrl ?? '',
    LDAP_CA_FILE: directory.caFile,
  };
  const { LDAP_BIND_PASSWORD_FILE: _, ...rest } = written;
  expect(rest).toHaveProperty('LDAP_SCHEMA');
  expect(Object.keys(here)).toEqual(
    expect.arrayContaining(Object.keys(rest).filter((name) => name !== 'LDAP_SCHEMA')),
  );
  return { ...rest, ...here };
}

async function setAci(directory: RunningDirectory, aci?: string): Promise<void> {
  const admin = await directory.admin();
  const modification = new Attribute({ type: 'aci', values: aci === undefined ? [] : [aci] });
  await admin.modify(directory.suffix, new Change({ operation: 'replace', modification }));
  await admin.unbind();
}
