import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tokenwarden/vocabulary';
import { LIVE_TOKENS, refuseTooMany, type IssuedSoFar } from './issuing-limits.rules.js';

const none: IssuedSoFar = { now: new Date('2026-03-01T00:01:00.250Z'), nthLastCreatedAt: null, live: 0 };
const refusalOf = (issued: Partial<IssuedSoFar>): Problem | undefined => {
  try {
    refuseTooMany({ ...none, ...issued });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return undefined;
};

describe('one token more', () => {
  it('may be the first', () => expect(refusalOf({})).toBeUndefined());
  it('is refused while the 600th before it is of the last minute, and says when there is room', () =>
    expect(refusalOf({ nthLastCreatedAt: new Date('2026-03-01T00:00:00Z') })).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: 1,
    }));
  it('may be once that one is a second older', () =>
    expect(refusalOf({ nthLastCreatedAt: new Date('2026-02-28T23:59:59Z') })).toBeUndefined());
  it('may be after as many seconds as were said', () => {
    const nthLastCreatedAt = new Date('2026-03-01T00:01:00Z');
    const seconds = refusalOf({ nthLastCreatedAt })?.retryAfterSeconds ?? 0;
    const inSeconds = (count: number) => new Date(none.now.getTime() + count * 1_000);
    expect(refusalOf({ nthLastCreatedAt, now: inSeconds(seconds - 1) })).toBeDefined();
    expect(refusalOf({ nthLastCreatedAt, now: inSeconds(seconds) })).toBeUndefined();
  });
  it('may be the last of the live ones, and none beyond', () => {
    expect(refusalOf({ live: LIVE_TOKENS - 1 })).toBeUndefined();
    expect(refusalOf({ live: LIVE_TOKENS })).toMatchObject({ code: 'RATE_LIMITED' });
  });
});
