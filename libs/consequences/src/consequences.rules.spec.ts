import { describe, expect, it } from '@jest/globals';
import { consequencesOf } from './consequences.rules.js';

const nothing = { suspended: [], revoked: [], goneGroups: [], returnedGroups: [] };
const user = (action: string) => consequencesOf({ users: [{ action, id: 'ada' }], groups: [] });
const group = (action: string) => consequencesOf({ users: [], groups: [{ action, id: 'data' }] });

describe('what follows from a change of the directory', () => {
  it('suspends the tokens of a disabled user', () =>
    expect(user('disabled')).toEqual({ ...nothing, suspended: ['ada'] }));
  it('revokes those of a removed one', () =>
    expect(user('removed')).toEqual({ ...nothing, revoked: ['ada'] }));
  it.each(['created', 'enabled', 'updated'])('leaves alone those of a user who was %s', (action) =>
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
