import { describe, expect, it } from '@jest/globals';
import { BerWriter } from 'ldapts';
import { filterOf, whoseValueIsOneOf } from './escaping.js';

/** The bytes of a filter as they go to the server, as text where every byte is itself. */
function written(filter: { write(writer: BerWriter): void }): string {
  const writer = new BerWriter();
  filter.write(writer);
  return writer.buffer.toString('latin1');
}
const bytes = (text: string) => Buffer.from(text).toString('latin1');

describe('a filter that an operator wrote', () => {
  it.each([
    '(objectClass=person)',
    '(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
    '(|(cn=a*b*c)(cn=*))',
  ])('is read: %s', (text) => expect(filterOf(text).toString()).toBe(text));

  it('finds what is beyond ASCII, in a value and in a part of one', () => {
    expect(written(filterOf('(ou=Zürich)'))).toContain(bytes('Zürich'));
    expect(written(filterOf('(ou=Zü*)'))).toContain(bytes('Zü'));
  });

  it('is refused where it has escaped bytes beyond ASCII, which would find nothing without a word', () => {
    expect(() => filterOf(String.raw`(ou=Z\c3\bcrich)`)).toThrow(
      'write characters beyond ASCII as themselves',
    );
    expect(() => filterOf(String.raw`(ou=Z\C3\BCrich)`)).toThrow('as themselves');
    expect(written(filterOf(String.raw`(ou=a\2ab)`))).toContain('a*b');
  });

  it.each(['', '(', '(a', '(a=b)(c=d)', '(&(a=b)'.slice(0, 3), 'no filter at all'])(
    'is refused where it cannot be read: %p',
    (text) => expect(() => filterOf(text)).toThrow(/^Filter /),
  );
});

describe('a value from elsewhere', () => {
  it.each([
    '*',
    'a)(uid=*',
    '\\',
    '\0',
    '\\2a',
    'o, reilly',
    'Zürich',
    'x'.repeat(10_000),
    '🦆',
    '\ufeffada',
  ])('goes to the server as it is: %p', (value) => {
    const filter = whoseValueIsOneOf(filterOf('(a=b)'), 'username', [value]);
    const [, rest = ''] = written(filter).split('username');
    expect(rest.endsWith(bytes(value))).toBe(true);
    // The one value is the last thing in it: nothing became a filter of its own.
    expect(rest.length - bytes(value).length).toBeLessThanOrEqual(5);
  });

  it('is asked for once where two spellings are one', () => {
    expect(
      written(whoseValueIsOneOf(filterOf('(a=b)'), 'username', ['ada', 'ada'])).split('username'),
    ).toHaveLength(2);
    expect(
      written(whoseValueIsOneOf(filterOf('(a=b)'), 'username', ['Ada', 'ada'])).split('username'),
    ).toHaveLength(3);
  });
});
