import { describe, expect, it } from '@jest/globals';
import { namedIn, tollOf, whyBeyond, whyHeld, type NamedLosses } from './brake.rules.js';
import {
  whatChanges,
  type CopiedGroup,
  type CopiedUser,
  type DirectoryUser,
} from './directory-changes.rules.js';
import { atOnce } from './stepwise.rules.js';

const READ_FROM = new Date('2026-03-01T12:00:00.000Z');
const KEPT_GROUP = { id: 'kept', name: 'kept', memberIds: [] };

const ids = (count: number, prefix = 'u') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const copiedUser = (id: string, state: CopiedUser['state'] = 'ACTIVE'): CopiedUser => ({
  ...{ id, username: `name of ${id}`, displayName: id, email: null },
  ...{ state, lastSignInAt: null },
});
const entry = (id: string, enabled = true): DirectoryUser => ({
  ...{ id, username: `name of ${id}`, displayName: id, email: null },
  enabled,
});
const copiedGroup = (id: string, memberIds: readonly string[] = []): CopiedGroup => ({
  ...{ id, name: `name of ${id}`, memberIds },
  state: 'ACTIVE',
});

function tollBetween(
  before: { users?: CopiedUser[]; groups?: CopiedGroup[] },
  after: { users?: DirectoryUser[]; groups?: { id: string; name: string; memberIds: string[] }[] },
) {
  const copy = { users: before.users ?? [], groups: before.groups ?? [] };
  const answer = { users: after.users ?? [], groups: after.groups ?? [KEPT_GROUP] };
  return tollOf(copy, answer, atOnce(whatChanges(copy, answer, READ_FROM)));
}
/** Of so many active users the first few are removed, or disabled. */
function usersLost(lost: number, active: number, how: 'removed' | 'disabled' = 'removed') {
  const all = ids(active);
  const users =
    how === 'removed' ? all.slice(lost).map((id) => entry(id)) : all.map((id, i) => entry(id, i >= lost));
  return tollBetween({ users: all.map((id) => copiedUser(id)) }, { users });
}
function groupsLost(lost: number, active: number) {
  const all = ids(active, 'g');
  const groups = all.slice(lost).map((id) => ({ id, name: `name of ${id}`, memberIds: [] }));
  return tollBetween({ groups: all.map((id) => copiedGroup(id)) }, { groups });
}

describe('the brake (rule 12)', () => {
  it.each([
    [4, 20],
    [4, 4],
    [5, 50], // exactly a tenth
    [5, 51],
    [6, 60],
    [0, 0],
  ])('lets %i of %i active users, or groups, be lost', (lost, active) => {
    expect(whyHeld(usersLost(lost, active))).toEqual([]);
    expect(whyHeld(usersLost(lost, active, 'disabled'))).toEqual([]);
    expect(whyHeld(groupsLost(lost, active))).toEqual([]);
  });

  it.each([
    [5, 49],
    [5, 5],
    [6, 59],
    [11, 109],
  ])('holds an answer by which %i of %i are lost, and says so', (lost, active) => {
    for (const toll of [usersLost(lost, active), usersLost(lost, active, 'disabled')]) {
      expect(whyHeld(toll)).toEqual([`It would disable or remove ${lost} of ${active} active users.`]);
    }
    expect(whyHeld(groupsLost(lost, active))).toEqual([
      `It would remove ${lost} of ${active} active groups, or take most of their members away from them.`,
    ]);
  });

  it('counts who is disabled and who is removed together', () => {
    const all = ids(20);
    const toll = (removed: number, disabled: number) =>
      tollBetween(
        { users: all.map((id) => copiedUser(id)) },
        { users: all.slice(removed).map((id, i) => entry(id, i >= disabled)) },
      );
    expect(whyHeld(toll(2, 2))).toEqual([]);
    expect(whyHeld(toll(2, 3))).toHaveLength(1);
  });

  it('counts users and groups apart', () => {
    const users = ids(20);
    const groups = ids(20, 'g');
    const toll = tollBetween(
      { users: users.map((id) => copiedUser(id)), groups: groups.map((id) => copiedGroup(id)) },
      {
        users: users.slice(4).map((id) => entry(id)),
        groups: groups.slice(4).map((id) => ({ id, name: `name of ${id}`, memberIds: [] })),
      },
    );
    expect([toll.users, toll.groups]).toEqual([
      { active: 20, lost: 4 },
      { active: 20, lost: 4 },
    ]);
    expect(whyHeld(toll)).toEqual([]);
  });

  it('counts only active users, of those who are lost and of those who are there', () => {
    const before = [
      ...ids(45).map((id) => copiedUser(id)),
      ...ids(20, 'd').map((id) => copiedUser(id, 'DISABLED')),
      ...ids(20, 'r').map((id) => copiedUser(id, 'REMOVED')),
    ];
    const stay = ids(45).map((id) => entry(id));
    // All the disabled are removed, and all the removed come back disabled: nobody who could act is lost by that.
    const calm = tollBetween(
      { users: before },
      { users: [...stay, ...ids(20, 'r').map((id) => entry(id, false))] },
    );
    expect(calm.users).toEqual({ active: 45, lost: 0 });
    expect(calm.losses.removedUsers).toHaveLength(20);
    expect(calm.losses.disabledUsers).toEqual([]);
    expect(whyHeld(calm)).toEqual([]);
    // 5 of 45 active ones are more than a tenth, although 5 of all 85 are not.
    const five = tollBetween(
      { users: before },
      { users: [...stay.slice(5), ...ids(20, 'd').map((id) => entry(id, false))] },
    );
    expect(five.users).toEqual({ active: 45, lost: 5 });
    expect(whyHeld(five)).toHaveLength(1);
  });
});

describe('an answer that has of something nothing any more', () => {
  const nothingLost = tollBetween({}, {});

  it.each([
    ['users who are enabled because nobody is disabled', { revived: 5, memberships: 0 }],
    ['memberships that end because nobody is in any group', { revived: 0, memberships: 5 }],
  ])('is held from five %s, though no user and hardly a group is lost', (_, absences) => {
    expect(whyHeld({ ...nothingLost, absences })).toHaveLength(1);
    expect(whyHeld({ ...nothingLost, absences: { revived: 4, memberships: 4 } })).toEqual([]);
  });

  it('is one in which there was some and is none', () => {
    const users = ids(5).map((id) => copiedUser(id, 'DISABLED'));
    const entries = ids(5).map((id) => entry(id));
    expect(tollBetween({ users }, { users: entries }).absences).toEqual({ revived: 5, memberships: 0 });
  });
});

describe('a group that counts as lost', () => {
  const members = (count: number) => ids(count, 'm');
  /** One group with so many members, of whom some leave and some come. */
  function emptied(before: number, leave: number, come = 0) {
    const people = [...members(before), ...ids(come, 'new')];
    const stay = [...members(before).slice(leave), ...ids(come, 'new')];
    const toll = tollBetween(
      { users: people.map((id) => copiedUser(id)), groups: [copiedGroup('g', members(before))] },
      { users: people.map((id) => entry(id)), groups: [{ id: 'g', name: 'name of g', memberIds: stay }] },
    );
    expect(toll.groups.lost).toBe(toll.losses.emptiedGroups.length);
    return toll.losses.emptiedGroups.length === 1;
  }

  it.each([
    [10, 6],
    [11, 6],
    [20, 11],
    [1, 1],
    [9, 9],
    [10, 10],
  ])('of %i members loses %i', (before, leave) => expect(emptied(before, leave)).toBe(true));

  it.each([
    [10, 5],
    [11, 5],
    [20, 10],
    [9, 5],
    [9, 8],
    [2, 1],
    [10, 0],
    [0, 0],
  ])('is not one that of %i members loses %i', (before, leave) => expect(emptied(before, leave)).toBe(false));

  it('has lost all its members also where others came in their place', () => {
    expect(emptied(3, 3, 5)).toBe(true);
    expect(emptied(3, 2, 5)).toBe(false);
    expect(emptied(0, 0, 5)).toBe(false);
  });

  it('is held like a removed one, from five of 49 on', () => {
    const toll = (removed: number, lost: number, active: number) => {
      const all = ids(active, 'g');
      return tollBetween(
        { users: [copiedUser('ada')], groups: all.map((id) => copiedGroup(id, ['ada'])) },
        {
          users: [entry('ada')],
          groups: all
            .slice(removed)
            .map((id, i) => ({ id, name: `name of ${id}`, memberIds: i < lost - removed ? [] : ['ada'] })),
        },
      );
    };
    expect(toll(2, 5, 49).groups).toEqual({ active: 49, lost: 5 });
    expect(whyHeld(toll(2, 5, 49))).toHaveLength(1);
    expect(whyHeld(toll(2, 4, 20))).toEqual([]);
    expect(whyHeld(toll(0, 5, 50))).toEqual([]);
  });

  it('is counted once where it is removed with all its members', () => {
    const toll = tollBetween(
      { users: [copiedUser('ada')], groups: [copiedGroup('g', ['ada']), copiedGroup('kept')] },
      { users: [entry('ada')] },
    );
    expect(toll.groups).toEqual({ active: 2, lost: 1 });
    expect(toll.losses.emptiedGroups).toEqual([]);
  });
});

describe('what an answer takes away', () => {
  it('is named by id and by the name that the copy knows', () => {
    const { losses } = tollBetween(
      {
        users: [copiedUser('b'), copiedUser('a'), copiedUser('c'), copiedUser('m')],
        groups: [copiedGroup('y', ['m']), copiedGroup('x'), copiedGroup('kept')],
      },
      {
        users: [entry('c', false), entry('m')],
        groups: [{ id: 'y', name: 'renamed', memberIds: [] }, KEPT_GROUP],
      },
    );
    expect(losses).toEqual({
      disabledUsers: [{ id: 'c', name: 'name of c' }],
      removedUsers: [
        { id: 'b', name: 'name of b' },
        { id: 'a', name: 'name of a' },
      ],
      removedGroups: [{ id: 'x', name: 'name of x' }],
      emptiedGroups: [{ id: 'y', name: 'name of y' }],
    });
    expect(namedIn(losses)).toEqual({
      disabledUserIds: ['c'],
      removedUserIds: ['a', 'b'],
      removedGroupIds: ['x'],
      emptiedGroupIds: ['y'],
    });
  });
});

describe('what was accepted', () => {
  const named: NamedLosses = {
    disabledUserIds: ['d1', 'd2'],
    removedUserIds: ['r1', 'r2'],
    removedGroupIds: ['g1', 'g2'],
    emptiedGroupIds: ['e1', 'e2'],
  };
  const losses = (
    what: Partial<Record<'disabledUsers' | 'removedUsers' | 'removedGroups' | 'emptiedGroups', string[]>>,
  ) => {
    const entries = (list: string[] = []) => list.map((id) => ({ id, name: id }));
    return {
      disabledUsers: entries(what.disabledUsers),
      removedUsers: entries(what.removedUsers),
      removedGroups: entries(what.removedGroups),
      emptiedGroups: entries(what.emptiedGroups),
    };
  };

  it.each([
    [
      'just that',
      {
        disabledUsers: ['d1', 'd2'],
        removedUsers: ['r1', 'r2'],
        removedGroups: ['g1', 'g2'],
        emptiedGroups: ['e1', 'e2'],
      },
    ],
    ['less', { disabledUsers: ['d2'], emptiedGroups: ['e1'] }],
    ['nothing', {}],
    ['a user disabled who was to be removed', { disabledUsers: ['r1'] }],
    ['a group emptied that was to be removed', { emptiedGroups: ['g2'] }],
  ])('covers %s', (_, what) => expect(whyBeyond(losses(what), named)).toEqual([]));

  it.each([
    ['another user disabled', { disabledUsers: ['d1', 'x'] }, 'disable 1 user'],
    ['other users removed', { removedUsers: ['x', 'y', 'r1'] }, 'remove 2 users'],
    ['a user removed who was to be disabled', { removedUsers: ['d1'] }, 'remove 1 user'],
    ['another group removed', { removedGroups: ['x'] }, 'remove 1 group'],
    ['a group removed that was to be emptied', { removedGroups: ['e1'] }, 'remove 1 group'],
    ['another group emptied', { emptiedGroups: ['x'] }, 'take most of its members from 1 group'],
    ['other groups emptied', { emptiedGroups: ['x', 'y'] }, 'take most of their members from 2 groups'],
  ])('does not cover %s', (_, what, said) => {
    const reasons = whyBeyond(losses(what), named);
    expect(reasons).toEqual([`It would ${said} beyond what was accepted.`]);
  });
});
