import { describe, expect, it } from '@jest/globals';
import { parseSchedule, type Schedule } from '@tokenwarden/vocabulary';
import { dueTrigger } from './due.rules.js';

const everyFiveMinutes = parseSchedule('*/5 * * * *') as Schedule;
const at = (time: string) => new Date(`2026-03-01T${time}Z`);
const due = (through: string, now: string) => dueTrigger(everyFiveMinutes, at(through), at(now));

describe('a task that runs every five minutes', () => {
  it('is not due before its moment', () => expect(due('12:00:00', '12:04:59.999')).toBeUndefined());
  it('is due at its very moment', () => expect(due('12:00:00', '12:05:00')).toBe('SCHEDULE'));
  it('is done with the moment that it was claimed at', () =>
    expect(due('12:05:00', '12:09:59')).toBeUndefined());
  it('is due by its schedule a minute after the moment, and has missed it a millisecond later', () => {
    expect(due('12:00:00', '12:06:00')).toBe('SCHEDULE');
    expect(due('12:00:00', '12:06:00.001')).toBe('CATCH_UP');
  });
  it('has missed the first of many moments, although the last one is just now', () =>
    expect(due('07:00:00', '12:00:00')).toBe('CATCH_UP'));
  it('is due where nobody knows when it last ran', () =>
    expect(dueTrigger(everyFiveMinutes, new Date(0), at('12:01:00'))).toBe('CATCH_UP'));
  it('does not run a moment twice where the clock was set back by a minute', () =>
    expect(due('12:05:00', '12:04:00')).toBeUndefined());
  it('does not wait until the clock comes to where it once was', () =>
    expect(due('12:05:00', '12:03:59.999')).toBe('CATCH_UP'));
});
