import { describe, expect, it } from '@jest/globals';
import { nearestName } from './nearest-name.rules.js';

describe('the nearest name', () => {
  const NAMES = ['URL', 'START_TLS', 'BIND_DN', 'BIND_PASSWORD', 'USER_BASE', 'USER_FILTER'];
  it.each([
    ['USER_BSE', 'USER_BASE'],
    ['STARTTLS', 'START_TLS'],
    ['TLS', 'START_TLS'],
    ['PASSWORD', 'BIND_PASSWORD'],
    ['BIND_DN_FILE', 'BIND_DN'],
    ['URLS', 'URL'],
    ['USERS_FILTER', 'USER_FILTER'],
  ])('to %s is %s', (written, name) => expect(nearestName(written, NAMES)).toBe(name));
  it.each(['HOST', 'X', 'Q'.repeat(60)])('to %s is none', (written) =>
    expect(nearestName(written, NAMES)).toBeUndefined(),
  );
  it('is none of none', () => expect(nearestName('URL', [])).toBeUndefined());
});
