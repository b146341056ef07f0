import { describe, expect, it } from '@jest/globals';
import { isName, NAME_IN_WORDS } from './name.rules.js';

describe('a name of a user or a group', () => {
  it('is a text of 1 to 256 characters, whatever they take', () => {
    expect(['a', 'Ada Lovelace', '*)(uid=*', '𝄞'.repeat(256)].map(isName)).toEqual([true, true, true, true]);
    expect(['', 'x'.repeat(257), '𝄞'.repeat(257)].map(isName)).toEqual([false, false, false]);
  });

  it('holds no control character and something to see', () =>
    expect(['a\u0000', 'a\nb', ' ', '\u200B', '\uD800'].map(isName)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]));

  it('is said in words', () =>
    expect(NAME_IN_WORDS).toBe('a text of 1 to 256 characters, no control characters, not blank'));
});
