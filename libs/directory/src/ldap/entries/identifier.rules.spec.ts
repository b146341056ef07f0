import { describe, expect, it } from '@jest/globals';
import { identifierFrom } from './identifier.rules.js';

const text = (value: string) => Buffer.from(value);

describe('the id of an entry', () => {
  it('is an entryUUID in lower case', () =>
    expect(identifierFrom(text('0C5A6F2E-4B1D-4F0E-9A3B-5D7C1E2F8A01'), 'uuid')).toBe(
      '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01',
    ));

  it('is an objectGUID as Windows shows it: three numbers least byte first, then bytes', () =>
    expect(identifierFrom(Buffer.from('00112233445566778899aabbccddeeff', 'hex'), 'guid')).toBe(
      '33221100-5544-7766-8899-aabbccddeeff',
    ));

  it('is the 32 digits of an nsUniqueId, written 8-4-4-4-12', () =>
    expect(identifierFrom(text('a1B2c3d4-e5f611ee-8000a1b2-c3d4e5f6'), 'four-words')).toBe(
      'a1b2c3d4-e5f6-11ee-8000-a1b2c3d4e5f6',
    ));

  it.each([
    ['uuid', text('')],
    ['uuid', text('0c5a6f2e4b1d4f0e9a3b5d7c1e2f8a01')],
    ['uuid', text('{0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01}')],
    ['uuid', text('0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a0g')],
    ['uuid', text('x'.repeat(100_000))],
    ['guid', Buffer.alloc(15)],
    ['guid', Buffer.alloc(17)],
    ['guid', Buffer.alloc(0)],
    ['four-words', text('a1b2c3d4-e5f6-11ee-8000-a1b2c3d4e5f6')],
    ['four-words', text('a1b2c3d4-e5f611ee-8000a1b2-c3d4e5f')],
  ] as const)('is none where a %s is %s', (form, value) =>
    expect(identifierFrom(value, form)).toBeUndefined(),
  );
});
