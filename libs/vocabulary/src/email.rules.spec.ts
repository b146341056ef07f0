import { describe, expect, it } from '@jest/globals';
import { isEmail } from './email.rules.js';

describe('an e-mail address', () => {
  it.each([
    'ada@example.org',
    "o'hara+ops@mail.example.co.uk",
    'jürgen@example.org',
    `${'a'.repeat(64)}@example.org`,
    'ada@müller.example',
    'ada@mu\u0308ller.example',
    'ada@xn--mller-kva.example',
    'ada@例え.テスト',
    'ada@ex-ample.0x7f.org',
    'ada@1und1.de',
    'ada@123.example',
    'ada@localhost',
    'ada@EXAMPLE.org',
    'bounce+ada=example.com@example.org',
    'a%b!c/d?e#f{g}|h~@example.org',
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
    ['a place with a path', 'a@b/c.d'],
    ['a place with a query', 'a@b.c?x'],
    ['a place with a fragment', 'a@b.c#x'],
    ['a place written in percent', 'a@ex%61mple.org'],
    ['a place with an underscore', 'a@b_c.d'],
    ['an IP address', 'a@192.0.2.1'],
    ['an IP address in hexadecimal', 'a@0x7f.1'],
    ['an IP address in one number', 'a@0x7f000001'],
    ['an IP address in digits of another width', 'a@１９２.0.2.１'],
    ['an empty label', 'a@b..c'],
    ['a last label that is empty', 'a@b.c.'],
    ['a first label that is empty', 'a@.b.c'],
    ['a label that begins with a hyphen', 'a@-b.c'],
    ['a label that ends with a hyphen', 'a@b-.c'],
    ['a label in ASCII that stands for nothing', 'a@xn--.c'],
    ['another full stop', 'a@example。org'],
    ['a place written backwards', 'a@b.c\u202egro'],
    ['a name written backwards', 'a\u202eb@example.org'],
    ['what nobody sees', 'a\u200bb@example.org'],
    ['a soft hyphen in a place', 'a@b.c\u00add'],
    ['an encoded word', '=?utf-8?q?a?=@example.org'],
    ['more than 254 characters', `ada@${'e'.repeat(251)}`],
  ])('is not %s', (_, text) => expect(isEmail(text)).toBe(false));

  it('may have 254 characters', () => expect(isEmail(`ada@${'e'.repeat(250)}`)).toBe(true));
});
