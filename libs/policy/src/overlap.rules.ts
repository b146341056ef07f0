import { durationSeconds, invalidInput, type Duration } from '@tokenwarden/vocabulary';

/** How long a rotated token lives on where nothing is asked and the policy allows as much. */
export const DEFAULT_OVERLAP: Duration = 'P1D';

/**
 * How long a rotated token lives on beside its successor: as asked, PT0S included, else the default or the policy's
 * maximum, whichever is less. Refuses, never shortens.
 * @throws Problem `INVALID_INPUT` on `overlap` beyond the maximum
 */
export function overlapFor(maximum: Duration, asked: Duration | undefined): Duration {
  if (asked === undefined) return isLonger(DEFAULT_OVERLAP, maximum) ? maximum : DEFAULT_OVERLAP;
  if (isLonger(asked, maximum)) {
    throw invalidInput('overlap', `The policy lets a rotated token live on for ${maximum} at most.`);
  }
  return asked;
}

function isLonger(one: Duration, other: Duration): boolean {
  return durationSeconds(one) > durationSeconds(other);
}
