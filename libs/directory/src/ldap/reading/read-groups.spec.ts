import { describe, expect, it } from '@jest/globals';
import { anEntry } from '../../../test/ldap-entries.js';
import { atOnce } from '../../stepwise.rules.js';
import { schemaOf, type MembersAttribute } from '../entries/ldap-schema.rules.js';
import { ReadGroups } from './read-groups.js';
import { ReadUsers } from './read-users.js';

const SCHEMA = schemaOf({ schema: 'openldap', userFilter: undefined, groupFilter: undefined });
const PEOPLE = 'ou=people,dc=example,dc=org';
const GROUPS = 'ou=groups,dc=example,dc=org';
const userId = (n: number) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`;
const groupId = (n: number) => `bbbbbbbb-0000-4000-8000-${String(n).padStart(12, '0')}`;
const bytes = (value: string) => Buffer.from(value);
const names = (attribute: string) =>
  SCHEMA.members.find((one) => one.attribute === attribute) as MembersAttribute;

const user = (n: number, uid: string, dn = `uid=${uid},${PEOPLE}`) =>
  anEntry(dn, { entryUUID: [userId(n)], uid: [uid] });
const group = (n: number, cn: string, dn = `cn=${cn},${GROUPS}`) =>
  anEntry(dn, { entryUUID: [groupId(n)], cn: [cn] });

function usersOf(...entries: ReturnType<typeof user>[]): ReadUsers {
  const users = new ReadUsers(SCHEMA);
  for (const entry of entries) users.take(entry);
  return users;
}

const PEOPLE_READ = () =>
  usersOf(user(1, 'ada'), user(2, 'grace'), user(3, 'lin,us', `uid=lin\\,us,${PEOPLE}`));

/** The ids of the members of one group, which is all there is. */
function members(attribute: string, ...values: string[]) {
  const groups = new ReadGroups(SCHEMA, PEOPLE_READ());
  const engineers = groups.take(group(1, 'engineers'));
  if (!engineers) throw new Error('The group is good.');
  atOnce(groups.takeMembers(engineers, names(attribute), values.map(bytes)));
  const flattened = atOnce(groups.flattened());
  return { memberIds: flattened?.groups[0]?.memberIds, unknown: flattened?.unknown };
}

describe('the members of a group', () => {
  it('are named by DN, however it is written', () =>
    expect(members('member', `UID=Ada, ${PEOPLE}`, `uid=lin\\2Cus,${PEOPLE}`)).toEqual({
      memberIds: [userId(1), userId(3)],
      unknown: 0,
    }));

  it('are named by uniqueMember with and without a unique identifier', () =>
    expect(members('uniqueMember', `uid=ada,${PEOPLE}`, `uid=grace,${PEOPLE}#'01'B`)).toEqual({
      memberIds: [userId(1), userId(2)],
      unknown: 0,
    }));

  it('are named by memberUid, letter case and form aside', () =>
    expect(members('memberUid', 'ADA', 'ｇｒａｃｅ', 'nobody')).toEqual({
      memberIds: [userId(1), userId(2)],
      unknown: 1,
    }));

  it('count once', () =>
    expect(members('member', `uid=ada,${PEOPLE}`, `UID=ADA,${PEOPLE}`).memberIds).toEqual([userId(1)]));

  it('are passed over and counted where they name nobody', () =>
    expect(members('member', 'cn=dummy', '', 'no dn', `uid=gone,${PEOPLE}`, `uid=ada,${PEOPLE}`)).toEqual({
      memberIds: [userId(1)],
      unknown: 4,
    }));

  it('are passed over and counted where a value is no text', () => {
    const groups = new ReadGroups(SCHEMA, PEOPLE_READ());
    const engineers = groups.take(group(1, 'engineers'));
    if (!engineers) throw new Error('The group is good.');
    atOnce(groups.takeMembers(engineers, names('member'), [Buffer.from([0x63, 0x6e, 0x3d, 0xff])]));
    expect(atOnce(groups.flattened())).toMatchObject({ groups: [{ memberIds: [] }], unknown: 1 });
  });

  it('may be groups that come later, or hold one another', () => {
    const groups = new ReadGroups(SCHEMA, PEOPLE_READ());
    const [outer, inner] = [groups.take(group(1, 'outer')), groups.take(group(2, 'inner'))];
    if (!outer || !inner) throw new Error('The groups are good.');
    atOnce(
      groups.takeMembers(outer, names('member'), [`cn=inner,${GROUPS}`, `uid=ada,${PEOPLE}`].map(bytes)),
    );
    atOnce(
      groups.takeMembers(inner, names('member'), [`cn=OUTER,${GROUPS}`, `uid=grace,${PEOPLE}`].map(bytes)),
    );
    const flattened = atOnce(groups.flattened());
    expect(flattened?.unknown).toBe(0);
    for (const { memberIds } of flattened?.groups ?? [])
      expect([...memberIds].sort()).toEqual([userId(1), userId(2)]);
  });

  it('are found under a DN that they got after they were read', () => {
    const users = PEOPLE_READ();
    const groups = new ReadGroups(SCHEMA, users);
    const engineers = groups.take(group(1, 'engineers'));
    if (!engineers) throw new Error('The group is good.');
    atOnce(
      groups.takeMembers(
        engineers,
        names('member'),
        [`uid=lovelace,${PEOPLE}`, `cn=new,${GROUPS}`].map(bytes),
      ),
    );
    expect(atOnce(groups.unknownDns())).toEqual(new Set([`uid=lovelace,${PEOPLE}`, `cn=new,${GROUPS}`]));
    users.alsoAt(`uid=lovelace,${PEOPLE}`, userId(1));
    groups.alsoAt(`cn=new,${GROUPS}`, groupId(1));
    expect(atOnce(groups.unknownDns())).toEqual(new Set());
    expect(atOnce(groups.flattened())).toMatchObject({ groups: [{ memberIds: [userId(1)] }], unknown: 0 });
  });
});

describe('groups with more members than fit the memory', () => {
  it('are no answer: more than ten million memberships, nested ones counted in each group', () => {
    const countOf = (outer: number) => {
      const users = usersOf(...Array.from({ length: 1_000 }, (_, n) => user(n, `user${n}`)));
      const groups = new ReadGroups(SCHEMA, users);
      const everybody = users.users.map(({ username }) => bytes(username));
      const take = (n: number, attribute: string, values: readonly Buffer[]) => {
        const taken = groups.take(group(n, `g${n}`));
        if (taken) atOnce(groups.takeMembers(taken, names(attribute), values));
      };
      take(0, 'memberUid', everybody);
      for (let n = 1; n <= outer; n += 1) take(n, 'member', [bytes(`cn=g${n - 1},${GROUPS}`)]);
      return atOnce(groups.flattened())?.groups.length;
    };
    expect(countOf(9_999)).toBe(10_000);
    expect(countOf(10_000)).toBeUndefined();
  });
});

describe('users who cannot all be taken', () => {
  it('are named by id, five of each kind, and counted', () => {
    const broken = Array.from({ length: 7 }, (_, n) =>
      anEntry(`cn=${n},${PEOPLE}`, { entryUUID: [userId(n)] }),
    );
    expect(usersOf(...broken).reasons()).toEqual([
      expect.stringMatching(
        /^7 users without a usable uid \((aaaaaaaa-[0-9a-f-]+, ){5}2 more\)\. .*LDAP_USER_FILTER/,
      ),
    ]);
  });

  it('are named by their place where they have no id: nobody is named in a log', () =>
    expect(usersOf(anEntry(`uid=ada,${PEOPLE}`, { uid: ['ada'] })).reasons()).toEqual([
      expect.stringMatching(/^1 user without a readable entryUUID \(below ou=people,dc=example,dc=org\)\. /),
    ]));

  it('share no id and no DN', () => {
    expect(usersOf(user(1, 'ada'), user(1, 'ada')).reasons()[0]).toMatch('id that was there before');
    expect(usersOf(user(1, 'ada'), user(2, 'bob', `UID=ada,${PEOPLE}`)).reasons()[0]).toMatch(
      'DN of another',
    );
  });

  it('are all good where only a display name or an address is not', () => {
    const users = usersOf(
      anEntry(`uid=ada,${PEOPLE}`, { entryUUID: [userId(1)], uid: ['ada'], cn: ['\t'], mail: ['none'] }),
    );
    expect(users.reasons()).toEqual([]);
    expect(users.warnings()).toEqual([
      `1 user with a display name that cannot be shown (${userId(1)}). The username is shown in its place.`,
      `1 user with an address that is no e-mail address (${userId(1)}). No mail is sent there.`,
    ]);
  });
});

describe('users who share a name', () => {
  const twins = () => usersOf(user(1, 'ada'), user(2, 'ＡＤＡ', `uid=2,${PEOPLE}`), user(3, 'eve'));
  const answerOf = (attribute: string, ...values: string[]) => {
    const groups = new ReadGroups(SCHEMA, twins());
    const taken = groups.take(group(1, 'engineers'));
    if (!taken) throw new Error('The group is good.');
    atOnce(groups.takeMembers(taken, names(attribute), values.map(bytes)));
    return { memberIds: atOnce(groups.flattened())?.groups[0]?.memberIds, reasons: groups.reasons() };
  };

  it('are all taken, and an operator is told, by ids', () => {
    const users = twins();
    expect(users.users.map(({ id }) => id)).toEqual([userId(1), userId(2), userId(3)]);
    expect(users.reasons()).toEqual([]);
    expect(users.warnings()).toEqual([
      `1 user with the username of another entry, letter case and form aside (${userId(2)} and ${userId(1)}). ` +
        'Nobody signs in by a name that several have: rename one, or let LDAP_USER_FILTER leave it out.',
    ]);
  });

  it('are members by their DNs', () =>
    expect(answerOf('member', `uid=ada,${PEOPLE}`, `uid=2,${PEOPLE}`)).toEqual({
      memberIds: [userId(1), userId(2)],
      reasons: [],
    }));

  it('are no answer where a group names them so: whoever of them was a member stays one', () => {
    expect(answerOf('memberUid', 'eve', 'ada', 'ADA').reasons).toEqual([
      `1 group with a memberUid that several users have (${groupId(1)}). ` +
        'Nobody can tell which of them is meant: rename one, or let LDAP_USER_FILTER leave it out.',
    ]);
    expect(answerOf('memberUid', 'eve')).toEqual({ memberIds: [userId(3)], reasons: [] });
  });
});

describe('groups that cannot all be taken', () => {
  const groupsOf = (...entries: ReturnType<typeof group>[]) => {
    const groups = new ReadGroups(SCHEMA, PEOPLE_READ());
    for (const entry of entries) groups.take(entry);
    return groups;
  };

  it('are named by id', () =>
    expect(groupsOf(anEntry(`cn=x,${GROUPS}`, { entryUUID: [groupId(1)] })).reasons()).toEqual([
      expect.stringContaining(`1 group without a usable cn (${groupId(1)}). `),
    ]));

  it('share no id with one another or a user', () => {
    expect(groupsOf(group(1, 'a'), group(1, 'b')).reasons()[0]).toMatch('id that was there before');
    const alsoUser = anEntry(`cn=a,${GROUPS}`, { entryUUID: [userId(1)], cn: ['a'] });
    expect(groupsOf(alsoUser).reasons()[0]).toMatch('1 group with the id of a user');
  });

  it('may share a name, for an operator to know', () => {
    const groups = groupsOf(group(1, 'admins'), group(2, 'admins', `cn=admins,ou=b,${GROUPS}`));
    expect(groups.reasons()).toEqual([]);
    expect(groups.warnings()).toEqual([
      expect.stringContaining(`1 group with the name of another group (${groupId(2)} and ${groupId(1)}). `),
    ]);
  });
});
