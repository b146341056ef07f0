import { rateLimited, wholeSecond } from '@tokenwarden/vocabulary';

/** How many tokens one principal is issued within a minute, over all instances. */
export const ISSUED_A_MINUTE = 600;
/** How many live tokens one principal has at most. */
export const LIVE_TOKENS = 10_000;

const MINUTE_SECONDS = 60;
/** When to try again where only an ended token makes room: no moment is sure, so do not ask at once. */
const FULL_RETRY_SECONDS = 60;

/** What the limits look at, counted while nobody else issues for the same principal. */
export interface IssuedSoFar {
  readonly now: Date;
  /** When the token was created that is `ISSUED_A_MINUTE` from the end; null when fewer were within that time. */
  readonly nthLastCreatedAt: Date | null;
  /** Live tokens; 0 where they are too few to ask. */
  readonly live: number;
}

/**
 * Returns when the principal may be issued one token more. Creation counts in whole seconds, so the minute is up to one
 * second longer than sixty: never shorter.
 * @throws Problem `RATE_LIMITED`, with the seconds after which there is room
 */
export function refuseTooMany({ now, nthLastCreatedAt, live }: IssuedSoFar): void {
  const windowStart = wholeSecond(now).getTime() - MINUTE_SECONDS * 1_000;
  if (nthLastCreatedAt !== null && nthLastCreatedAt.getTime() >= windowStart) {
    const roomAt = nthLastCreatedAt.getTime() + (MINUTE_SECONDS + 1) * 1_000;
    const seconds = Math.ceil((roomAt - now.getTime()) / 1_000);
    throw rateLimited(
      `At most ${ISSUED_A_MINUTE} tokens a minute are issued to one user or service account. Try again in ${seconds} s.`,
      seconds,
    );
  }
  if (live >= LIVE_TOKENS) {
    throw rateLimited(
      `A user or service account has at most ${LIVE_TOKENS} live tokens. Revoke some that are no longer needed.`,
      FULL_RETRY_SECONDS,
    );
  }
}
