import { describe, expect, it } from '@jest/globals';
import { isWarnable, mostUrgentDue, thresholdsThatCount } from './warning.rules.js';

const DAY = 86_400;
const thresholds = ['P30D', 'P7D', 'P1D'];
const token = {
  createdAt: new Date('2026-01-01T00:00:00Z'),
  endsAt: new Date('2026-03-31T00:00:00Z'),
  revokedAt: null,
  rotatedAt: null,
};
const at = (moment: string, warned: readonly number[] = [], facts = {}) =>
  mostUrgentDue({ ...token, ...facts }, thresholds, warned, new Date(moment));

describe('the one warning that is due for a token', () => {
  it('is none before a threshold passes, and there from that very moment on', () => {
    expect(at('2026-02-28T23:59:59Z')).toBeNull();
    expect(at('2026-03-01T00:00:00Z')).toBe(30 * DAY);
  });
  it('is the most urgent of those that have passed, however long ago', () => {
    expect(at('2026-03-23T23:59:59Z')).toBe(30 * DAY);
    expect(at('2026-03-24T00:00:00Z')).toBe(7 * DAY);
    expect(at('2026-03-30T23:59:59Z')).toBe(DAY);
  });
  it('is none where it or a more urgent one was decided, and there where only a less urgent one was', () => {
    expect(at('2026-03-25T00:00:00Z', [7 * DAY])).toBeNull();
    expect(at('2026-03-25T00:00:00Z', [DAY])).toBeNull();
    expect(at('2026-03-25T00:00:00Z', [30 * DAY])).toBe(7 * DAY);
  });
  it('is none of a token that has ended, from the moment of its end on', () => {
    expect(at('2026-03-31T00:00:00Z')).toBeNull();
    expect(at('2026-03-25T00:00:00Z', [], { revokedAt: token.createdAt })).toBeNull();
  });
  it('is none of a token with a successor', () =>
    expect(at('2026-03-25T00:00:00Z', [], { rotatedAt: token.createdAt })).toBeNull());
});

describe('a threshold', () => {
  it('counts where the whole life of the token is longer, by a second at least', () => {
    const endsAt = new Date('2026-01-08T00:00:00Z');
    expect(thresholdsThatCount({ ...token, endsAt }, thresholds)).toEqual([DAY]);
    const later = new Date('2026-01-08T00:00:01Z');
    expect(thresholdsThatCount({ ...token, endsAt: later }, thresholds)).toEqual([DAY, 7 * DAY]);
  });
  it('is not due for a token that never lived so long', () =>
    expect(at('2026-03-30T12:00:00Z', [], { createdAt: new Date('2026-03-30T00:00:00Z') })).toBeNull());
});

describe('who is warned at all', () => {
  it('is whoever has a live token without a successor', () => {
    expect(isWarnable(token, new Date('2026-03-30T23:59:59Z'))).toBe(true);
    expect(isWarnable(token, token.endsAt)).toBe(false);
    expect(isWarnable({ ...token, revokedAt: token.createdAt }, token.createdAt)).toBe(false);
    expect(isWarnable({ ...token, rotatedAt: token.createdAt }, token.createdAt)).toBe(false);
  });
});
