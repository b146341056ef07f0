import { describe, expect, it } from '@jest/globals';
import { faultsAgainst } from './answer-faults.rules.js';
import type { CopiedGroup, CopiedUser, DirectoryUser } from './directory-changes.rules.js';

const entry = (id: string): DirectoryUser => ({
  ...{ id, username: id, displayName: id },
  ...{ email: null, enabled: true },
});
const copied = (id: string): CopiedUser => ({
  ...{ id, username: id, displayName: id, email: null },
  ...{ state: 'ACTIVE', lastSignInAt: null },
});
const group = (id: string) => ({ id, name: id, memberIds: [] });
const copiedGroup = (id: string, state: CopiedGroup['state']): CopiedGroup => ({ ...group(id), state });

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
