import type { Outcome } from '../outbox/delivery.rules.js';

/** What came of one post of an event. */
export type Answer =
  | {
      /** The receiver answered. */
      readonly status: number;
      /** As its header has it. */
      readonly retryAfter: string | undefined;
    }
  | {
      /** It did not, in time: `ECONNREFUSED`, `TIMEOUT`, … */
      readonly fault: string;
    };

// The receiver, or the proxy before it, says so of whatever it is sent; another status may be about the very event.
const OF_EVERY_EVENT: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * What an answer means for its event. 2xx alone is a delivery; a redirect is none, since whoever answers there is not who the
 * operator named. Nothing is refused for good: an event is the same for every attempt, but a receiver is repaired.
 *
 * No reply repeats a part of the URL or of the answer, which may quote it.
 */
export function outcomeOf(answer: Answer, now: Date): Outcome {
  if ('fault' in answer) {
    return { end: 'LATER', reply: `The receiver did not answer (${answer.fault}).`, holdsChannel: true };
  }
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) return { end: 'SENT' };
  if (status >= 300 && status < 400) {
    const right = 'redirects are not followed: name the last URL in WEBHOOK_URL';
    return { end: 'LATER', reply: `The receiver answered ${status}, and ${right}.`, holdsChannel: true };
  }
  return {
    end: 'LATER',
    reply: `The receiver answered ${status}.`,
    notWithinSeconds: restAskedFor(retryAfter, now),
    holdsChannel: OF_EVERY_EVENT.has(status),
  };
}

/** Seconds that `Retry-After` asks for (RFC 9110, 10.2.3); 0 where it says nothing that can be read. */
export function restAskedFor(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(retryAfter.trim())
    ? Number(retryAfter)
    : Math.ceil((Date.parse(retryAfter) - now.getTime()) / 1_000);
  return seconds > 0 ? seconds : 0;
}
