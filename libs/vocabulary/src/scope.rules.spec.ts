import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkedScopes,
  coveringScopes,
  covers,
  firstNotCovered,
  intersection,
  isScope,
  withoutCovered,
} from './scope.rules.js';
import { Problem } from './problem.js';

const part = fc.constantFrom('a', 'b', 'sales', 'Sales', 'x.y', 'o_1', 'r-2');
const action = fc.constantFrom('read', 'write', '*');
const path = fc
  .tuple(fc.array(part, { minLength: 0, maxLength: 3 }), fc.boolean())
  .map(([parts, isWild]) => (isWild || parts.length === 0 ? [...parts, '*'] : parts).join('/'));
const scope = fc.tuple(path, action).map(([p, a]) => `${p}:${a}`);
const scopes = fc.array(scope, { maxLength: 6 });
// What a scope comes down to in the end: one thing and one action, no wildcard.
const deed = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom('read', 'write'))
  .map(([p, a]) => `${p.join('/')}:${a}`);
const allows = (held: readonly string[], asked: string) => held.some((one) => covers(one, asked));

describe('a scope', () => {
  it.each([
    'dataset:read',
    'dataset/sales/orders:read',
    'dataset/*:read',
    '*:*',
    '*:read',
    'a.b_c-d/E9:*',
    '...:read',
    `${'a'.repeat(195)}:read`,
  ])('may be %s', (text) => expect(isScope(text)).toBe(true));
  it.each([
    '',
    ':',
    'read',
    'dataset:',
    ':read',
    'a:b:c',
    'a/*/b:read',
    '*/a:read',
    'a*:read',
    'a:re*',
    'a//b:read',
    '/a:read',
    'a/:read',
    './a:read',
    'a/..:read',
    'a:.',
    'a:..',
    'ä:read',
    'a b:read',
    ' a:read',
    'a:read\n',
    '٣:read',
    `${'a'.repeat(196)}:read`,
  ])('is not %j', (text) => expect(isScope(text)).toBe(false));
});

describe('what a scope covers', () => {
  it.each([
    ['dataset/*:read', 'dataset/sales/orders:read'],
    ['dataset/*:read', 'dataset/*:read'],
    ['dataset/*:read', 'dataset/sales/*:read'],
    ['dataset/sales:*', 'dataset/sales:read'],
    ['*:read', 'dataset:read'],
    ['*:read', 'dataset/*:read'],
    ['*:*', '*:*'],
  ])('%s covers %s', (held, asked) => expect(covers(held, asked)).toBe(true));
  it.each([
    ['dataset/*:read', 'dataset:read'],
    ['dataset/*:read', 'dataset/sales:write'],
    ['dataset/*:read', 'datasets/sales:read'],
    ['dataset/sales:read', 'dataset/sales/orders:read'],
    ['dataset/sales/*:read', 'dataset/*:read'],
    ['dataset:read', 'dataset:*'],
    ['dataset/*:*', '*:*'],
    ['Dataset/*:read', 'dataset/a:read'],
  ])('%s does not cover %s', (held, asked) => expect(covers(held, asked)).toBe(false));
  it('is an order: reflexive and transitive', () =>
    fc.assert(
      fc.property(scope, scope, scope, (a, b, c) => {
        expect(covers(a, a)).toBe(true);
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true);
      }),
    ));
});

describe('the intersection of two lists', () => {
  it('keeps the narrower path with the narrower action', () =>
    expect(intersection(['dataset/*:read'], ['dataset/sales/*:*', 'spark:*'])).toEqual([
      'dataset/sales/*:read',
    ]));
  it('is empty where nothing overlaps', () =>
    expect(intersection(['a:read'], ['a:write', 'b:read'])).toEqual([]));
  it('allows exactly the deeds that both allow', () =>
    fc.assert(
      fc.property(scopes, scopes, deed, (one, other, asked) => {
        expect(allows(intersection(one, other), asked)).toBe(allows(one, asked) && allows(other, asked));
      }),
      { numRuns: 1_000 },
    ));
  it('gives nothing that either list does not cover', () =>
    fc.assert(
      fc.property(scopes, scopes, (one, other) => {
        expect(firstNotCovered(one, intersection(one, other))).toBe(-1);
        expect(firstNotCovered(other, intersection(one, other))).toBe(-1);
      }),
    ));
});

describe('scopes without what another one covers', () => {
  it('allow the same deeds in sorted, minimal form', () =>
    fc.assert(
      fc.property(scopes, deed, (list, asked) => {
        const minimal = withoutCovered(list);
        expect(allows(minimal, asked)).toBe(allows(list, asked));
        expect(minimal).toEqual([...minimal].sort());
        expect(minimal.some((a) => minimal.some((b) => a !== b && covers(a, b)))).toBe(false);
      }),
    ));
  it('are found for 20,000 without comparing each with all', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `dataset/d${i}/orders:read`);
    const began = performance.now();
    expect(withoutCovered([...many, 'dataset/d7/*:*'])).toHaveLength(20_000);
    expect(performance.now() - began).toBeLessThan(10_000); // a tenth of a second, or about a minute
  });
});

describe('the scopes of an input', () => {
  const fieldOf = (list: string[]) => {
    try {
      checkedScopes(list, 'scopes');
    } catch (error) {
      return (error as Problem).field;
    }
    return undefined;
  };
  it('come out sorted and once each', () =>
    expect(checkedScopes(['b:x', 'a:x', 'b:x'], 'scopes')).toEqual(['a:x', 'b:x']));
  it('are refused by place', () => expect(fieldOf(['a:x', 'oops'])).toBe('scopes.1'));
  it('are refused as a whole when there are none', () => expect(fieldOf([])).toBe('scopes'));
  it('may be 100', () => expect(fieldOf(Array.from({ length: 100 }, (_, i) => `a${i}:x`))).toBeUndefined());
  it('may not be 101', () =>
    expect(fieldOf(Array.from({ length: 101 }, (_, i) => `a${i}:x`))).toBe('scopes'));
  it('may have 2,000 characters joined, and not one more', () => {
    const of200 = (i: number) => `${'a'.repeat(195)}${i}:rea`;
    const nine = Array.from({ length: 9 }, (_, i) => of200(i)); // 9 × 200 + 9 spaces
    expect(fieldOf([...nine, `${'b'.repeat(189)}:x`])).toBeUndefined();
    expect(fieldOf([...nine, `${'b'.repeat(190)}:x`])).toBe('scopes');
  });
});

describe('the scopes that cover one', () => {
  it('are all that do, and nothing else', () => {
    fc.assert(
      fc.property(scopes, scope, (held, asked) => {
        const covering = coveringScopes(asked);
        expect(held.some((one) => covering.includes(one))).toBe(held.some((one) => covers(one, asked)));
        expect(covering.every((one) => isScope(one) && covers(one, asked))).toBe(true);
      }),
    );
  });
  it('are among what two lists allow together where each of the two has one', () => {
    fc.assert(
      fc.property(scopes, scopes, scope, (one, other, asked) => {
        const both = allows(one, asked) && allows(other, asked);
        expect(allows(intersection(one, other), asked)).toBe(both);
      }),
    );
  });
});
