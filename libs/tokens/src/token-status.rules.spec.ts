import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLive, requireLive, statusOf, type StatusFacts } from './token-status.rules.js';

const now = new Date('2026-03-01T00:00:00Z');
const secondsFromNow = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const active: StatusFacts = { revokedAt: null, endsAt: secondsFromNow(1), suspendedAt: null };

describe('the status of a token', () => {
  it('is ACTIVE one second before its end', () => expect(statusOf(active, now)).toBe('ACTIVE'));
  it('is EXPIRED at its end', () => expect(statusOf({ ...active, endsAt: now }, now)).toBe('EXPIRED'));
  it('is ACTIVE one millisecond before its end', () =>
    expect(statusOf({ ...active, endsAt: new Date(now.getTime() + 1) }, now)).toBe('ACTIVE'));
  it('is SUSPENDED while suspended', () =>
    expect(statusOf({ ...active, suspendedAt: now }, now)).toBe('SUSPENDED'));
  it('is EXPIRED when a suspended token reaches its end', () =>
    expect(statusOf({ ...active, suspendedAt: secondsFromNow(-9), endsAt: now }, now)).toBe('EXPIRED'));
  it('is REVOKED when revoked, whatever else happened to it', () =>
    expect(statusOf({ revokedAt: now, endsAt: secondsFromNow(-9), suspendedAt: now }, now)).toBe('REVOKED'));
});

describe('what only a live token can be', () => {
  it('is refused once it has ended, and says so', () => {
    for (const ended of [
      { ...active, endsAt: now },
      { ...active, revokedAt: now },
    ])
      expect(() => requireLive(ended, now, 'rotated')).toThrow(
        expect.objectContaining({ code: 'TOKEN_NOT_ACTIVE', message: expect.stringContaining('rotated') }),
      );
  });
  it('is not while it is ACTIVE or SUSPENDED', () => {
    for (const suspendedAt of [null, now])
      expect(requireLive({ ...active, suspendedAt }, now, 'rotated')).toBeUndefined();
  });
});

const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const facts = fc.record({ revokedAt: fc.option(moment), endsAt: moment, suspendedAt: fc.option(moment) });

describe('the law of status', () => {
  it('is ACTIVE exactly when it is not revoked, not at its end and not suspended', () =>
    fc.assert(
      fc.property(facts, moment, (token, at) => {
        const nothingAgainstIt = token.revokedAt === null && at < token.endsAt && token.suspendedAt === null;
        expect(statusOf(token, at) === 'ACTIVE').toBe(nothingAgainstIt);
      }),
    ));
  it('never comes back to life as time passes', () =>
    fc.assert(
      fc.property(facts, moment, moment, (token, one, other) => {
        const [earlier, later] = one < other ? [one, other] : [other, one];
        if (!isLive(token, earlier)) expect(isLive(token, later)).toBe(false);
      }),
    ));
});
