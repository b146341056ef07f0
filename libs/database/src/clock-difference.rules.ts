/** Farther apart than this, lifetimes and housekeeping would be judged by a clock that nobody can trust. */
export const WIDEST_CLOCK_GAP_SECONDS = 5;

/** A moment of the database's clock, and between which moments of this process's clock it was given. */
export interface ClockReading {
  readonly asked: Date;
  readonly moment: Date;
  readonly answered: Date;
}

/**
 * How far the clocks of the database and of this process are apart, as a sentence for an operator, where that is more than
 * 5 s; undefined where it is not, or where the answer took too long to tell. The time between question and answer counts for nothing.
 */
export function clockDifference({ asked, moment, answered }: ClockReading): string | undefined {
  const ahead = moment.getTime() - answered.getTime();
  const behind = asked.getTime() - moment.getTime();
  const apart = Math.max(ahead, behind);
  if (apart <= WIDEST_CLOCK_GAP_SECONDS * 1_000) return undefined;
  return (
    `The database's clock is about ${roughly(apart)} ${ahead > 0 ? 'ahead of' : 'behind'} the clock of this process; more than ` +
    `${WIDEST_CLOCK_GAP_SECONDS} seconds are too many. Set the one that is wrong right, for instance by NTP.`
  );
}

// Rough, so that the same trouble is told in the same words.
function roughly(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} hours`;
  return `${Math.round(seconds / 86_400)} days`;
}
