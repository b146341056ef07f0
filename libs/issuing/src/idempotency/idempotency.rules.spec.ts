import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDuration, parseInstant } from '@tokenwarden/vocabulary';
import {
  inputHash,
  isWithin,
  tokenOfRepeat,
  type InputValue,
  type KeptRequest,
} from './idempotency.rules.js';

const same = (one: Record<string, InputValue>, other: Record<string, InputValue>) =>
  inputHash(one).equals(inputHash(other));

describe('two inputs are the same', () => {
  it('in whatever order their fields come', () =>
    expect(same({ name: 'a', profile: 'b' }, { profile: 'b', name: 'a' })).toBe(true));
  it('where a duration is written in another way', () =>
    expect(same({ lifetime: parseDuration('PT24H') }, { lifetime: parseDuration('P1D') })).toBe(true));
  it('where a moment is written with another offset', () =>
    expect(
      same(
        { expiresAt: parseInstant('2026-11-24T14:00:00Z') },
        { expiresAt: parseInstant('2026-11-24T16:00:00+02:00') },
      ),
    ).toBe(true));
  it('where a list holds the same, in whatever order and however often', () =>
    expect(same({ scopes: ['b:read', 'a:read', 'b:read'] }, { scopes: ['a:read', 'b:read'] })).toBe(true));
  it('where null stands for left out', () =>
    expect(same({ name: 'a', scopes: null, profile: undefined }, { name: 'a' })).toBe(true));
});

describe('two inputs are not the same', () => {
  it('where a text has another letter case, or a blank more', () => {
    expect(same({ name: 'a' }, { name: 'A' })).toBe(false);
    expect(same({ name: 'a' }, { name: 'a ' })).toBe(false);
  });
  it('where one says what the other leaves out', () => {
    expect(same({ name: 'a' }, { name: 'a', endOldOnFirstUse: true })).toBe(false);
    expect(same({ name: 'a' }, { name: 'a', scopes: [] })).toBe(false);
  });
  it('where the same value stands in another field', () =>
    expect(same({ name: 'a' }, { profile: 'a' })).toBe(false));
  it('where moments are a second apart', () =>
    expect(same({ expiresAt: new Date(1_000) }, { expiresAt: new Date(2_000) })).toBe(false));
  it('whatever their values are made of', () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.array(fc.string()));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), fc.dictionary(fc.string(), value), (one, other) => {
        const meaning = (input: typeof one) =>
          new Map(
            Object.entries(input).map(([k, v]) => [
              k,
              Array.isArray(v) ? { set: new Set([...v].sort()) } : v,
            ]),
          );
        let equal = true;
        try {
          expect(meaning(one)).toEqual(meaning(other));
        } catch {
          equal = false;
        }
        expect(same(one, other)).toBe(equal);
      }),
    );
  });
});

describe('a key', () => {
  const hash = inputHash({ name: 'a' });
  const kept: KeptRequest = {
    operation: 'createUserToken',
    inputHash: hash,
    tokenId: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01',
    createdAt: new Date('2026-03-01T00:00:00Z'),
  };
  const request = { operation: 'createUserToken', inputHash: hash } as const;
  const at = (now: string) => ({ now: new Date(now), window: 'P1D' });

  it('stands for the token of the same request', () =>
    expect(tokenOfRepeat(kept, request, at('2026-03-01T00:00:01Z'))).toBe(kept.tokenId));
  it('stands for nothing where nobody used it', () =>
    expect(tokenOfRepeat(undefined, request, at('2026-03-01T00:00:01Z'))).toBeUndefined());
  it('stands for its token to the last moment of the window, and is free then', () => {
    expect(tokenOfRepeat(kept, request, at('2026-03-01T23:59:59.999Z'))).toBe(kept.tokenId);
    expect(tokenOfRepeat(kept, request, at('2026-03-02T00:00:00Z'))).toBeUndefined();
  });
  it('is refused with another input or for another operation, as long as it stands for its token', () => {
    const conflict = expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT', field: 'idempotencyKey' });
    const others = [
      { ...request, inputHash: inputHash({ name: 'b' }) },
      { ...request, operation: 'rotateToken' },
    ] as const;
    for (const other of others) {
      expect(() => tokenOfRepeat(kept, other, at('2026-03-01T23:59:59.999Z'))).toThrow(conflict);
      expect(tokenOfRepeat(kept, other, at('2026-03-02T00:00:00Z'))).toBeUndefined();
    }
  });
});

describe('a moment', () => {
  const createdAt = new Date('2026-03-01T00:00:00Z');
  it('is within ten minutes up to their end', () => {
    expect(isWithin('PT10M', { createdAt }, new Date('2026-03-01T00:09:59.999Z'))).toBe(true);
    expect(isWithin('PT10M', { createdAt }, new Date('2026-03-01T00:10:00Z'))).toBe(false);
  });
});
