import { describe, expect, it } from '@jest/globals';
import { isPublished, isSettled, keyToSignWith, startOfNextKey, stateOf } from './key-state.rules.js';

const noon = new Date('2026-03-01T12:00:00Z');
const at = (seconds: number) => new Date(noon.getTime() + seconds * 1_000);
const key = (activeFrom: Date, retiredAt: Date | null = null, withdrawnAt: Date | null = null) => ({
  activeFrom,
  retiredAt,
  withdrawnAt,
});

describe('the state of a key', () => {
  it.each([
    ['UPCOMING a moment before it signs', key(at(0.001)), 'UPCOMING'],
    ['ACTIVE from that moment on', key(noon), 'ACTIVE'],
    ['ACTIVE while its retirement lies ahead', key(at(-9), at(0.001)), 'ACTIVE'],
    ['RETIRED from that moment on', key(at(-9), noon), 'RETIRED'],
    ['WITHDRAWN whatever else it is', key(at(-9), at(-5), noon), 'WITHDRAWN'],
    ['WITHDRAWN also before it signed', key(at(9), null, at(-1)), 'WITHDRAWN'],
  ])('is %s', (_, life, state) => expect(stateOf(life, noon)).toBe(state));
});

describe('the key to sign with', () => {
  const old = key(at(-900), at(0));
  const next = key(at(0));
  it('is the old one until the very moment at which the next begins', () => {
    expect(keyToSignWith([next, old], at(-0.001))).toBe(old);
    expect(keyToSignWith([next, old], at(0))).toBe(next);
  });
  it('is the newest of several that are active', () => {
    const other = key(at(-1));
    expect(keyToSignWith([key(at(-5)), other, key(at(-3))], noon)).toBe(other);
  });
  it('is the next one where this clock is behind the one that made it', () =>
    expect(keyToSignWith([key(at(2))], noon)).toEqual(key(at(2))));
  it('is none of those that are retired or withdrawn', () =>
    expect(keyToSignWith([key(at(-9), at(-1)), key(at(-9), null, at(-1))], noon)).toBeUndefined());
});

describe('the next key', () => {
  it('signs 300 s from now', () => expect(startOfNextKey([key(at(-9))], noon)).toEqual(at(300)));
  it('signs at once where nothing else can', () => {
    expect(startOfNextKey([], noon)).toEqual(noon);
    expect(startOfNextKey([key(at(-9), null, at(-1))], noon)).toEqual(noon);
  });
});

describe('a retired key', () => {
  const retired = key(at(-900), at(-60));
  it('is settled 60 s after it retired', () => {
    expect(isSettled(retired, noon)).toBe(true);
    expect(isSettled(retired, at(-0.001))).toBe(false);
  });
  it('is published while its last token lives, to the moment', () => {
    expect(isPublished(retired, at(0.001), noon)).toBe(true);
    expect(isPublished(retired, noon, noon)).toBe(false);
  });
  it('is published while nobody knows its last token', () =>
    expect(isPublished(retired, undefined, noon)).toBe(true));
  it('is published no more where it has no token', () =>
    expect(isPublished(retired, null, noon)).toBe(false));
  it('is published before it is settled, whatever is said of its tokens', () =>
    expect(isPublished(key(at(-900), at(-59)), null, noon)).toBe(true));
});

describe('any other key', () => {
  it.each([
    ['UPCOMING', key(at(9)), true],
    ['ACTIVE', key(at(-9)), true],
    ['WITHDRAWN', key(at(-9), null, at(-1)), false],
  ])('that is %s: published %s', (_, life, expected) => expect(isPublished(life, null, noon)).toBe(expected));
});
