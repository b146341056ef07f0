import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalForm, canonicalName } from './folding.rules.js';

describe('the short way to the canonical name of a plain one', () => {
  it('leads where the long one does', () => {
    const letters = [...'abcxyzABCXYZIKS0189_.@- \u0131\u0130\u017F\u212A\u00DF'];
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 }),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(fc.property(name, (text) => expect(canonicalName(text)).toBe(canonicalForm(text))));
  });

  it('does so for every character that it takes, alone and among others', () => {
    for (let code = 0; code < 0x80; code += 1) {
      const letter = String.fromCharCode(code);
      for (const text of [letter, `a${letter}b`]) expect(canonicalName(text)).toBe(canonicalForm(text));
    }
  });
});
