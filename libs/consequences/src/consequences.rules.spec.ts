import { describe, expect, it } from '@jest/globals';
import { consequencesOf, graceBegan, partsOf } from './consequences.rules.js';

const nothing = { suspended: [], enabled: [], revoked: [], goneGroups: [], returnedGroups: [] };
const user = (action: string) => consequencesOf({ users: [{ action, id: 'ada' }], groups: [] });
const group = (action: string) => consequencesOf({ users: [], groups: [{ action, id: 'data' }] });

describe('what follows from a change of the directory', () => {
  it('suspends the tokens of a disabled user', () =>
    expect(user('disabled')).toEqual({ ...nothing, suspended: ['ada'] }));
  it('revokes those of a removed one', () =>
    expect(user('removed')).toEqual({ ...nothing, revoked: ['ada'] }));
  it('resumes nothing of one who is enabled, and writes what waits for them', () =>
    expect(user('enabled')).toEqual({ ...nothing, enabled: ['ada'] }));
  it.each(['created', 'updated'])('leaves alone those of a user who was %s', (action) =>
    expect(user(action)).toEqual(nothing),
  );
  it('concerns the accounts of a removed group, and of one that is back', () => {
    expect(group('removed')).toEqual({ ...nothing, goneGroups: ['data'] });
    expect(group('returned')).toEqual({ ...nothing, returnedGroups: ['data'] });
  });
  it.each(['created', 'renamed'])('leaves alone those of a group that was %s', (action) =>
    expect(group(action)).toEqual(nothing),
  );
});

describe('a grace', () => {
  const now = new Date('2026-03-31T00:00:00Z');
  it('is over for whoever was orphaned exactly so long ago', () =>
    expect(graceBegan(now, 'P30D')).toEqual(new Date('2026-03-01T00:00:00Z')));
  it('of nothing is over at once', () => expect(graceBegan(now, 'PT0S')).toEqual(now));
});

describe('principals in parts', () => {
  const parts = (counts: Record<string, number>) => partsOf(new Map(Object.entries(counts)), 10);
  it('have at most so many tokens together', () =>
    expect(parts({ a: 4, b: 6, c: 1, d: 10, e: 3 })).toEqual([['a', 'b'], ['c'], ['d'], ['e']]));
  it('may have more where one has them alone', () =>
    expect(parts({ a: 1, b: 11, c: 1 })).toEqual([['a'], ['b'], ['c']]));
  it('are one part where they are few, and none where there are none', () => {
    expect(parts({ a: 5, b: 5 })).toEqual([['a', 'b']]);
    expect(parts({})).toEqual([]);
  });
});
