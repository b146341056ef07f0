/** What came of one attempt to deliver an event. */
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

/** What an attempt means for its event. */
export interface Verdict {
  readonly isDelivered: boolean;
  /** Why not, for an operator: never a part of the URL or of the answer, which may repeat it. */
  readonly reply: string | null;
  /** Whether the trouble is the receiver's as a whole, so that other events need not find it out one by one. */
  readonly isOfReceiver: boolean;
  /** At least so long the receiver wants to be left alone. */
  readonly restSeconds: number;
}

/** Nobody is left alone for longer: a receiver that means it well for itself must not lose events by it. */
const LONGEST_REST_SECONDS = 3_600;

/** 2xx alone is a delivery; a redirect is none, since whoever answers there is not who the operator named. */
export function verdictOn(answer: Answer, now: Date): Verdict {
  if ('fault' in answer) {
    return undelivered(`The receiver did not answer (${answer.fault}).`, true);
  }
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) {
    return { isDelivered: true, reply: null, isOfReceiver: false, restSeconds: 0 };
  }
  if (status >= 300 && status < 400) {
    return undelivered(
      `The receiver answered ${status}, and redirects are not followed: name the last URL in WEBHOOK_URL.`,
      true,
    );
  }
  const isBusy = status === 429 || status === 503;
  return undelivered(`The receiver answered ${status}.`, isBusy, restAskedFor(retryAfter, now));
}

function undelivered(reply: string, isOfReceiver: boolean, restSeconds = 0): Verdict {
  return { isDelivered: false, reply, isOfReceiver, restSeconds };
}

/** Seconds that `Retry-After` asks for (RFC 9110, 10.2.3), at most an hour; 0 where it says nothing that can be read. */
export function restAskedFor(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(retryAfter.trim())
    ? Number(retryAfter)
    : Math.ceil((Date.parse(retryAfter) - now.getTime()) / 1_000);
  return seconds > 0 ? Math.min(seconds, LONGEST_REST_SECONDS) : 0;
}
