import { describe, expect, it } from '@jest/globals';
import { hostInUrl, isEveryAddress, isLoopback } from './loopback.rules.js';

describe('loopback', () => {
  it.each(['127.0.0.1', '127.255.255.254', '::1', 'localhost', '::ffff:127.0.0.1'])('%s is', (host) =>
    expect(isLoopback(host)).toBe(true),
  );
  it.each([
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '10.0.0.1',
    '::2',
    '::ffff:10.0.0.1',
    'localhost.example',
    'LOCALHOST',
    '',
  ])('%j is not', (host) => expect(isLoopback(host)).toBe(false));
});

describe('a host', () => {
  it('stands in brackets in a URL when it is an IPv6 address', () =>
    expect([hostInUrl('::1'), hostInUrl('127.0.0.1')]).toEqual(['[::1]', '127.0.0.1']));
  it('of all zeros is every address', () =>
    expect(['0.0.0.0', '::', '127.0.0.1'].map(isEveryAddress)).toEqual([true, true, false]));
});
