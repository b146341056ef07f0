import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;
// Made once: making one takes longer than a thousand of its answers.
const COUNTS = new Intl.NumberFormat('en');
/** From so many days on hours say nothing more. */
const DAYS_ALONE = 14;

/** The moment by RFC 3339 in UTC, in whole seconds. */
export function rfc3339(moment: Date): string {
  return `${moment.toISOString().slice(0, -5)}Z`;
}

/** `Friday, 4 December 2026, 08:00 UTC` */
export function dayInWords(moment: Date): string {
  const day = `${WEEKDAYS[moment.getUTCDay()]}, ${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]}`;
  return `${day} ${moment.getUTCFullYear()}, ${moment.toISOString().slice(11, 16)} UTC`;
}

/**
 * How far away a moment is: `in 6 days and 3 hours`, `40 minutes ago`. Never more than there is: what is left is rounded down.
 * @param units how many units are named at the most
 */
export function distanceInWords(moment: Date, now: Date, units: 1 | 2 = 2): string {
  const seconds = (moment.getTime() - now.getTime()) / 1_000;
  if (Math.abs(seconds) < 60) return seconds >= 0 ? 'in less than a minute' : 'less than a minute ago';
  // Nobody asks for the seconds of what is minutes away.
  const span = Math.floor(Math.abs(seconds) / 60) * 60;
  const words = namedUnits(span, span >= DAYS_ALONE * 86_400 ? 1 : units);
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

/** `90 days`, `1 day and 12 hours`: all of it. */
export function durationInWords(duration: Duration): string {
  const seconds = durationSeconds(duration);
  return seconds === 0 ? 'no time at all' : namedUnits(seconds, UNITS.length);
}

/** `1 token`, `3 tokens`: with a plural in `s`, or the one given. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${COUNTS.format(count)} ${count === 1 ? singular : plural}`;
}

// Of the largest unit that there is and those right behind it; what is zero is left out.
function namedUnits(seconds: number, most: number): string {
  const first = UNITS.findIndex(([length]) => seconds >= length);
  let left = seconds;
  const named = UNITS.slice(first, first + most).flatMap(([length, name]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return count > 0 ? [counted(count, name)] : [];
  });
  return named.length > 1 ? `${named.slice(0, -1).join(', ')} and ${named.at(-1)}` : (named[0] ?? '');
}
