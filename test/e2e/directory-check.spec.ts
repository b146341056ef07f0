import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ldapEnvironment, startSlapd, type RunningSlapd } from '../harness/index.js';
import { npmRun } from './command.js';

jest.setTimeout(60_000);

let slapd: RunningSlapd;
let settings: Record<string, string>;

beforeAll(async () => {
  slapd = await startSlapd({ people: 'demo' });
  settings = ldapEnvironment(slapd);
});
afterAll(async () => {
  await slapd.stop();
});

describe('npm run directory:check on a directory that is in order', () => {
  it('says what worked, what would come in, who administers, and exits with 0', async () => {
    const { exitCode, output, errors } = await npmRun('directory:check', [], { env: settings });
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    const took = / and bound as cn=tokenwarden,dc=demo,dc=example: \d+ ms\./;
    expect(output).toMatch(took);
    expect(output.replace(took, '').replaceAll(slapd.url, 'ldap://here')).toBe(`\
Directory: LDAP_URL, ldap://here (LDAP_SCHEMA=openldap)

  ✓ Connected to ldap://here without encryption,

What a synchronisation would bring
  5 users: 4 enabled, 1 disabled
    enabled: ada (Ada Lovelace, ada@demo.example), edsger (Edsger Dijkstra, edsger@demo.example), grace (Grace Hopper, grace@demo.example), linus (Linus Torvalds, linus@demo.example)
    disabled: barbara
  4 groups: the largest is analysts with 2 members
    members, those of groups within included: analysts 2, data-engineering 2, gateways 2, platform-admins 1

ADMIN_GROUPS
  ✓ platform-admins: the group 7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11, 1 enabled member: ada
    names as a first start pins them: one that was pinned to another group before stays with that group
    until "npm run admin-groups:pin"

The directory can be read as a whole: a synchronisation would apply this.
`);
  });
});

describe('npm run directory:check on a directory that is not', () => {
  it('says every reason why, and exits with 1', async () => {
    const more = { LDAP_BIND_PASSWORD: 'wrong-password' };
    const { exitCode, output, errors } = await npmRun('directory:check', [], {
      env: { ...settings, ...more },
    });
    expect([exitCode, output]).toEqual([1, `Directory: LDAP_URL, ${slapd.url} (LDAP_SCHEMA=openldap)\n\n`]);
    expect(errors).toMatch(
      /^ {2}✗ ldap:.*LDAP_BIND_DN and LDAP_BIND_PASSWORD are not accepted\.\n\nA synchronisation would change nothing/,
    );
    expect(errors).not.toContain('wrong-password');
  });

  it('settings that cannot be used: all of them at once, and nobody is asked', async () => {
    const more = { LDAP_SCHEMA: 'novell', LDAP_GROUP_FILTER: '(cn=x', LDAP_CA_FILE: '/nowhere/ca.pem' };
    const { exitCode, output, errors } = await npmRun('directory:check', [], {
      env: { ...settings, ...more },
    });
    expect([exitCode, output]).toEqual([1, '']);
    for (const name of Object.keys(more)) expect(errors).toContain(`  ${name}: `);
  });
});

describe('npm run directory:check -- --help', () => {
  it('says what it takes, and what its exit codes mean', async () => {
    const { exitCode, output } = await npmRun('directory:check', ['--help']);
    expect(exitCode).toBe(0);
    for (const words of ['LDAP_*', 'DIRECTORY_FILE', 'no database', 'Exit code 0', '1: it would not'])
      expect(output).toContain(words);
  });
});
