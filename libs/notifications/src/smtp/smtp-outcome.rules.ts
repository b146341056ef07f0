import type { Outcome } from '../outbox/delivery.rules.js';

/** How far an attempt came: the connection with its greeting and its sign-in, MAIL FROM, RCPT TO, DATA; or all was handed over. */
export type SmtpStep = 'CONNECTION' | 'SENDER' | 'RECIPIENT' | 'MESSAGE' | 'HANDED_OVER';

/** Where and how an attempt ended. */
export interface SmtpTrouble {
  readonly step: SmtpStep;
  /** Of the server's reply; undefined where there was none. */
  readonly code: number | undefined;
  /** The server's, or what went wrong on the way; no secret in it. */
  readonly reply: string;
  /** Whether it was waited for in vain. */
  readonly isTimeout: boolean;
}

/** The server is about to close (RFC 5321, section 3.8), or wants a sign-in that it did not get (RFC 4954, section 6). */
const NOT_OF_THE_MESSAGE = [421, 503, 530, 534, 535, 538];

/**
 * What an attempt that did not succeed means. A refusal of the recipient or of this very message is its own; what happens before
 * the recipient is named would happen to every other message, too. A connection that ends behind the last dot has perhaps
 * delivered.
 */
export function smtpOutcome({ step, code, reply, isTimeout }: SmtpTrouble): Outcome {
  const isOwn = step !== 'CONNECTION' && step !== 'SENDER';
  if (isOwn && code === undefined && step === 'HANDED_OVER') {
    // Who hangs here hangs for the next one as well: one time-out is enough.
    return { end: 'LATER', reply, isUnanswered: true, holdsChannel: isTimeout };
  }
  if (!isOwn || code === undefined || NOT_OF_THE_MESSAGE.includes(code)) {
    return { end: 'LATER', reply, holdsChannel: true };
  }
  return code >= 500 ? { end: 'GIVEN_UP', reply } : { end: 'LATER', reply };
}
