import type { HousekeepingTask, ServiceAccountState, TokenKind, TokenStatus } from '@tokenwarden/vocabulary';

/** How soon a live token ends. */
export const ENDING_WITHIN = ['P1D', 'P7D', 'P30D'] as const;
/** See `ENDING_WITHIN`. */
export type EndingWithin = (typeof ENDING_WITHIN)[number];

/** So many tokens of a kind with a status. */
export interface TokenCount {
  readonly kind: TokenKind;
  readonly status: TokenStatus;
  readonly count: number;
}

/** So many live tokens of a kind that end within a span from now; those of P1D are also among those of P7D. */
export interface EndingCount {
  readonly kind: TokenKind;
  readonly within: EndingWithin;
  readonly count: number;
}

/** So many service accounts in a state. */
export interface AccountCount {
  readonly state: ServiceAccountState;
  readonly count: number;
}

/** How a housekeeping task does, by its runs in all processes. */
export interface TaskHealth {
  readonly task: HousekeepingTask;
  /** When a run last SUCCEEDED; null while none has. */
  readonly lastSuccessAt: Date | null;
  /** Whether the newest run that says how the task does was a fault: dry, stopped and refused ones say nothing of it. */
  readonly isFailing: boolean;
}

/** How many messages are in the outbox. */
export interface OutboxCount {
  /** To be sent, or tried again. */
  readonly pending: number;
  readonly givenUp: number;
}
