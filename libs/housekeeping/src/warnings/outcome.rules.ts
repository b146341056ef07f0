import type { JsonObject } from '@tokenwarden/vocabulary';

/** Somebody who is not told, for good, and what the server said. */
export interface NotTold {
  readonly recipientName: string | null;
  readonly email: string | null;
  readonly reply: string;
}

/** What came of telling, as the outbox counts it since the run tried. */
export interface Telling {
  readonly sent: number;
  /** Tried and to be tried again, or not tried in time. */
  readonly waiting: number;
  readonly givenUp: readonly NotTold[];
  readonly givenUpCount: number;
  readonly lastReply: string | null;
}

/** How a run that warns ended. */
export interface WarningOutcome {
  readonly state: 'SUCCEEDED' | 'FAILED';
  readonly error?: string;
  readonly details: JsonObject;
}

/**
 * How a run ended that told people, or tried: FAILED where there was somebody to tell and nobody was told, with the reply; else
 * SUCCEEDED, and those who were refused for good are named.
 */
export function outcomeOfTelling({
  sent,
  waiting,
  givenUp,
  givenUpCount,
  lastReply,
}: Telling): WarningOutcome {
  const details = {
    ...{ told: sent, waiting, refused: givenUpCount },
    failedRecipients: givenUp.map(({ recipientName, email, reply }) => ({
      name: recipientName,
      email,
      reply,
    })),
  };
  if (sent > 0 || waiting + givenUpCount === 0) return { state: 'SUCCEEDED', details };
  const reply = lastReply === null ? 'No server has answered in time.' : lastReply;
  return { state: 'FAILED', error: `Nobody could be told. ${reply}`, details };
}
