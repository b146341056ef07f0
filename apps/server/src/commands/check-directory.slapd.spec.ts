import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  freePort,
  ldapEnvironment,
  newFolder,
  startSlapd,
  testCertificates,
  type RunningSlapd,
} from '../../../../test/harness/index.js';
import { checkDirectoryCommand } from './check-directory.command.js';

const END = 'A synchronisation would change nothing: only a whole answer counts';

let slapd: RunningSlapd;
let settings: Record<string, string>;

beforeAll(async () => {
  slapd = await startSlapd({ people: 'demo', globalConfig: ['referral ldap://ldap.elsewhere.example'] });
  settings = ldapEnvironment(slapd);
});
afterAll(async () => {
  await slapd.stop();
});

interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** The command within this process: what it printed, and the exit code that it left. */
async function check(more: Readonly<Record<string, string>> = {}, base = settings): Promise<Ended> {
  const before = { env: process.env, exitCode: process.exitCode };
  const printed = { output: '', errors: '' };
  const streams = [
    jest
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => Boolean((printed.output += String(text)))),
    jest
      .spyOn(process.stderr, 'write')
      .mockImplementation((text) => Boolean((printed.errors += String(text)))),
  ];
  process.env = { DATA_DIR: join(newFolder('check'), 'data'), ...base, ...more };
  process.exitCode = 0;
  try {
    await checkDirectoryCommand();
    return { ...printed, exitCode: process.exitCode };
  } finally {
    process.env = before.env;
    process.exitCode = before.exitCode;
    for (const stream of streams) stream.mockRestore();
  }
}

/** What is wrong, a line each. */
function faultsIn({ exitCode, errors }: Ended): string[] {
  expect(exitCode).toBe(1);
  expect(errors).toContain(END);
  expect(errors).not.toContain('    at ');
  return errors.split('\n').filter((line) => line.startsWith('  ✗ '));
}

describe('the check of a directory that is in order', () => {
  it.each([
    ['ldaps://', () => ({ LDAP_URL: slapd.ldapsUrl ?? '' }), 'encrypted by LDAPS (TLSv1.'],
    ['StartTLS', () => ({ LDAP_START_TLS: 'true' }), 'encrypted by StartTLS (TLSv1.'],
  ])('says by what a connection of %s is encrypted', async (_, more, expected) => {
    const { exitCode, output } = await check({ ...more(), LDAP_CA_FILE: slapd.caFile });
    expect(exitCode).toBe(0);
    expect(output).toContain(expected);
  });

  it('names the one of several servers that is down, and what in ADMIN_GROUPS means nobody', async () => {
    const down = `ldap://127.0.0.1:${await freePort()}`;
    const more = { LDAP_URL: `${down} ${slapd.url}`, ADMIN_GROUPS: 'platform-admins,operators' };
    const { exitCode, output } = await check(more);
    expect(exitCode).toBe(0);
    expect(output).toContain(`  ! ${down}: nobody listens there.`);
    expect(output).toContain('  ! operators: no group of the directory');
  });
});

describe('the check of a directory that is not', () => {
  it.each([
    ['a wrong password', () => ({ LDAP_BIND_PASSWORD: 'wrong' }), /LDAP_BIND_PASSWORD are not accepted/],
    ['an unknown account', () => ({ LDAP_BIND_DN: 'cn=nobody,dc=demo,dc=example' }), /LDAP_BIND_DN and /],
    ['no encryption where it is asked', () => ({ LDAP_START_TLS: 'true' }), /authority.* in LDAP_CA_FILE/],
    ['the port of ldap:// for ldaps://', ldapsOnThePlainPort, /Is the port of LDAP_URL that of ldaps:\/\//],
    [
      'a base that is not there',
      () => ({ LDAP_USER_BASE: `ou=x,${slapd.suffix}` }),
      /look at LDAP_USER_BASE/,
    ],
    ['a base that is no DN', () => ({ LDAP_GROUP_BASE: 'ou=x,,' }), /ou=x,,/],
    ['a base elsewhere', () => ({ LDAP_GROUP_BASE: 'dc=elsewhere' }), /referrals are not followed/],
    [
      'a filter that finds nobody',
      () => ({ LDAP_USER_FILTER: '(uid=nobody)' }),
      /no proof that all are gone/,
    ],
    ['the schema of another server', () => ({ LDAP_SCHEMA: '389ds' }), /nsUniqueId.*LDAP_SCHEMA/],
  ])('%s: says what to do, and exits with 1', async (_, more, expected) => {
    const faults = faultsIn(await check(more()));
    expect(faults[0]).toMatch(expected);
    expect(faults.join()).not.toContain(slapd.readerPassword);
  });

  it.each(['wrongHost', 'expired', 'foreign'] as const)('a certificate that is %s', async (kind) => {
    const right = {
      wrongHost: /not for 127\.0\.0\.1/,
      expired: /has expired/,
      foreign: /LDAP_CA_FILE must hold the authority/,
    }[kind];
    const { caFile, ...certificates } = await testCertificates();
    const other = await startSlapd({ people: 'demo', tls: certificates[kind] });
    try {
      const encrypted = { ...ldapEnvironment(other), LDAP_URL: other.ldapsUrl ?? '', LDAP_CA_FILE: caFile };
      expect(faultsIn(await check({}, encrypted))).toEqual([expect.stringMatching(right)]);
    } finally {
      await other.stop();
    }
  });

  it('an account that may read nothing, or only a part', async () => {
    await slapd.setReaderRight('search');
    expect(faultsIn(await check())).toEqual([expect.stringMatching(/LDAP_BIND_DN must be allowed to read/)]);
    await slapd.setReaderRight('read');
    await slapd.setSizeLimit(4);
    expect(faultsIn(await check())).toEqual([expect.stringMatching(/only a part.*raise its limits/)]);
    await slapd.setSizeLimit(undefined);
    expect((await check()).exitCode).toBe(0);
  });

  it('servers that are down or hang, each by name', async () => {
    const down = `ldap://127.0.0.1:${await freePort()}`;
    slapd.freeze();
    try {
      const faults = faultsIn(await check({ LDAP_URL: `${down} ${slapd.url}` }));
      expect(faults).toHaveLength(2);
      expect(faults[0]).toContain(`${down}: nobody listens there`);
      expect(faults[1]).toContain(`${slapd.url}: `);
    } finally {
      slapd.thaw();
    }
  });
});

describe('the check of a file', () => {
  const people = {
    users: [person('vera'), person('otto')],
    groups: [{ id: randomUUID(), name: 'wardens', members: ['vera'] }],
  };
  const file = (path: string) => ({ DIRECTORY_FILE: path, ADMIN_GROUPS: 'wardens' });

  it('needs nothing but the file', async () => {
    const { exitCode, output } = await check(file(writeDirectory(people)), {});
    expect(exitCode).toBe(0);
    expect(output).toContain('✓ Read DIRECTORY_FILE.');
    expect(output).toMatch(/✓ wardens: the group [0-9a-f-]{36}, 1 enabled member: vera/);
    expect(output).not.toContain('vera-secret');
  });

  it('names every fault of it', async () => {
    const users = [...people.users, person('vera', { id: 'no id', password: 'a-secret' })];
    const faults = faultsIn(await check(file(writeDirectory({ ...people, users })), {}));
    expect(faults).toEqual([expect.stringContaining('users.2.id: ')]);
    const plain = await check({ ...file(writeDirectory(people)), HOST: '0.0.0.0' }, {});
    expect(faultsIn(plain)).toEqual([
      expect.stringMatching(/users\.0\.password: .*loopback/),
      expect.stringMatching(/users\.1\.password: .*loopback/),
    ]);
  });

  it('speaks of the demo directory where nothing is set', async () => {
    const { exitCode, output, errors } = await check({}, {});
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toMatch(/^Directory: the demo directory of made-up people; LDAP_URL or DIRECTORY_FILE/);
    expect(output).toContain('✓ Read the demo directory.');
    expect(output).toContain('! In the demo directory are plain passwords');
  });

  it.each([
    ['is not there', undefined, /cannot be read \(ENOENT\)/],
    ['is no JSON', 'vera: vera-secret', /must be JSON/],
  ])('that %s', async (_, text, expected) => {
    const path = join(newFolder('file'), 'people.json');
    if (text !== undefined) writeFileSync(path, text);
    const faults = faultsIn(await check(file(path), {}));
    expect(faults).toEqual([expect.stringMatching(expected)]);
    expect(faults.join()).not.toContain('vera-secret');
  });
});

function ldapsOnThePlainPort(): Record<string, string> {
  return { LDAP_URL: slapd.url.replace('ldap:', 'ldaps:'), LDAP_CA_FILE: slapd.caFile };
}

/** A person of a DIRECTORY_FILE whose password is the name and `-secret`. */
function person(username: string, more: object = {}) {
  return { id: randomUUID(), username, displayName: username, password: `${username}-secret`, ...more };
}

function writeDirectory(people: object): string {
  const path = join(newFolder('file'), 'people.json');
  writeFileSync(path, JSON.stringify(people));
  return path;
}
