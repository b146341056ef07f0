/** What came of one attempt to deliver a message. */
export type Outcome =
  /** The other side has it. */
  | { readonly end: 'SENT' }
  /** The other side refuses it for good, or it can go nowhere: nobody tries again. */
  | { readonly end: 'GIVEN_UP'; readonly reply: string }
  | Later
  /** It was not tried, since this process stops: the next one takes it at once. */
  | { readonly end: 'UNTRIED' };

/** Not now: it is tried again. */
export interface Later {
  readonly end: 'LATER';
  /** What the other side said, or what went wrong on the way; no secret in it. */
  readonly reply: string;
  /** The other side asked for so many seconds. */
  readonly notWithinSeconds?: number;
  /** The message was handed over whole and no answer came: it may have been delivered. */
  readonly isUnanswered?: boolean;
  /** It is not this message's fault: everything else of the channel would meet the same, and waits too. */
  readonly holdsChannel?: boolean;
}

/** What is known of a message when an attempt ends. */
export interface Attempted {
  /** This one counts. */
  readonly attempts: number;
  /** How many before may have delivered it. */
  readonly unanswered: number;
  /** Since it was written, in seconds. */
  readonly ageSeconds: number;
}

/** What becomes of a message behind an attempt. */
export type Ending =
  | { readonly state: 'SENT' }
  | { readonly state: 'GIVEN_UP'; readonly reply: string }
  /** `reply` is null where it was not tried. */
  | {
      readonly state: 'WAITING';
      readonly reply: string | null;
      readonly inSeconds: number;
      readonly isUnanswered: boolean;
    };

/** After the first attempt, the second and so on, before the jitter; after the last of them always as long. */
export const BACK_OFF_SECONDS: readonly number[] = [30, 60, 120, 240, 480, 960, 1_920, 2_700];
/** Nobody asks for more: whoever says "in a year" is not believed. */
const LONGEST_ASKED_SECONDS = 3_600;
/** So often a message may have arrived without an answer: whoever got it each time has got it three times. */
export const MOST_UNANSWERED = 3;
/** Between the second of these and the third: a server that hangs for some minutes costs nobody a message. */
const UNANSWERED_SECONDS = 900;

/**
 * How long each number of attempts waits, drawn once: from two thirds to four thirds of `BACK_OFF_SECONDS`, so that processes
 * and messages that failed together do not come back together. The first is 20 to 40 seconds, the longest an hour.
 * @param random from 0 up to 1
 */
export function backOffs(random: number): number[] {
  return BACK_OFF_SECONDS.map((seconds) => (seconds * 2 * (1 + random)) / 3);
}

/** How long after its `attempts`-th attempt a message waits, in seconds. */
export function backOffOf(attempts: number, drawn: readonly number[]): number {
  return drawn[Math.min(Math.max(attempts, 1), drawn.length) - 1] ?? LONGEST_ASKED_SECONDS;
}

/** For how long the other side asked not to be asked again, in seconds: an hour at most. */
export function askedSecondsOf({ notWithinSeconds = 0 }: Later): number {
  return Math.min(notWithinSeconds, LONGEST_ASKED_SECONDS);
}

/**
 * What becomes of a message. An attempt that fails when the message is `lifetimeSeconds` old is its last one.
 * @param outcome of this attempt
 * @param message as it was when it was claimed
 * @param lifetimeSeconds of a message of this channel
 * @param drawn of `backOffs`
 */
export function endingOf(
  outcome: Outcome,
  message: Attempted,
  lifetimeSeconds: number,
  drawn: readonly number[],
): Ending {
  if (outcome.end === 'SENT') return { state: 'SENT' };
  if (outcome.end === 'UNTRIED') return { state: 'WAITING', reply: null, inSeconds: 0, isUnanswered: false };
  const { reply } = outcome;
  if (outcome.end === 'GIVEN_UP') return { state: 'GIVEN_UP', reply };
  const isUnanswered = outcome.isUnanswered ?? false;
  if (isUnanswered && message.unanswered + 1 >= MOST_UNANSWERED) return { state: 'GIVEN_UP', reply };
  if (message.ageSeconds >= lifetimeSeconds) return { state: 'GIVEN_UP', reply };
  const rest = isUnanswered && message.unanswered > 0 ? UNANSWERED_SECONDS : 0;
  const inSeconds = Math.max(rest, askedSecondsOf(outcome), backOffOf(message.attempts, drawn));
  return { state: 'WAITING', reply, inSeconds, isUnanswered };
}
