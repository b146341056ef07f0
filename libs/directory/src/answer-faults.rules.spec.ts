import { describe, expect, it } from '@jest/globals';
import { faultsAgainst, revivalWarnings } from './answer-faults.rules.js';
import type { CopiedGroup, CopiedUser, DirectoryUser } from './directory-changes.rules.js';

const entry = (id: string, enabled = true): DirectoryUser => ({
  id,
  username: id,
  displayName: id,
  email: null,
  enabled,
});
const copied = (id: string, state: CopiedUser['state'] = 'ACTIVE'): CopiedUser => ({
  id,
  username: id,
  displayName: id,
  email: null,
  state,
  lastSignInAt: null,
});
const group = (id: string, ...memberIds: string[]) => ({ id, name: id, memberIds });
const copiedGroup = (id: string, state: CopiedGroup['state'], ...memberIds: string[]): CopiedGroup => ({
  ...group(id, ...memberIds),
  state,
});

describe('an answer that is empty of a sudden', () => {
  const copy = { users: [copied('ada')], groups: [copiedGroup('g', 'ACTIVE')] };

  it('is not whole without a user', () =>
    expect(faultsAgainst(copy, { users: [], groups: [group('g')] })).toEqual([
      expect.stringContaining('no user'),
    ]));

  it('is not whole without a group where there was one', () => {
    const without = { users: [entry('ada')], groups: [] };
    expect(faultsAgainst(copy, without)).toEqual([expect.stringContaining('no group')]);
    expect(faultsAgainst({ ...copy, groups: [copiedGroup('g', 'REMOVED')] }, without)).toEqual([]);
    expect(faultsAgainst({ ...copy, groups: [] }, without)).toEqual([]);
  });
});

describe('an answer that says of nobody that they are disabled', () => {
  const names = (count: number) => Array.from({ length: count }, (_, n) => `leaver${n}`);
  const copyOf = (count: number) => ({
    users: [copied('ada'), ...names(count).map((id) => copied(id, 'DISABLED'))],
    groups: [],
  });
  const answerOf = (users: readonly DirectoryUser[]) => ({ users: [entry('ada'), ...users], groups: [] });
  const revived = (count: number) => answerOf(names(count).map((id) => entry(id)));

  it('is not whole where five were', () =>
    expect(faultsAgainst(copyOf(5), revived(5))).toEqual([
      'Nobody is disabled by it although 5 were. LDAP_BIND_DN must be allowed to read what says so ' +
        '(pwdAccountLockedTime, nsAccountLock); in a file it is "enabled": false. Where all of them are meant, enable the ' +
        'last 4 after a synchronisation with the others.',
    ]));

  it('is whole where four were, with a warning', () => {
    expect(faultsAgainst(copyOf(4), revived(4))).toEqual([]);
    expect(revivalWarnings(copyOf(4), revived(4))).toEqual([
      expect.stringMatching(/^Nobody is disabled any more; 4 users are enabled\. LDAP_BIND_DN must /),
    ]);
    expect(revivalWarnings(copyOf(0), revived(0))).toEqual([]);
  });

  it('is whole where somebody is still disabled, known or new', () => {
    for (const id of ['leaver0', 'new']) {
      const answer = answerOf([
        ...names(6)
          .slice(1)
          .map((one) => entry(one)),
        entry(id, false),
      ]);
      expect(faultsAgainst(copyOf(6), answer)).toEqual([]);
      expect(revivalWarnings(copyOf(6), answer)).toEqual([]);
    }
  });

  it('counts neither who is gone nor who was removed before', () => {
    expect(faultsAgainst(copyOf(9), revived(4))).toEqual([]);
    const copy = { users: names(9).map((id) => copied(id, 'REMOVED')), groups: [] };
    expect(faultsAgainst(copy, revived(9))).toEqual([]);
  });
});

describe('an answer whose groups are all empty', () => {
  const users = [copied('ada'), copied('eve')];
  const answer = (...ids: string[]) => ({
    users: ids.map((id) => entry(id)),
    groups: [group('g'), group('h')],
  });

  it('is not whole where somebody was in one of them, however few groups there are', () => {
    const copy = { users, groups: [copiedGroup('g', 'ACTIVE', 'ada'), copiedGroup('h', 'ACTIVE')] };
    expect(faultsAgainst(copy, answer('ada', 'eve'))).toEqual([
      'Nobody is in any of its groups although there was 1 membership: LDAP_BIND_DN must be allowed to read members ' +
        '(member, uniqueMember, memberUid), in a file they are "members".',
    ]);
  });

  it('is whole where one member is left, where none was, and where the group is new', () => {
    const copy = { users, groups: [copiedGroup('g', 'ACTIVE', 'ada', 'eve')] };
    expect(faultsAgainst(copy, { users: [entry('ada'), entry('eve')], groups: [group('g', 'eve')] })).toEqual(
      [],
    );
    expect(faultsAgainst({ users, groups: [copiedGroup('g', 'ACTIVE')] }, answer('ada', 'eve'))).toEqual([]);
    expect(faultsAgainst({ users, groups: [] }, answer('ada', 'eve'))).toEqual([]);
  });

  it('is whole where its members left the company, or the group is gone: that takes their rights', () => {
    const copy = { users, groups: [copiedGroup('g', 'ACTIVE', 'ada')] };
    expect(faultsAgainst(copy, answer('eve'))).toEqual([]);
    const gone = { users, groups: [copiedGroup('old', 'ACTIVE', 'ada'), copiedGroup('g', 'REMOVED', 'ada')] };
    expect(faultsAgainst(gone, answer('ada', 'eve'))).toEqual([]);
  });
});

describe('an answer that gives an id to another thing', () => {
  const copy = { users: [copied('ada')], groups: [copiedGroup('g', 'ACTIVE')] };

  it('is not whole: a user with that of a group, or a group with that of a user', () => {
    expect(faultsAgainst(copy, { users: [entry('g')], groups: [group('x')] })).toEqual([
      expect.stringContaining('1 id of a user is already that of a group (g)'),
    ]);
    expect(faultsAgainst(copy, { users: [entry('ada')], groups: [group('ada')] })).toEqual([
      expect.stringContaining('1 id of a group is already that of a user (ada)'),
    ]);
  });

  it('names five of them, and counts all', () => {
    const ids = Array.from({ length: 7 }, (_, n) => `g${n}`);
    const groups = ids.map((id) => copiedGroup(id, 'ACTIVE'));
    expect(
      faultsAgainst({ users: [], groups }, { users: ids.map((id) => entry(id)), groups: [group('x')] }),
    ).toEqual([
      expect.stringContaining('7 ids of users are already those of groups (g0, g1, g2, g3, g4, 2 more)'),
    ]);
  });
});
