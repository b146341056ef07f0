import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/** What decides whether somebody is told that a token ends. */
export interface WarnableToken {
  readonly createdAt: Date;
  readonly endsAt: Date;
  readonly revokedAt: Date | null;
  /** A token with a successor needs no warning. */
  readonly rotatedAt: Date | null;
}

/** Whether anybody is warned of this token at all: it is live and has no successor. A suspended one is warned of (rule 17). */
export function isWarnable(token: WarnableToken, now: Date): boolean {
  return token.revokedAt === null && token.rotatedAt === null && token.endsAt > now;
}

/** The thresholds that count for a token, in seconds and the most urgent first: those that are shorter than its whole life. */
export function thresholdsThatCount(
  { createdAt, endsAt }: Pick<WarnableToken, 'createdAt' | 'endsAt'>,
  thresholds: readonly Duration[],
): number[] {
  const life = (endsAt.getTime() - createdAt.getTime()) / 1_000;
  const seconds = thresholds.map(durationSeconds).filter((one) => one < life);
  return [...new Set(seconds)].sort((a, b) => a - b);
}

/**
 * The threshold in seconds of the one warning that is due for a token: the most urgent of those that have passed, however
 * long ago (rule 17). Null where none has, or where this or a more urgent one was decided for this very end.
 * @param warnedSeconds the thresholds that were warned of, of the present end alone
 */
export function mostUrgentDue(
  token: WarnableToken,
  thresholds: readonly Duration[],
  warnedSeconds: readonly number[],
  now: Date,
): number | null {
  if (!isWarnable(token, now)) return null;
  const left = (token.endsAt.getTime() - now.getTime()) / 1_000;
  const due = thresholdsThatCount(token, thresholds).find((threshold) => left <= threshold);
  if (due === undefined || warnedSeconds.some((warned) => warned <= due)) return null;
  return due;
}
