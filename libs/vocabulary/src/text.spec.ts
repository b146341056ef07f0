import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalName, foldedForSearch } from './folding.rules.js';
import { isIdentifier } from './identifier.js';
import { checkedText, textFault } from './text.rules.js';

describe('a text', () => {
  const name = { maximum: 100 };
  it.each(['nightly', ' kept as written ', 'ünïcödé 名前', '👩‍🚀', 'x'.repeat(100), '😀'.repeat(100)])(
    'may be %j',
    (text) => expect(textFault(text, name)).toBeUndefined(),
  );
  it.each([
    '',
    '   ',
    '\u200b',
    '\u00a0\u3000',
    '\u2800',
    '\u00ad',
    'a\u0000',
    'a\nb',
    'a\tb',
    'a\u007f',
    'a\u0085',
    'a\u2028b',
    '\ud800',
    'a\udc00',
    'x'.repeat(101),
    '😀'.repeat(101),
  ])('is not %j', (text) => expect(textFault(text, name)).toBeDefined());
  it('may hold line breaks where lines are welcome, and no other control', () => {
    expect(textFault('one\r\ntwo\nthree', { maximum: 100, lines: true })).toBeUndefined();
    expect(textFault('one\ttwo', { maximum: 100, lines: true })).toBeDefined();
    expect(textFault('one\u0007', { maximum: 100, lines: true })).toBeDefined();
    expect(textFault('one\u2029two', { maximum: 100, lines: true })).toBeDefined();
  });
  it('is refused by the name of its field', () =>
    expect(() => checkedText('', 'name', name)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field: 'name' }),
    ));
});

describe('the canonical name', () => {
  it.each([
    ['Ada', 'ada'],
    ['ＡＤＡ', 'ada'],
    [' ada ', 'ada'],
    ['a\u200bda', 'ada'],
    ['Straße', 'STRASSE'],
    ['e\u0301va', 'éva'],
    ['ΟΔΟΣ', 'οδος'],
  ])('takes %j and %j for one', (one, other) => expect(canonicalName(one)).toBe(canonicalName(other)));
  it('keeps different people apart', () => expect(canonicalName('ada')).not.toBe(canonicalName('аda')));
  it('is its own canonical name', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        expect(canonicalName(canonicalName(text))).toBe(canonicalName(text)),
      ),
    ));
  it('makes a search blind to case', () => expect(foldedForSearch('Ünï')).toBe(foldedForSearch('üNÏ')));
});

describe('an id', () => {
  it.each(['7f3b9a52-0d5e-4a8e-9d0e-1f2a3b4c5d6e'])('is a lower-case UUID', (text) =>
    expect(isIdentifier(text)).toBe(true),
  );
  it.each([
    '7F3B9A52-0D5E-4A8E-9D0E-1F2A3B4C5D6E',
    '',
    '{7f3b9a52-0d5e-4a8e-9d0e-1f2a3b4c5d6e}',
    '7f3b9a520d5e4a8e9d0e1f2a3b4c5d6e',
  ])('is not %j', (text) => expect(isIdentifier(text)).toBe(false));
});
