import { describe, expect, it } from '@jest/globals';
import { orderOf, STANDS_BACK_MS } from './server-order.rules.js';

const servers = ['a', 'b', 'c'].map((url) => ({ url }));
const order = (failedAt: Record<string, number>, now: number) =>
  orderOf(servers, new Map(Object.entries(failedAt)), now)
    .map(({ url }) => url)
    .join('');

describe('the order in which servers are tried', () => {
  it('is that of LDAP_URL', () => expect(order({}, 0)).toBe('abc'));

  it('has those that failed a moment ago last, in their own order', () => {
    expect(order({ a: 1_000 }, 1_000)).toBe('bca');
    expect(order({ b: 1_000, a: 2_000 }, 3_000)).toBe('cab');
  });

  it('is that of LDAP_URL where all failed', () => expect(order({ a: 3, b: 2, c: 1 }, 4)).toBe('abc'));

  it('forgets after half a minute', () => {
    expect(order({ a: 1_000 }, 1_000 + STANDS_BACK_MS - 1)).toBe('bca');
    expect(order({ a: 1_000 }, 1_000 + STANDS_BACK_MS)).toBe('abc');
  });
});
