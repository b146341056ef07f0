import { durationOfSeconds, type Duration } from '@tokenwarden/vocabulary';
import { isWarnable, mostUrgentDue, thresholdsThatCount, type WarnableToken } from '../due/warning.rules.js';
import type { PolicyDocument } from '../policy-document.rules.js';

/** A warning that was decided for a token, of whichever end. */
export interface DecidedWarningOfToken {
  readonly endsAt: Date;
  readonly thresholdSeconds: number;
  /** Null before it is known who is told. */
  readonly recipients: number | null;
  readonly sentAt: Date | null;
}

/** A warning of a token as it is shown: decided, or still to come. */
export interface WarningOfToken {
  readonly threshold: Duration;
  /** When its threshold passes, or passed. */
  readonly dueAt: Date;
  /** When the last recipient was told or given up; null before. */
  readonly sentAt: Date | null;
  /** 0 before it is decided. */
  readonly recipients: number;
}

/**
 * The warnings of a token's present end, soonest first: those that were decided, and those that are still to come as the policy
 * is now. Of thresholds that have passed only the most urgent comes (rule 17), and none that is less urgent than one decided.
 */
export function warningsOfToken(
  token: WarnableToken,
  decided: readonly DecidedWarningOfToken[],
  { enabled, thresholds }: Pick<PolicyDocument['expiryWarnings'], 'enabled' | 'thresholds'>,
  now: Date,
): WarningOfToken[] {
  const ofThisEnd = decided.filter(({ endsAt }) => endsAt.getTime() === token.endsAt.getTime());
  const warned = ofThisEnd.map(({ thresholdSeconds }) => thresholdSeconds);
  const dueAt = (seconds: number) => new Date(token.endsAt.getTime() - seconds * 1_000);
  const known = ofThisEnd.map(({ thresholdSeconds, sentAt, recipients }) => ({
    threshold: durationOfSeconds(thresholdSeconds),
    dueAt: dueAt(thresholdSeconds),
    sentAt,
    recipients: recipients ?? 0,
  }));
  const toCome = enabled ? secondsToCome(token, thresholds, warned, now) : [];
  const expected = toCome.map((seconds) => ({
    threshold: durationOfSeconds(seconds),
    dueAt: dueAt(seconds),
    sentAt: null,
    recipients: 0,
  }));
  return [...known, ...expected].sort((one, other) => one.dueAt.getTime() - other.dueAt.getTime());
}

function secondsToCome(
  token: WarnableToken,
  thresholds: readonly Duration[],
  warned: readonly number[],
  now: Date,
): number[] {
  // Of a token that nobody is warned of, nothing has to be said of the future either.
  if (!isWarnable(token, now)) return [];
  const due = mostUrgentDue(token, thresholds, warned, now);
  const left = (token.endsAt.getTime() - now.getTime()) / 1_000;
  const later = thresholdsThatCount(token, thresholds).filter(
    (seconds) => seconds < left && warned.every((one) => seconds < one),
  );
  return due === null ? later : [...later, due];
}
