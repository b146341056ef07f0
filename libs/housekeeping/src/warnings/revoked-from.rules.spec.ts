import { describe, expect, it } from '@jest/globals';
import { revokedFrom } from './revoked-from.rules.js';

const decidedAt = new Date('2026-03-01T12:00:00Z');
const toldAt = (minutes: number, thresholdSeconds = 3_600) => ({
  ...{ decidedAt, thresholdSeconds },
  readAt: new Date(decidedAt.getTime() + minutes * 60_000),
});

describe('from when on an idle token is revoked', () => {
  it.each([
    ['a whole `after` from the mark where people are told at once', toldAt(0), 'PT1H', '13:00:00'],
    ['the same where they are told half of it later', toldAt(30), 'PT1H', '13:00:00'],
    ['half of it from then where they are told later', toldAt(31), 'PT1H', '13:01:00'],
    ['half of it from then where it had passed', toldAt(120), 'PT1H', '14:30:00'],
    ['by a longer `after` where the policy has one now', toldAt(0), 'PT2H', '14:00:00'],
    ['by the longer one of the mark where the policy has a shorter one', toldAt(40), 'PT1M', '13:10:00'],
  ])('is %s', (_, mark, after, moment) =>
    expect(revokedFrom(mark, after)).toEqual(new Date(`2026-03-01T${moment}Z`)),
  );
});
