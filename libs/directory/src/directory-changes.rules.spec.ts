import { describe, expect, it } from '@jest/globals';
import {
  usersWho,
  whatChanges,
  type CopiedGroup,
  type CopiedUser,
  type DirectoryUser,
} from './directory-changes.rules.js';
import { atOnce } from './stepwise.rules.js';

const READ_FROM = new Date('2026-03-01T12:00:00.000Z');
const entry = (id: string, facts: Partial<DirectoryUser> = {}): DirectoryUser => ({
  id,
  username: id,
  displayName: id,
  email: null,
  enabled: true,
  ...facts,
});
const copied = (id: string, facts: Partial<CopiedUser> = {}): CopiedUser => ({
  id,
  username: id,
  displayName: id,
  email: null,
  state: 'ACTIVE',
  lastSignInAt: null,
  ...facts,
});
const group = (id: string, memberIds: string[] = [], name = id) => ({ id, name, memberIds });
const copiedGroup = (id: string, facts: Partial<CopiedGroup> = {}): CopiedGroup => ({
  id,
  name: id,
  state: 'ACTIVE',
  memberIds: [],
  ...facts,
});

function changesOf(
  users: CopiedUser[],
  entries: DirectoryUser[],
  groups: CopiedGroup[] = [],
  answered = [group('g')],
) {
  return atOnce(whatChanges({ users, groups }, { users: entries, groups: answered }, READ_FROM));
}
const actions = (changes: ReturnType<typeof changesOf>) =>
  changes.users.map(({ action, id }) => `${id} ${action}`);

describe('what a whole answer changes in users', () => {
  it('nothing where nothing differs', () =>
    expect(changesOf([copied('ada')], [entry('ada')], [copiedGroup('g')])).toEqual({
      users: [],
      groups: [],
    }));
  it('creates whom the copy does not know', () =>
    expect(actions(changesOf([], [entry('ada')]))).toEqual(['ada created']));
  it('updates names and e-mail, and says which', () =>
    expect(
      changesOf([copied('ada')], [entry('ada', { displayName: 'Ada', email: 'a@b.example' })]).users[0],
    ).toMatchObject({
      action: 'updated',
      changedFacts: ['displayName', 'email'],
    }));
  it('disables and enables', () => {
    expect(actions(changesOf([copied('ada')], [entry('ada', { enabled: false })]))).toEqual(['ada disabled']);
    expect(actions(changesOf([copied('ada', { state: 'DISABLED' })], [entry('ada')]))).toEqual([
      'ada enabled',
    ]);
  });
  it('removes whom a whole answer does not name, once', () => {
    expect(actions(changesOf([copied('ada')], []))).toEqual(['ada removed']);
    expect(actions(changesOf([copied('ada', { state: 'REMOVED' })], []))).toEqual([]);
  });
  it('makes a removed user active again under the same id, or disabled where they come back so', () => {
    expect(actions(changesOf([copied('ada', { state: 'REMOVED' })], [entry('ada')]))).toEqual([
      'ada enabled',
    ]);
    expect(
      actions(changesOf([copied('ada', { state: 'REMOVED' })], [entry('ada', { enabled: false })])),
    ).toEqual(['ada disabled']);
  });
  it('takes a name under another id for somebody else', () =>
    expect(
      actions(changesOf([copied('old', { username: 'ada' })], [entry('new', { username: 'ada' })])),
    ).toEqual(['old removed', 'new created']));
  it('is one change for each user, whatever differs', () =>
    expect(
      changesOf(
        [copied('ada')],
        [entry('ada', { enabled: false, displayName: 'Ada' })],
        [],
        [group('g', ['ada'])],
      ).users,
    ).toMatchObject([{ action: 'disabled', changedFacts: ['displayName'], joinedGroupIds: ['g'] }]));
});

describe('an answer that is older than a sign-in', () => {
  const signedInAt = (moment: Date) => copied('ada', { lastSignInAt: moment });
  it('neither removes nor disables who signed in at its beginning or later', () => {
    expect(actions(changesOf([signedInAt(READ_FROM)], []))).toEqual([]);
    expect(actions(changesOf([signedInAt(READ_FROM)], [entry('ada', { enabled: false })]))).toEqual([]);
  });
  it('does so with who signed in a millisecond before', () =>
    expect(actions(changesOf([signedInAt(new Date(READ_FROM.getTime() - 1))], []))).toEqual(['ada removed']));
  it('still says which groups they are in', () =>
    expect(changesOf([signedInAt(READ_FROM)], [entry('ada')], [], [group('g', ['ada'])]).users).toMatchObject(
      [{ action: 'updated', changedFacts: [], joinedGroupIds: ['g'] }],
    ));
});

describe('what a whole answer changes in groups', () => {
  const groupsAfter = (before: CopiedGroup[], answered: ReturnType<typeof group>[]) =>
    changesOf([], [entry('ada')], before, answered).groups.map(({ action, id }) => `${id} ${action}`);
  it('creates, renames and removes by id', () => {
    expect(groupsAfter([], [group('a')])).toEqual(['a created']);
    expect(groupsAfter([copiedGroup('a')], [group('a', [], 'other')])).toEqual(['a renamed']);
    expect(groupsAfter([copiedGroup('a')], [group('b')])).toEqual(['b created', 'a removed']);
  });
  it('takes a name under another id for another group', () =>
    expect(groupsAfter([copiedGroup('old', { name: 'admins' })], [group('new', [], 'admins')])).toEqual([
      'new created',
      'old removed',
    ]));
  it('brings a removed group back under its id', () =>
    expect(groupsAfter([copiedGroup('a', { state: 'REMOVED' })], [group('a')])).toEqual(['a returned']));
  it('takes the members of a removed group out of it', () =>
    expect(
      changesOf([copied('ada')], [entry('ada')], [copiedGroup('a', { memberIds: ['ada'] })], [group('b')])
        .users,
    ).toMatchObject([{ action: 'updated', leftGroupIds: ['a'] }]));
  it("is nothing to whoever stays in a group, and their leaving or joining is each group's own", () => {
    const before = [
      copiedGroup('a', { memberIds: ['ada', 'eve'] }),
      copiedGroup('b', { memberIds: ['eve'] }),
    ];
    const after = [group('a', ['ada']), group('b', ['eve', 'ada'])];
    const { users } = changesOf([copied('ada'), copied('eve')], [entry('ada'), entry('eve')], before, after);
    expect(users).toMatchObject([
      { id: 'ada', joinedGroupIds: ['b'], leftGroupIds: [] },
      { id: 'eve', joinedGroupIds: [], leftGroupIds: ['a'] },
    ]);
    expect(
      changesOf(
        [copied('ada')],
        [entry('ada')],
        [copiedGroup('a', { memberIds: ['ada'] })],
        [group('a', ['ada'])],
      ).users,
    ).toEqual([]);
  });
  it('finds those of one action', () =>
    expect(usersWho('created', changesOf([copied('old')], [entry('new')])).map(({ id }) => id)).toEqual([
      'new',
    ]));
});
