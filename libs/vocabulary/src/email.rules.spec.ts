import { describe, expect, it } from '@jest/globals';
import { isEmail } from './email.rules.js';

describe('an e-mail address', () => {
  it.each([
    'ada@example.org',
    "o'hara+ops@mail.example.co.uk",
    'jürgen@example.org',
    `${'a'.repeat(64)}@example.org`,
  ])('may be %s', (text) => expect(isEmail(text)).toBe(true));

  it.each([
    ['nothing', ''],
    ['a name without a place', 'ada'],
    ['a place without a name', '@example.org'],
    ['two addresses', 'ada@example.org,eve@example.org'],
    ['two addresses behind a semicolon', 'ada@example.org;eve@example.org'],
    ['an address with a name beside it', 'Ada <ada@example.org>'],
    ['two at signs', 'ada@eve@example.org'],
    ['blanks', 'ada @example.org'],
    ['a line break and another header', 'ada@example.org\r\nBcc: eve@example.org'],
    ['a NUL', 'ada\0@example.org'],
    ['a name of 65 characters', `${'a'.repeat(65)}@example.org`],
    ['more than 254 characters', `ada@${'e'.repeat(251)}`],
  ])('is not %s', (_, text) => expect(isEmail(text)).toBe(false));

  it('may have 254 characters', () => expect(isEmail(`ada@${'e'.repeat(250)}`)).toBe(true));
});
