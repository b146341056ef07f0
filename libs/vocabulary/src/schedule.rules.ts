/** When something is due: a cron expression of five fields, in UTC, as sets of numbers. */
export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both day fields are given: either is enough. */
  readonly isEitherDay: boolean;
}

const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/**
 * The schedule that a cron expression names: five fields of numbers, `*` `,` `-` `/`, Sunday 0 or 7. Undefined for
 * anything else: names, macros, seconds, empty ranges, and what never fires (`0 0 31 2 *`).
 */
export function parseSchedule(text: string): Schedule | undefined {
  if (text.length > 200) return undefined;
  const fields = text.trim().split(/[ \t]+/);
  if (fields.length !== FIELDS.length) return undefined;
  const sets = FIELDS.map(([least, most], i) => numbersOf(fields[i] ?? '', least, most));
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const schedule = {
    minutes,
    hours,
    days,
    months,
    weekdays: new Set([...weekdays].map((weekday) => weekday % 7)),
    isEitherDay: !fields[2]?.startsWith('*') && !fields[4]?.startsWith('*'),
  };
  return nextMoment(schedule, new Date('2000-01-01T00:00:00Z')) ? schedule : undefined;
}

function numbersOf(field: string, least: number, most: number): Set<number> | undefined {
  const numbers = new Set<number>();
  for (const item of field.split(',')) {
    const found = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(item);
    if (!found) return undefined;
    const [, first, last, step] = found.map((part) => (part === undefined ? undefined : Number(part)));
    // "5/10" is neither a number nor a range in the standard; "*/10" and "5-59/10" say what is meant.
    if (step !== undefined && (step === 0 || (first !== undefined && last === undefined))) return undefined;
    const from = first ?? least;
    const to = last ?? first ?? most;
    if (from < least || to > most || from > to) return undefined;
    for (let number = from; number <= to; number += step ?? 1) numbers.add(number);
  }
  return numbers;
}

const DAY_MILLISECONDS = 86_400_000;
// The rarest day, 29 February on one weekday, comes back after 40 years at the most (over 2100); then it never comes.
const FARTHEST_DAYS = 41 * 366;

/** The first moment after `after` at which the schedule fires, or undefined where it never does. */
export function nextMoment(schedule: Schedule, after: Date): Date | undefined {
  const start = new Date(Math.floor(after.getTime() / 60_000) * 60_000 + 60_000);
  let day = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()));
  for (let looked = 0; looked < FARTHEST_DAYS; looked += 1) {
    if (isDayOf(schedule, day)) {
      const earliest = Math.max(0, Math.ceil((start.getTime() - day.getTime()) / 60_000));
      const minute = firstMinute(schedule, earliest);
      if (minute !== undefined) return new Date(day.getTime() + minute * 60_000);
    }
    day = new Date(day.getTime() + DAY_MILLISECONDS);
  }
  return undefined;
}

function isDayOf(schedule: Schedule, day: Date): boolean {
  if (!schedule.months.has(day.getUTCMonth() + 1)) return false;
  const byDate = schedule.days.has(day.getUTCDate());
  const byWeekday = schedule.weekdays.has(day.getUTCDay());
  return schedule.isEitherDay ? byDate || byWeekday : byDate && byWeekday;
}

function firstMinute(schedule: Schedule, earliest: number): number | undefined {
  for (const hour of [...schedule.hours].sort((a, b) => a - b)) {
    for (const minute of [...schedule.minutes].sort((a, b) => a - b)) {
      if (hour * 60 + minute >= earliest) return hour * 60 + minute;
    }
  }
  return undefined;
}
