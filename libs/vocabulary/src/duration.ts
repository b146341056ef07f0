/** An ISO 8601 duration of days, hours, minutes and seconds in its shortest form, as `P1DT12H`; a day is 86,400 s. */
export type Duration = string;

const DAY = 86_400;
/** P3650D, the longest duration there is, in seconds. */
export const LONGEST_SECONDS = 3_650 * DAY;

const FORM = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/**
 * The duration in its shortest form (`PT24H` as `P1D`, `P1W` as `P7D`, zero as `PT0S`), or undefined where the text is
 * none: upper case, whole numbers, no sign, no years or months, at most P3650D.
 */
export function parseDuration(text: string): Duration | undefined {
  if (text.length > 64) return undefined;
  const found = FORM.exec(text);
  if (!found || text.endsWith('P') || text.endsWith('T')) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  const total = weeks * 7 * DAY + days * DAY + hours * 3_600 + minutes * 60 + seconds;
  return total <= LONGEST_SECONDS ? durationOfSeconds(total) : undefined;
}

/** The shortest form of so many whole seconds. */
export function durationOfSeconds(total: number): Duration {
  const days = Math.floor(total / DAY);
  const time = [
    [Math.floor((total % DAY) / 3_600), 'H'],
    [Math.floor((total % 3_600) / 60), 'M'],
    [total % 60, 'S'],
  ] as const;
  const clock = time.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('');
  if (days === 0 && clock === '') return 'PT0S';
  return `P${days > 0 ? `${days}D` : ''}${clock === '' ? '' : `T${clock}`}`;
}

/** The length of a duration in seconds. */
export function durationSeconds(duration: Duration): number {
  const normal = parseDuration(duration);
  const found = normal === undefined ? null : FORM.exec(normal);
  if (!found) throw new Error(`"${duration}" is no duration.`);
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return days * DAY + hours * 3_600 + minutes * 60 + seconds;
}

/** The moment a duration after another one. */
export function addDuration(moment: Date, duration: Duration): Date {
  return new Date(moment.getTime() + durationSeconds(duration) * 1_000);
}
