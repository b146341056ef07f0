import {
  durationSeconds,
  invalidInput,
  parseDuration,
  parseSchedule,
  type Duration,
} from '@tokenwarden/vocabulary';

/**
 * The length in its shortest form.
 * @param least the shortest that there may be; P3650D is the longest
 * @throws Problem `INVALID_INPUT` on `field`
 */
export function checkedDuration(asked: Duration, field: string, least: Duration): Duration {
  const duration = parseDuration(asked);
  if (duration === undefined || durationSeconds(duration) < durationSeconds(least)) {
    throw invalidInput(field, `This must be a duration from ${least} to P3650D.`);
  }
  return duration;
}

/**
 * The schedule with single spaces.
 * @throws Problem `INVALID_INPUT` on `field` where it is none that comes to pass
 */
export function checkedSchedule(asked: string, field: string): string {
  if (parseSchedule(asked) === undefined) {
    throw invalidInput(
      field,
      'This must be a cron expression of five fields in UTC (minute, hour, day, month, weekday) of numbers and * , - / ' +
        'that comes to pass, as "0 8 * * *".',
    );
  }
  return asked
    .trim()
    .split(/[ \t]+/)
    .join(' ');
}

/**
 * Each of them once, in the order in which they are listed everywhere.
 * @param right what would be right, for the message
 * @throws Problem `INVALID_INPUT` on `field` where none is chosen
 */
export function chosen<Word extends string>(
  known: readonly Word[],
  asked: readonly Word[],
  field: string,
  right: string,
): Word[] {
  if (asked.length === 0) throw invalidInput(field, `This must be ${right}.`);
  return known.filter((word) => asked.includes(word));
}
