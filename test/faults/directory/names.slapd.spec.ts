import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'ldapts';
import { companyUserId, tcpProxy } from '../../harness/index.js';
import { Company, type Standing } from './company.js';

const USERS = 'ou=people,dc=demo,dc=example';
const GROUPS = 'ou=groups,dc=demo,dc=example';
const NAME = 'user000007';
/** Whatever of these were taken for a pattern or for syntax would find exactly the one whose password is tried. */
const PATTERNS = [
  ...[`${NAME}*`, '*000007', `${NAME})(objectClass=*`, `*)(uid=${NAME}`, `${NAME})`, `${NAME})(|(uid=*`],
  ...[
    'user00000\\37',
    `uid=${NAME}`,
    `${NAME},${USERS}`,
    `uid=${NAME},${USERS}`,
    `${NAME}\0`,
    `${NAME}\0*`,
    '\0',
  ],
  ...['', 'usеr000007', ...['u', '*', '(', '\\'].map((character) => character.repeat(10_000))],
];
/** One name by our own rule, by which failed sign-ins are counted as well. */
const SPELLINGS = [NAME.toUpperCase(), `${NAME}\u200b`, `\u202e${NAME}`, 'user00000７', `  ${NAME} `];
/** Names as people may have them in a directory, each full of what means something to LDAP. */
const ODD = [
  ...[
    'we*ird',
    'pa)r(en',
    'back\\slash',
    'back\\2aslash',
    'com,ma',
    'pl+us',
    'quo"te',
    '#hash',
    'eq=ual',
    'se;mi',
  ],
  ...[
    'le<ss>',
    'user000007)(uid=*',
    'uid=x,ou=people',
    'jürgen',
    '名前',
    '😀',
    'z̃combined',
    '(&)',
    '\\',
    '*',
    "o'neil",
  ],
];
// Cyrillic and Latin: other names to a machine, alike to an eye.
const LOOK_ALIKES = ['раураl', 'paypal', 'pаypal'];

let company: Company;
beforeAll(async () => {
  company = await Company.open({ globalConfig: ['allow bind_anon_dn'] }); // as some servers are set up
});
afterAll(() => company?.close());

const titled = (values: readonly string[]) =>
  values.map((value) => [JSON.stringify(value.slice(0, 50)), value] as const);
const escaped = (value: string) =>
  value.replace(/[^a-z0-9]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
  );
const dnOf = (uid: string) => `uid=${escaped(uid)},${USERS}`;
const groupDn = (cn: string) => `cn=${escaped(cn)},${GROUPS}`;
const person = (uid: string) => ({
  objectClass: 'inetOrgPerson',
  cn: 'Somebody',
  sn: 'Body',
  userPassword: `password of ${uid}`,
});

describe('a name that somebody types', () => {
  let before: Standing;
  beforeAll(async () => {
    before = await company.standing();
  });
  afterAll(async () => {
    expect(await company.standing()).toEqual(before);
  });

  it.each(titled(PATTERNS))('finds nobody else: %s', async (_title, name) => {
    expect(await company.signIn(name, NAME)).toBeUndefined();
    expect(await company.source.authenticate(name, NAME)).toBeUndefined();
  });

  it.each(titled(SPELLINGS))('finds its user however it is spelled: %s', async (_title, name) => {
    expect(await company.signIn(name, NAME)).toBe(companyUserId(7));
    expect(await company.signIn(name, 'user000008')).toBeUndefined();
  });

  it.each(titled([`${NAME}\n`, `${NAME}${' '.repeat(10_000)}`]))(
    'is refused unread: %s',
    async (_title, name) => {
      expect(await company.signIn(name, NAME)).toBeUndefined();
    },
  );
});

describe('a password that somebody types', () => {
  it('that is empty, or begins with NUL, never reaches a server, which would let anybody in', async () => {
    const client = new Client({ url: company.slapd.url, timeout: 5_000 });
    await client.bind(`uid=${NAME},${USERS}`, ''); // the danger is real: this server lets it pass
    await client.unbind();
    const watching = await tcpProxy(company.slapd.url);
    await company.reach({ urls: [watching.url] });
    for (const password of ['', '\0', `\0${NAME}`, `${NAME}\0`]) {
      expect(await company.signIn(NAME, password)).toBeUndefined();
      expect(await company.source.authenticate(NAME, password)).toBeUndefined();
    }
    expect(bindsAs(watching.sent(), `uid=${NAME},`)).toBe(false);
    expect(await company.signIn(NAME, NAME)).toBe(companyUserId(7));
    expect(bindsAs(watching.sent(), `uid=${NAME},`)).toBe(true);
    await watching.close();
    await company.reach();
  });

  it.each(titled(['*', `${NAME}*`, '(', '\\', 'x'.repeat(10_000)]))(
    'is no pattern: %s',
    async (_title, password) => {
      expect(await company.signIn(NAME, password)).toBeUndefined();
    },
  );
});

describe('a name that the directory has', () => {
  let own: Company;
  let before: Standing;
  beforeEach(async () => {
    own = await Company.open();
    before = await own.standing();
  });
  afterEach(() => own?.close());

  const add = (dn: string, facts: Parameters<Client['add']>[1]) =>
    own.change((admin) => admin.add(dn, facts));

  it('is that of one person, in groups as at sign-in, whatever it holds', async () => {
    const people = [...ODD, ...LOOK_ALIKES];
    for (const uid of people) await add(dnOf(uid), person(uid));
    await add(groupDn('all of these (*), \\ too'), { objectClass: 'groupOfNames', member: people.map(dnOf) });
    const synchronised = await own.synchronise();
    expect(synchronised).toMatchObject({ state: 'APPLIED' });
    const changes = synchronised.state === 'APPLIED' ? synchronised.changes : undefined;
    expect(changes?.users.map(({ username }) => username).sort()).toEqual(people.sort());
    expect(changes?.groups).toMatchObject([{ name: 'all of these (*), \\ too' }]);
    for (const { id, username, joinedGroupIds } of changes?.users ?? []) {
      expect(joinedGroupIds).toEqual([changes?.groups[0]?.id]);
      expect(await own.signIn(username, `password of ${username}`)).toBe(id);
      expect(await own.signIn(username, NAME)).toBeUndefined();
    }
    expect((await own.standing()).tokens).toEqual(before.tokens);
  });

  it.each([
    ['with a NUL', 'user\x00000007'],
    ['of 10,000 characters', 'u'.repeat(10_000)],
    ['with a line break', 'user\n000007'],
  ])('%s makes no answer whole, and takes nothing from anybody', async (_what, name) => {
    // Named by something else, for a server takes no DN of such a length.
    const [user, group] = [`cn=odd,${USERS}`, `ou=odd,${GROUPS}`];
    await add(user, { ...person(name), cn: 'odd', uid: name });
    expect(await own.synchronise()).toMatchObject({ state: 'FAILED' });
    expect(await own.standing()).toEqual(before);
    expect(await own.signIn(name, `password of ${name}`)).toBeUndefined();
    await own.change((admin) => admin.del(user));
    await add(group, { objectClass: 'groupOfNames', ou: 'odd', cn: name, member: dnOf(NAME) });
    expect(await own.synchronise()).toMatchObject({ state: 'FAILED' });
    expect(await own.standing()).toEqual(before);
  });
});

/** Whether a simple bind (RFC 4511, 4.2: version 3, a name) with a DN of this beginning was sent. */
function bindsAs(sent: Buffer, beginning: string): boolean {
  const version = Buffer.from([0x02, 0x01, 0x03, 0x04]);
  for (let at = sent.indexOf(version); at !== -1; at = sent.indexOf(version, at + 1)) {
    const name = sent.subarray(at + version.length + 1);
    if (name.subarray(0, beginning.length).equals(Buffer.from(beginning))) return true;
  }
  return false;
}
