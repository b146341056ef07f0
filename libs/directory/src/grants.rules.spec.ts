import { describe, expect, it } from '@jest/globals';
import { addedGrants, areSameGrants, firstNotHeld, storedGrants } from './grants.rules.js';

describe('what a change of grants gives', () => {
  it('is what the group had not, be it within a wider grant', () =>
    expect(addedGrants(['dataset/*:read'], ['dataset/*:read', 'dataset/sales:read', 'dataset:read'])).toEqual(
      ['dataset:read'],
    ));
  it('must be held, and names the first that is not', () => {
    expect(firstNotHeld(['dataset/*:read'], ['dataset/a:read', 'dataset/a:write'])).toBe('dataset/a:write');
    expect(firstNotHeld(['dataset/*:read'], ['dataset/*:*'])).toBe('dataset/*:*');
    expect(firstNotHeld(['*:*'], ['dataset/*:*', '*:*'])).toBeUndefined();
    expect(firstNotHeld([], [])).toBeUndefined();
  });
});

describe('what is stored of it', () => {
  it('is never what is inherent in a group of administrators', () => {
    expect(storedGrants(['*:*', 'tokens:read'], { isPinned: true })).toEqual(['tokens:read']);
    expect(storedGrants(['*:*'], { isPinned: false })).toEqual(['*:*']);
  });
  it('is the same in another order', () => {
    expect(areSameGrants(['a:b', 'c:d'], ['c:d', 'a:b'])).toBe(true);
    expect(areSameGrants(['a:b'], ['a:b', 'c:d'])).toBe(false);
    expect(areSameGrants(['a:b', 'c:d'], ['a:b', 'e:f'])).toBe(false);
  });
});
