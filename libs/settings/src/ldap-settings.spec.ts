import { rootCertificates } from 'node:tls';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readDatabaseSettings, readSettings, SettingsError } from './index.js';

const [AUTHORITY = '', OTHER_AUTHORITY = ''] = rootCertificates;
const LDAP = {
  LDAP_URL: 'ldaps://ldap.example.org',
  LDAP_BIND_DN: 'cn=tokenwarden,dc=example,dc=org',
  LDAP_BIND_PASSWORD: 'hunter2-of-ldap',
  LDAP_USER_BASE: 'ou=people,dc=example,dc=org',
};
const DATABASE = {
  DATABASE_URL: 'postgres://tw:hunter2@db.example:5432/tokenwarden',
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
};
const FILES: Record<string, string> = {
  '/etc/tw/ca.pem': `Two of them\n${AUTHORITY}\n${OTHER_AUTHORITY}\n`,
  '/etc/tw/empty.pem': '',
  '/etc/tw/key.pem': '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
  '/etc/tw/cut.pem': AUTHORITY.replace(/\n-----END.*/, '\n'),
  '/etc/tw/broken.pem': `${AUTHORITY}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  '/run/password': ' with a blank before it\n',
};

function read(environment: Record<string, string>) {
  return readSettings(environment, (path) => {
    const text = FILES[path];
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return text;
  });
}

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('the settings of LDAP', () => {
  it('are four at least; the rest is what the schema and the base of users say', () => {
    expect(read(LDAP).ldap).toEqual({
      urls: ['ldaps://ldap.example.org:636'],
      startTls: false,
      caFile: undefined,
      bindDn: 'cn=tokenwarden,dc=example,dc=org',
      bindPassword: 'hunter2-of-ldap',
      userBase: 'ou=people,dc=example,dc=org',
      userFilter: undefined,
      groupBase: 'ou=people,dc=example,dc=org',
      groupFilter: undefined,
      schema: 'openldap',
    });
    expect(read(LDAP).warnings).toEqual([expect.stringMatching(/^ADMIN_GROUPS names no group/)]);
  });
  it('may all be given', () =>
    expect(
      read({
        ...LDAP,
        LDAP_URL: 'ldap://dc1.example.org ldap://dc2.example.org:3268',
        LDAP_START_TLS: 'true',
        LDAP_CA_FILE: '/etc/tw/ca.pem',
        LDAP_BIND_DN: 'EXAMPLE\\tokenwarden',
        LDAP_USER_FILTER: '(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
        LDAP_GROUP_BASE: 'ou=groups,dc=example,dc=org',
        LDAP_GROUP_FILTER: '(cn=tw-*)',
        LDAP_SCHEMA: 'active-directory',
      }).ldap,
    ).toMatchObject({
      urls: ['ldap://dc1.example.org:389', 'ldap://dc2.example.org:3268'],
      startTls: true,
      caFile: '/etc/tw/ca.pem',
      bindDn: 'EXAMPLE\\tokenwarden',
      userFilter: '(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
      groupBase: 'ou=groups,dc=example,dc=org',
      groupFilter: '(cn=tw-*)',
      schema: 'active-directory',
    }));
  it('replace the demo directory: another HOST is allowed, and nobody administers by default', () => {
    const settings = read({ ...LDAP, HOST: '0.0.0.0', PUBLIC_URL: 'https://tokens.example.org' });
    expect(settings).toMatchObject({ host: '0.0.0.0', adminGroups: [], directoryFile: undefined });
  });
  it('are a directory for DATABASE_URL', () =>
    expect(read({ ...LDAP, ...DATABASE }).ldap?.urls).toEqual(['ldaps://ldap.example.org:636']));
  it('are not looked at by commands that need the database alone', () =>
    expect(readDatabaseSettings({ ...DATABASE, LDAP_URL: 'nonsense', LDAP_SCHEMA: 'novell' })).toMatchObject({
      databaseUrl: DATABASE.DATABASE_URL,
    }));
});

describe('LDAP_URL', () => {
  it.each([
    ['ldap://127.0.0.1', ['ldap://127.0.0.1:389']],
    ['LDAPS://Ldap.Example.ORG', ['ldaps://ldap.example.org:636']],
    ['ldap://[::1]', ['ldap://[::1]:389']],
    ['ldaps://[2001:DB8::1]:1636', ['ldaps://[2001:db8::1]:1636']],
    ['ldap://my_ldap:1', ['ldap://my_ldap:1']],
    ['ldap://a:65535', ['ldap://a:65535']],
    [' ldap://a \t ldaps://b  ldap://a:389\n', ['ldap://a:389', 'ldaps://b:636']],
    [
      Array.from({ length: 10 }, (_, i) => `ldap://h${i}`).join(' '),
      Array.from({ length: 10 }, (_, i) => `ldap://h${i}:389`),
    ],
  ])('%j is %j', (text, urls) => expect(read({ ...LDAP, LDAP_URL: text }).ldap?.urls).toEqual(urls));

  it.each([
    ['', 'it is empty'],
    ['  ', 'such as ldaps://'],
    ['ldap.example.org', 'ldap:// or ldaps://'],
    ['ldap.example.org:389', 'ldap:// or ldaps://'],
    ['http://ldap.example.org', 'ldap:// or ldaps://'],
    ['ldapi:///var/run/slapd', 'ldap:// or ldaps://'],
    ['ldap://', 'ldap:// or ldaps://'],
    ['ldap://ldap.example.org/', 'nothing before or after'],
    ['ldap://ldap.example.org/dc=example', 'nothing before or after'],
    ['ldap://ldap.example.org?uid', 'nothing before or after'],
    ['ldap://ldap.example.org#x', 'nothing before or after'],
    ['ldap://cn=me:hunter2@ldap.example.org', 'nothing before or after'],
    ['ldap://a,ldap://b', 'nothing before or after'],
    ['ldap://a,b', 'a host name or an IP address'],
    ['ldap://a:', 'nothing before or after'],
    ['ldap://a:0', 'from 1 to 65535'],
    ['ldap://a:65536', 'from 1 to 65535'],
    ['ldap://::1', 'nothing before or after'],
    ['ldap://[1.2.3.4]', 'an IPv6 address in brackets'],
    ['ldap://[fe80::1%eth0]', 'ldap:// or ldaps://'],
    ['ldap://1.2.3', 'a host name or an IP address'],
    ['ldap://a..b', 'a host name or an IP address'],
    ['ldap://good ldap://b/ad', 'URL 2: '],
    ['http://a ldap://good ldap://b:0', 'URL 1: write ldap:// or ldaps://'],
    ['http://a ldap://good ldap://b:0', '; URL 3: write a port from 1 to 65535.'],
    [Array.from({ length: 11 }, (_, i) => `ldap://h${i}`).join(' '), 'at most 10'],
  ])('%j is refused by name, and not repeated', (text, expected) => {
    const mistakes = mistakesOf({ ...LDAP, LDAP_URL: text });
    expect(mistakes).toEqual([expect.stringContaining(expected)]);
    expect(mistakes[0]).toMatch(/^LDAP_URL: /);
    expect(mistakes[0]).not.toContain('hunter2');
  });
});

describe('a mistake in the settings of LDAP', () => {
  it('comes with all the others, each by its name', () =>
    expect(
      mistakesOf({
        LDAP_URL: 'ldap:/x',
        LDAP_START_TLS: 'yes',
        LDAP_CA_FILE: '/etc/tw/none.pem',
        LDAP_USER_FILTER: '(cn=x',
        LDAP_GROUP_FILTER: 'cn=x',
        LDAP_GROUP_BASE: 'groups',
        LDAP_SCHEMA: 'novell',
        DIRECTORY_FILE: '/etc/tw/people.json',
      }).map((mistake) => mistake.split(': ')[0]),
    ).toEqual([
      'LDAP_URL',
      'LDAP_START_TLS',
      'LDAP_USER_FILTER',
      'LDAP_GROUP_BASE',
      'LDAP_GROUP_FILTER',
      'LDAP_SCHEMA',
      'LDAP_CA_FILE',
      'LDAP_BIND_DN',
      'LDAP_BIND_PASSWORD',
      'LDAP_USER_BASE',
      'LDAP_URL',
    ]));

  it.each([
    ['LDAP_BIND_DN', '', 'it is empty'],
    ['LDAP_BIND_DN', ' ', 'a distinguished name'],
    ['LDAP_BIND_DN', 'cn=a\u0000', 'a distinguished name'],
    ['LDAP_BIND_DN', 'tokenwarden', 'such as cn=tokenwarden,dc=example,dc=org'],
    ['LDAP_BIND_DN', 'tokenwarden@example.org', 'go with LDAP_SCHEMA=active-directory'],
    ['LDAP_BIND_PASSWORD', '', 'it is empty'],
    ['LDAP_USER_BASE', '', 'it is empty'],
    ['LDAP_USER_BASE', 'example.org', 'such as ou=people'],
    ['LDAP_GROUP_BASE', 'groups', 'such as ou=people'],
    ['LDAP_USER_FILTER', '', 'it is empty'],
    ['LDAP_USER_FILTER', '(&(a=b)(c=d)', 'at character 13 ")" is missing'],
    ['LDAP_GROUP_FILTER', '(cn=J\\c3\\bcrgen)', 'as themselves'],
    ['LDAP_GROUP_FILTER', `(cn=${'x'.repeat(4_096)})`, 'at most 4096'],
    ['LDAP_SCHEMA', 'OpenLDAP', 'one of openldap, active-directory, 389ds'],
    ['LDAP_START_TLS', 'TRUE', 'true or false'],
    ['LDAP_START_TLS', 'true', 'write ldap:// in LDAP_URL'],
    ['LDAP_CA_FILE', '/etc/tw/none.pem', 'no file that can be read (ENOENT)'],
    ['LDAP_CA_FILE', '/etc/tw/empty.pem', 'holds no certificate'],
    ['LDAP_CA_FILE', '/etc/tw/key.pem', 'holds no certificate'],
    ['LDAP_CA_FILE', '/etc/tw/cut.pem', 'holds no certificate'],
    ['LDAP_CA_FILE', '/etc/tw/broken.pem', 'certificate 2 of the file'],
  ])('%s=%j says what would be right', (name, value, expected) =>
    expect(mistakesOf({ ...LDAP, [name]: value })).toEqual([expect.stringContaining(expected)]),
  );

  it.each(['LDAP_BIND_DN', 'LDAP_BIND_PASSWORD', 'LDAP_USER_BASE'] as const)(
    'is to leave out %s, which LDAP_URL requires',
    (name) => {
      const { [name]: _, ...rest } = LDAP;
      expect(mistakesOf(rest)).toEqual([
        expect.stringMatching(new RegExp(`^${name}: it is required with LDAP_URL: .+`)),
      ]);
    },
  );

  it.each([
    'LDAP_START_TLS',
    'LDAP_CA_FILE',
    'LDAP_BIND_DN',
    'LDAP_BIND_PASSWORD',
    'LDAP_USER_BASE',
    'LDAP_USER_FILTER',
    'LDAP_GROUP_BASE',
    'LDAP_GROUP_FILTER',
    'LDAP_SCHEMA',
  ])('is %s without LDAP_URL', (name) => {
    const good: Record<string, string> = {
      LDAP_START_TLS: 'false',
      LDAP_CA_FILE: '/etc/tw/ca.pem',
      LDAP_USER_FILTER: '(a=b)',
      LDAP_GROUP_FILTER: '(a=b)',
      LDAP_SCHEMA: '389ds',
    };
    expect(mistakesOf({ [name]: good[name] ?? 'cn=x' })).toEqual([
      `${name}: it goes with LDAP_URL: give that too, or leave this out.`,
    ]);
  });

  it.each(['CN=tokenwarden,DC=example,DC=org', 'tokenwarden@example.org', 'EXAMPLE\\tokenwarden'])(
    'is not that Active Directory is bound to as %s; the other kinds take a DN only',
    (name) => {
      const mistakes = (schema: string) =>
        mistakesOf({ ...LDAP, LDAP_BIND_DN: name, LDAP_SCHEMA: schema }).map((one) => one.split(':')[0]);
      expect(mistakes('active-directory')).toEqual([]);
      expect(mistakes('389ds')).toEqual(name.includes('=') ? [] : ['LDAP_BIND_DN']);
      expect(mistakes('novell')).toEqual(['LDAP_SCHEMA']);
    },
  );

  it('is a DIRECTORY_FILE beside it', () =>
    expect(mistakesOf({ ...LDAP, DIRECTORY_FILE: '/etc/tw/people.json' })).toEqual([
      expect.stringMatching(/^LDAP_URL: give either LDAP_URL or DIRECTORY_FILE/),
    ]));

  it('is a setting that is there under a wrong name: both are said', () => {
    const { LDAP_USER_BASE: base, ...rest } = LDAP;
    expect(mistakesOf({ ...rest, LDAP_USER_BSE: base })).toEqual([
      expect.stringMatching(/^LDAP_USER_BASE: it is required/),
      expect.stringMatching(/^LDAP_USER_BSE is given, .* is LDAP_USER_BASE meant\?$/),
    ]);
  });

  it('is StartTLS where only some servers are ldaps://', () =>
    expect(mistakesOf({ ...LDAP, LDAP_URL: 'ldap://a ldaps://b', LDAP_START_TLS: 'true' })).toHaveLength(1));
});

describe('LDAP_BIND_PASSWORD', () => {
  it('may come from a file, without the line break at its end', () => {
    const { LDAP_BIND_PASSWORD: _, ...rest } = LDAP;
    const settings = read({ ...rest, LDAP_BIND_PASSWORD_FILE: '/run/password' });
    expect(settings.ldap?.bindPassword).toBe(' with a blank before it');
  });
  it('is in no mistake, and not in the settings when they are printed', () => {
    expect(mistakesOf({ ...LDAP, LDAP_SCHEMA: 'x', LDAP_URL: '?' }).join()).not.toContain('hunter2');
    const settings = read(LDAP).with({ databaseUrl: 'postgres://a/b' });
    expect(
      inspect(settings) + inspect({ settings }, { depth: 9 }) + JSON.stringify({ settings }),
    ).not.toMatch(/hunter2/);
    expect(settings.ldap?.bindPassword).toBe('hunter2-of-ldap');
  });
});
