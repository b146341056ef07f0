import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Attribute, Change } from 'ldapts';
import { GROUPS, PEOPLE, SlapdReading } from '../../../test/slapd-reading.js';
import type { WholeAnswer } from '../../directory-answer.js';
import type { LdapConnection } from '../connection/ldap-connection.js';

const DEPTH = 200;
const id = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`;

let company: SlapdReading;

/** Who is in each group, by names. */
function membersByGroup({ users, groups }: WholeAnswer): Record<string, string[]> {
  const names = new Map(users.map((user) => [user.id, user.username]));
  return Object.fromEntries(
    groups.map(({ name, memberIds }) => [name, memberIds.map((one) => names.get(one) ?? one).sort()]),
  );
}

function user(n: number, rdn: string, more: readonly string[] = []): string {
  return [
    `dn: ${rdn},${PEOPLE}`,
    'objectClass: inetOrgPerson',
    `entryUUID: ${id('c', n)}`,
    'sn: x',
    ...more,
  ].join('\n');
}

function group(n: number, kind: string, cn: string, more: readonly string[]): string {
  return [
    `dn: cn=${cn},${GROUPS}`,
    `objectClass: ${kind}`,
    `entryUUID: ${id('d', n)}`,
    `cn: ${cn}`,
    ...more,
  ].join('\n');
}

const SMALL = [
  user(1, 'uid=ada', ['uid: ada', 'cn: Ada L.', 'displayName: Ada Lovelace', 'mail: ada@demo.example']),
  user(2, 'cn=Hopper\\2C Grace', ['uid: Grace', 'cn: Hopper, Grace', 'mail: none']),
  user(3, 'cn=J\u00fcrgen+uid=j*)(\\28', ['uid: j*)((', 'cn: J\u00fcrgen']),
  user(4, 'uid=barbara', ['uid: barbara', 'cn: Barbara', 'pwdAccountLockedTime: 000001010000Z']),
  user(5, 'uid=linus', ['uid: linus', 'cn: Linus', 'pwdAccountLockedTime: 20260301120000Z']),
  group(1, 'groupOfNames', 'by-dn', [
    `member: UID=Ada , OU=people,DC=demo, dc=example`,
    `member: cn=hopper\\, grace,${PEOPLE}`,
    `member: uid=j*)(\\28+cn=J\\C3\\BCrgen,${PEOPLE}`,
    'member: cn=somewhere else,dc=demo,dc=example',
  ]),
  group(2, 'groupOfUniqueNames', 'by-unique-name', [
    `uniqueMember: uid=ada,${PEOPLE}`,
    `uniqueMember: uid=linus,${PEOPLE}#'0101'B`,
  ]),
  group(3, 'posixGroup', 'by-username', [
    'gidNumber: 7',
    'memberUid: ADA',
    'memberUid: j*)((',
    'memberUid: gone',
  ]),
  group(4, 'groupOfNames', 'circle-a', [`member: cn=circle-b,${GROUPS}`, `member: uid=ada,${PEOPLE}`]),
  group(5, 'groupOfNames', 'circle-b', [`member: CN=circle-a,${GROUPS}`, `member: uid=barbara,${PEOPLE}`]),
  group(6, 'groupOfNames', 'mixed', [
    `member: cn=by-username,${GROUPS}`,
    `member: cn=by-unique-name,${GROUPS}`,
  ]),
  ...Array.from({ length: DEPTH }, (_, n) =>
    group(100 + n, 'groupOfNames', `deep-${n}`, [
      n === DEPTH - 1 ? `member: uid=ada,${PEOPLE}` : `member: cn=deep-${n + 1},${GROUPS}`,
    ]),
  ),
].join('\n\n');

async function replaceMember(cn: string, dn: string): Promise<void> {
  const modification = new Attribute({ type: 'member', values: [dn] });
  await company.admin.modify(`cn=${cn},${GROUPS}`, new Change({ operation: 'replace', modification }));
}

describe('a small company on OpenLDAP', () => {
  beforeAll(async () => void (company = await SlapdReading.begin(SMALL)));
  afterAll(() => company.end());

  it('is read with every user, enabled and disabled', async () => {
    const { users } = await company.readWhole();
    expect(users.map(({ username, enabled }) => [username, enabled])).toEqual([
      ['ada', true],
      ['Grace', true],
      ['j*)((', true],
      ['barbara', false],
      ['linus', true],
    ]);
    expect(users[0]).toEqual({
      id: id('c', 1),
      username: 'ada',
      displayName: 'Ada Lovelace',
      email: 'ada@demo.example',
      enabled: true,
    });
  });

  it('has groups of every kind, nested at any depth and in circles', async () => {
    const groups = membersByGroup(await company.readWhole());
    expect(groups).toMatchObject({
      'by-dn': ['Grace', 'ada', 'j*)(('],
      'by-unique-name': ['ada', 'linus'],
      'by-username': ['ada', 'j*)(('],
      'circle-a': ['ada', 'barbara'],
      'circle-b': ['ada', 'barbara'],
      mixed: ['ada', 'j*)((', 'linus'],
      'deep-0': ['ada'],
    });
    expect(Object.keys(groups)).toHaveLength(6 + DEPTH);
  });

  it('tells what was passed over, and names nobody by it', async () => {
    const { warnings } = await company.readWhole();
    expect(warnings).toEqual([
      `1 user with an address that is no e-mail address (${id('c', 2)}). No mail is sent there.`,
      expect.stringMatching(/^2 memberships name nobody that was read/),
    ]);
  });

  it('costs no second look at groups where whoever is unknown stands outside of what is read', async () => {
    const bases: string[] = [];
    const counting: LdapConnection = {
      pages: (search, signal) => {
        bases.push(search.base);
        return company.connection.pages(search, signal);
      },
    };
    await company.readWhole({}, counting);
    expect(bases).toEqual([PEOPLE, GROUPS, PEOPLE]);
  });

  it('is read below its bases only, by its filters only', async () => {
    const { users, groups } = await company.readWhole({ userFilter: '(uid=ada)', groupFilter: '(cn=by-dn)' });
    expect(users).toHaveLength(1);
    expect(groups).toEqual([{ id: id('d', 1), name: 'by-dn', memberIds: [id('c', 1)] }]);
  });

  it('is no answer where a base is not there', async () => {
    const answer = await company.read({ groupBase: 'ou=nowhere,dc=demo,dc=example' });
    expect(answer).toEqual({ whole: false, reasons: [expect.stringContaining('ou=nowhere')] });
  });
});

describe('whoever changes in the directory', () => {
  beforeAll(async () => void (company = await SlapdReading.begin(SMALL)));
  afterAll(() => company.end());

  const byId = async (n: number) => (await company.readWhole()).users.find((one) => one.id === id('c', n));

  it('keeps the id when renamed and when moved', async () => {
    await company.admin.modifyDN(`uid=linus,${PEOPLE}`, `uid=torvalds,${PEOPLE}`);
    expect(await byId(5)).toMatchObject({ username: 'torvalds' });
    await company.admin.add('ou=kernel,' + PEOPLE, { objectClass: 'organizationalUnit', ou: 'kernel' });
    await company.admin.modifyDN(`uid=torvalds,${PEOPLE}`, `uid=torvalds,ou=kernel,${PEOPLE}`);
    expect(await byId(5)).toMatchObject({ username: 'torvalds' });
  });

  it('is another under the same name when re-created', async () => {
    await company.admin.del(`uid=barbara,${PEOPLE}`);
    const attributes = { objectClass: 'inetOrgPerson', uid: 'barbara', cn: 'Barbara', sn: 'x' };
    await company.admin.add(`uid=barbara,${PEOPLE}`, attributes);
    expect(await byId(4)).toBeUndefined();
    const again = (await company.readWhole()).users.find((one) => one.username === 'barbara');
    expect(again?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('keeps the groups when renamed between the reading of users and of groups', async () => {
    const renaming: LdapConnection = {
      pages: async function* (search, signal) {
        const isForMembers = search.attributes.includes('member');
        if (isForMembers) await company.admin.modifyDN(`uid=ada,${PEOPLE}`, `uid=lovelace,${PEOPLE}`);
        // refint brings the groups to the new name a moment later; here it is done at once.
        if (isForMembers) await replaceMember('by-dn', `uid=lovelace,${PEOPLE}`);
        yield* company.connection.pages(search, signal);
      },
    };
    const groups = membersByGroup(await company.readWhole({}, renaming));
    expect(groups['by-dn']).toEqual(['ada']);
  });

  it('joins a group with the next answer when created between the reading of users and of groups', async () => {
    const creating: LdapConnection = {
      pages: async function* (search, signal) {
        const isForMembers = search.attributes.includes('member');
        const newcomer = { objectClass: 'inetOrgPerson', uid: 'newcomer', cn: 'Newcomer', sn: 'x' };
        if (isForMembers) await company.admin.add(`uid=newcomer,${PEOPLE}`, newcomer);
        if (isForMembers) await replaceMember('by-dn', `uid=newcomer,${PEOPLE}`);
        yield* company.connection.pages(search, signal);
      },
    };
    expect(membersByGroup(await company.readWhole({}, creating))['by-dn']).toEqual([]);
    expect(membersByGroup(await company.readWhole())['by-dn']).toEqual(['newcomer']);
  });

  it('without a username makes the answer faulty, named by id alone', async () => {
    const attributes = { objectClass: 'inetOrgPerson', cn: 'Secret Name', sn: 'x' };
    await company.admin.add(`cn=Secret Name,${PEOPLE}`, attributes);
    const answer = await company.read();
    expect(answer).toEqual({
      whole: false,
      reasons: [expect.stringMatching(/^1 user without a usable uid \([0-9a-f-]{36}\)\. .*\(uid=\*\)/)],
    });
    expect(JSON.stringify(answer)).not.toContain('Secret');
    expect(await company.read({ userFilter: '(&(objectClass=inetOrgPerson)(uid=*))' })).toMatchObject({
      whole: true,
    });
  });
});

describe('whoever takes the name of another one between the reading of users and of groups', () => {
  beforeEach(async () => void (company = await SlapdReading.begin(SMALL)));
  afterEach(() => company.end());

  it.each([
    ['DN', `uid=ada,${PEOPLE}`],
    ['username, which a group names', `cn=Another,${PEOPLE}`],
  ])('makes it no answer: the %s', async (_, dn) => {
    const replacing: LdapConnection = {
      pages: async function* (search, signal) {
        if (search.attributes.includes('member')) {
          await company.admin.del(`uid=ada,${PEOPLE}`);
          await company.admin.add(dn, { objectClass: 'inetOrgPerson', uid: 'ada', cn: 'Another', sn: 'x' });
          await replaceMember('by-dn', dn);
        }
        yield* company.connection.pages(search, signal);
      },
    };
    expect(await company.read({}, replacing)).toEqual({
      whole: false,
      reasons: [expect.stringMatching(/^The directory changed while it was read\./)],
    });
  });
});
