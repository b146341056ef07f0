import { describe, expect, it } from '@jest/globals';
import { absencesInWords, absencesOf } from './absences.rules.js';
import type { CopiedGroup, CopiedUser } from './directory-changes.rules.js';

const person = (id: string) => ({ id, username: id, displayName: id, email: null });
const entry = (id: string, enabled = true) => ({ ...person(id), enabled });
const copied = (id: string, state: CopiedUser['state'] = 'ACTIVE'): CopiedUser => ({
  ...person(id),
  ...{ state, lastSignInAt: null },
});
const group = (id: string, ...memberIds: string[]) => ({ id, name: id, memberIds });
const copiedGroup = (id: string, state: CopiedGroup['state'], ...memberIds: string[]): CopiedGroup => ({
  ...group(id, ...memberIds),
  state,
});

describe('an answer that says of nobody that they are disabled', () => {
  const names = (count: number) => Array.from({ length: count }, (_, n) => `leaver${n}`);
  const copyOf = (count: number) => ({
    users: [copied('ada'), ...names(count).map((id) => copied(id, 'DISABLED'))],
    groups: [],
  });
  const answerOf = (users: readonly ReturnType<typeof entry>[]) => ({
    users: [entry('ada'), ...users],
    groups: [],
  });
  const revived = (count: number) => answerOf(names(count).map((id) => entry(id)));

  it('enables all who were', () => {
    expect(absencesOf(copyOf(5), revived(5))).toEqual({ revived: 5, memberships: 0 });
    expect(absencesOf(copyOf(0), revived(0))).toEqual({ revived: 0, memberships: 0 });
  });

  it('enables them as others do where somebody is still disabled, known or new', () => {
    for (const id of ['leaver0', 'new']) {
      const others = names(6).slice(1);
      const answer = answerOf([...others.map((one) => entry(one)), entry(id, false)]);
      expect(absencesOf(copyOf(6), answer).revived).toBe(0);
    }
  });

  it('counts neither who is gone nor who was removed before', () => {
    expect(absencesOf(copyOf(9), revived(4)).revived).toBe(4);
    const copy = { users: names(9).map((id) => copied(id, 'REMOVED')), groups: [] };
    expect(absencesOf(copy, revived(9)).revived).toBe(0);
  });
});

describe('an answer whose groups are all empty', () => {
  const users = [copied('ada'), copied('eve')];
  const answer = (...ids: string[]) => ({
    users: ids.map((id) => entry(id)),
    groups: [group('g'), group('h')],
  });
  const ended = (...parameters: Parameters<typeof absencesOf>) => absencesOf(...parameters).memberships;

  it('ends all memberships that were, however few groups there are', () => {
    const copy = {
      users,
      groups: [copiedGroup('g', 'ACTIVE', 'ada', 'eve'), copiedGroup('h', 'ACTIVE', 'eve')],
    };
    expect(ended(copy, answer('ada', 'eve'))).toBe(3);
  });

  it('is as others are where one member is left, where none was, and where the group is new', () => {
    const copy = { users, groups: [copiedGroup('g', 'ACTIVE', 'ada', 'eve')] };
    expect(ended(copy, { users: [entry('ada'), entry('eve')], groups: [group('g', 'eve')] })).toBe(0);
    expect(ended({ users, groups: [copiedGroup('g', 'ACTIVE')] }, answer('ada', 'eve'))).toBe(0);
    expect(ended({ users, groups: [] }, answer('ada', 'eve'))).toBe(0);
  });

  it('is as others are where its members left the company, or the group is gone: that takes their rights', () => {
    const copy = { users, groups: [copiedGroup('g', 'ACTIVE', 'ada')] };
    expect(ended(copy, answer('eve'))).toBe(0);
    const gone = { users, groups: [copiedGroup('old', 'ACTIVE', 'ada'), copiedGroup('g', 'REMOVED', 'ada')] };
    expect(ended(gone, answer('ada', 'eve'))).toBe(0);
  });
});

describe('what is absent, in words', () => {
  it('says how many, and which right to read may be missing', () => {
    expect(absencesInWords({ revived: 6, memberships: 80 })).toEqual([
      'It says of nobody that they are disabled, and enables all 6 users who were: LDAP_BIND_DN must be allowed to read ' +
        'what says so (pwdAccountLockedTime, nsAccountLock); in a file it is "enabled": false.',
      'It has nobody in any group although there were 80 memberships: LDAP_BIND_DN must be allowed to read members ' +
        '(member, uniqueMember, memberUid); in a file they are "members".',
    ]);
    expect(absencesInWords({ revived: 1, memberships: 1 })).toEqual([
      expect.stringContaining('enables the 1 user who was:'),
      expect.stringContaining('there was 1 membership:'),
    ]);
  });

  it('says nothing where nothing is, or less than what was asked for', () => {
    expect(absencesInWords({ revived: 0, memberships: 0 })).toEqual([]);
    expect(absencesInWords({ revived: 4, memberships: 4 }, 5)).toEqual([]);
    expect(absencesInWords({ revived: 5, memberships: 5 }, 5)).toHaveLength(2);
  });
});
