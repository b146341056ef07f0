import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addDuration,
  durationOfSeconds,
  durationSeconds,
  LONGEST_SECONDS,
  parseDuration,
} from './duration.js';
import { parseInstant, wholeSecond } from './instant.js';
import { nextMoment, parseSchedule } from './schedule.rules.js';

describe('a duration', () => {
  it.each([
    ['PT24H', 'P1D'],
    ['P1W', 'P7D'],
    ['PT90M', 'PT1H30M'],
    ['P1DT12H', 'P1DT12H'],
    ['PT86401S', 'P1DT1S'],
    ['PT0S', 'PT0S'],
    ['P0D', 'PT0S'],
    ['P3650D', 'P3650D'],
    ['PT007M', 'PT7M'],
  ])('%s is written %s', (text, normal) => expect(parseDuration(text)).toBe(normal));
  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    'P1M',
    'P1Y',
    'p1d',
    'P1.5D',
    'PT1,5S',
    '-P1D',
    '+P1D',
    'P-1D',
    ' P1D',
    'P1D\n',
    'P3650DT1S',
    'P٣D',
    `P${'9'.repeat(80)}D`,
    'PT1S1M',
  ])('is not %j', (text) => expect(parseDuration(text)).toBeUndefined());
  it('keeps its length in its shortest form', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LONGEST_SECONDS }), (seconds) =>
        expect(durationSeconds(durationOfSeconds(seconds))).toBe(seconds),
      ),
    ));
  it('of a day is 86,400 seconds', () =>
    expect(addDuration(new Date('2026-03-28T12:00:00Z'), 'P1D')).toEqual(new Date('2026-03-29T12:00:00Z')));
});

describe('an instant', () => {
  it.each([
    ['2026-11-24T14:00:00Z', '2026-11-24T14:00:00.000Z'],
    ['2026-11-24T14:00:00.5+02:00', '2026-11-24T12:00:00.500Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2026-01-01T00:00:00.123999Z', '2026-01-01T00:00:00.123Z'],
  ])('%s is %s', (text, iso) => expect(parseInstant(text)?.toISOString()).toBe(iso));
  it.each([
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-11-24',
    '2026-11-24 14:00:00Z',
    '2026-11-24T14:00:00',
    '2026-11-24T24:00:00Z',
    '2026-11-24T14:00Z',
    '2026-11-24t14:00:00z',
    '2026-11-24T23:59:60Z',
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-11-24T14:00:00+24:00',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '+02026-01-01T00:00:00Z',
  ])('is not %s', (text) => expect(parseInstant(text)).toBeUndefined());
  it('is rounded down to its second', () =>
    expect(wholeSecond(new Date('2026-01-01T00:00:01.999Z'))).toEqual(new Date('2026-01-01T00:00:01Z')));
});

describe('a schedule', () => {
  const next = (text: string, after: string) => {
    const schedule = parseSchedule(text);
    return schedule && nextMoment(schedule, new Date(after))?.toISOString();
  };
  it.each([
    ['0 8 * * *', '2026-11-24T08:00:00Z', '2026-11-25T08:00:00.000Z'],
    ['*/5 * * * *', '2026-11-24T08:01:30Z', '2026-11-24T08:05:00.000Z'],
    ['30 3 1 * *', '2026-11-24T08:00:00Z', '2026-12-01T03:30:00.000Z'],
    ['0 0 13 * 5', '2026-11-24T08:00:00Z', '2026-11-27T00:00:00.000Z'],
    ['0 0 * * 7', '2026-11-24T08:00:00Z', '2026-11-29T00:00:00.000Z'],
    ['0 0 29 2 *', '2026-11-24T08:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['15-45/15 9,17 * * *', '2026-11-24T09:15:00Z', '2026-11-24T09:30:00.000Z'],
  ])('%s after %s fires at %s', (text, after, expected) => expect(next(text, after)).toBe(expected));
  it.each([
    '* * * *',
    '* * * * * *',
    '@daily',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 13 *',
    '* * * * 8',
    '0 0 31 2 *',
    '0 0 * * MON',
    '5-1 * * * *',
    '*/0 * * * *',
    '5/10 * * * *',
    '-1 * * * *',
    '1,,2 * * * *',
    '? * * * *',
    '',
    'a b c d e',
  ])('is not %j', (text) => expect(parseSchedule(text)).toBeUndefined());
});
