import { describe, expect, it } from '@jest/globals';
import { counted, dayInWords, distanceInWords, durationInWords, rfc3339 } from './moment-words.rules.js';

const NOW = new Date('2026-11-27T23:00:00Z');
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const DAY = 86_400;

describe('a moment in a mail', () => {
  it('is in whole seconds of UTC by RFC 3339', () =>
    expect(rfc3339(new Date('2026-12-04T08:00:00.999Z'))).toBe('2026-12-04T08:00:00Z'));
  it('is a day of the week with its time, in UTC', () => {
    expect(dayInWords(new Date('2026-12-04T08:05:00Z'))).toBe('Friday, 4 December 2026, 08:05 UTC');
    expect(dayInWords(new Date('2028-02-29T23:59:59Z'))).toBe('Tuesday, 29 February 2028, 23:59 UTC');
  });
});

describe('how far away a moment is', () => {
  it.each([
    [0, 'in less than a minute'],
    [59, 'in less than a minute'],
    [60, 'in 1 minute'],
    [3_599, 'in 59 minutes'],
    [3_600, 'in 1 hour'],
    [3_600 + 20 * 60, 'in 1 hour and 20 minutes'],
    [DAY - 1, 'in 23 hours and 59 minutes'],
    [DAY, 'in 1 day'],
    [6 * DAY + 9 * 3_600, 'in 6 days and 9 hours'],
    [7 * DAY + 59 * 60, 'in 7 days'],
    [14 * DAY - 1, 'in 13 days and 23 hours'],
    [14 * DAY + 5 * 3_600, 'in 14 days'],
    [3_650 * DAY, 'in 3,650 days'],
    [-59, 'less than a minute ago'],
    [-60, '1 minute ago'],
    [-(2 * 3_600 + 45 * 60), '2 hours and 45 minutes ago'],
    [-99 * DAY, '99 days ago'],
  ])('of %d seconds is "%s"', (seconds, words) =>
    expect(distanceInWords(inSeconds(seconds), NOW)).toBe(words),
  );
  it('is never said to be more than it is', () =>
    expect(distanceInWords(inSeconds(7 * DAY - 1), NOW, 1)).toBe('in 6 days'));
});

describe('a duration in words', () => {
  it.each([
    ['P1D', '1 day'],
    ['P90D', '90 days'],
    ['P1DT12H', '1 day and 12 hours'],
    ['P2DT3H4M5S', '2 days, 3 hours, 4 minutes and 5 seconds'],
    ['PT1S', '1 second'],
    ['PT0S', 'no time at all'],
  ])('says all of %s: "%s"', (duration, words) => expect(durationInWords(duration)).toBe(words));
});

describe('a count', () => {
  it('is in the singular only where there is one', () => {
    expect(counted(1, 'token')).toBe('1 token');
    expect(counted(0, 'token')).toBe('0 tokens');
    expect(counted(1_201, 'token')).toBe('1,201 tokens');
  });
});
