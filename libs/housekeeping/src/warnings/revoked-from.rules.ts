import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/** What is known of a mark of idleness when somebody is about to be told of it. */
export interface MarkToTell {
  readonly decidedAt: Date;
  /** The `after` that the mark was made by. */
  readonly thresholdSeconds: number;
  /** Now, by the database's clock. */
  readonly readAt: Date;
}

/**
 * From when on a token that is told to be idle is revoked: a whole `after` since its mark, and half of one since it was told,
 * whichever is later; a shorter `after` brings neither forward. The same as `idleToRevoke` of `policy` where the message goes at once.
 */
export function revokedFrom({ decidedAt, thresholdSeconds, readAt }: MarkToTell, after: Duration): Date {
  const length = Math.max(durationSeconds(after), thresholdSeconds) * 1_000;
  return new Date(Math.max(decidedAt.getTime() + length, readAt.getTime() + length / 2));
}
