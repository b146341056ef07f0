import type { ProblemCode } from './problem-codes.js';

/** What an operation was aimed at, as the audit trail names it. */
export interface Target {
  readonly type:
    'token' | 'service_account' | 'user' | 'group' | 'policy' | 'housekeeping_run' | 'signing_key';
  readonly id: string;
  readonly name: string | null;
}

/** What a refused attempt was aimed at: for the audit trail alone, never in the answer. */
export interface Aimed {
  readonly target?: Target;
}

/** What a problem knows beside its code. */
export interface ProblemFacts {
  /** What would be right, in words for the caller's eyes. */
  readonly detail: string;
  /** The path of the input at fault, as the caller wrote it. */
  readonly field?: string;
  /** What the caller wanted to act on, for the audit trail alone. */
  readonly refusedTarget?: Target | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  /** For the log, never for the caller. */
  readonly cause?: unknown;
}

const REFUSALS: readonly ProblemCode[] = ['FORBIDDEN', 'NOT_A_MEMBER', 'SCOPE_NOT_GRANTED', 'NOT_FOUND'];

/** A refusal that the caller can cause or must know of. Thrown where the rule stands, rendered once at the edge. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly field: string | undefined;
  readonly refusedTarget: Target | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ProblemCode,
    facts: ProblemFacts,
  ) {
    super(facts.detail, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.field = facts.field;
    this.refusedTarget = facts.refusedTarget;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }

  /**
   * Whether somebody was refused for want of a right: such an attempt belongs into the audit trail. Nothing of this id
   * counts too, be there something hidden or nothing at all: the two must be alike, in time as well.
   */
  get isRefusal(): boolean {
    return REFUSALS.includes(this.code);
  }
}

/** No credential, or none that is good. */
export const unauthenticated = (detail = 'Send a session or an access token as "Authorization: Bearer …".') =>
  new Problem('UNAUTHENTICATED', { detail });

/** The caller is known and may not do this. */
export const forbidden = (detail: string, { target }: Aimed = {}) =>
  new Problem('FORBIDDEN', { detail, refusedTarget: target });

/** The caller lacks this scope. */
export const scopeMissing = (scope: string, aimed: Aimed = {}) =>
  forbidden(`This needs the scope "${scope}".`, aimed);

/**
 * Nothing of this id that the caller may see. `hidden` is what is there all the same: the answer is alike, the trail knows.
 */
export const notFound = (field: string, { hidden }: { hidden?: Target } = {}) =>
  new Problem('NOT_FOUND', {
    field,
    detail: 'There is nothing of this id that you may see.',
    refusedTarget: hidden,
  });

/** This input cannot be; `detail` says what would be right. */
export const invalidInput = (field: string | undefined, detail: string) =>
  new Problem('INVALID_INPUT', field === undefined ? { detail } : { field, detail });

/** The asked end lies beyond what the profile allows today. */
export const lifetimeExceedsPolicy = (field: string, profile: string, latest: Date) =>
  new Problem('LIFETIME_EXCEEDS_POLICY', {
    field,
    detail: `Under the profile "${profile}" a token of now ends by ${latest.toISOString()} at the latest.`,
  });

/** A scope that is not held: `whose` says by whom it would have to be. */
export const scopeNotGranted = (
  field: string,
  scope: string,
  whose = 'You do not hold it.',
  { target }: Aimed = {},
) =>
  new Problem('SCOPE_NOT_GRANTED', {
    field,
    detail: `The scope "${scope}" cannot be given. ${whose}`,
    refusedTarget: target,
  });

/** Only members of one of the account's groups may do this (rule 6). */
export const notAMember = (
  detail = "Only a member of one of the service account's groups may do this, administrators included.",
  { target }: Aimed = {},
) => new Problem('NOT_A_MEMBER', { detail, refusedTarget: target });

/** The token has ended, or is suspended. */
export const tokenNotActive = (detail: string, field?: string) =>
  new Problem('TOKEN_NOT_ACTIVE', field === undefined ? { detail } : { detail, field });

/** The token has a successor already: the attempt is recorded as possible reuse, and nothing healthy is killed (rule 8). */
export const alreadyRotated = ({ target }: Aimed = {}) =>
  new Problem('ALREADY_ROTATED', {
    field: 'id',
    detail: 'This token has been rotated already: rotate its successor.',
    refusedTarget: target,
  });

/** The key stands for another request of the same principal. */
export const idempotencyConflict = () =>
  new Problem('IDEMPOTENCY_CONFLICT', {
    field: 'idempotencyKey',
    detail:
      'This idempotencyKey was used with another input. Repeat that very input, or use a new key for a new request.',
  });

/** It is not any more what the caller started from. */
export const versionConflict = (field: string, detail: string) =>
  new Problem('VERSION_CONFLICT', { field, detail });

/** The user or the service account that the token acts as is not active. */
export const principalNotActive = (detail: string) => new Problem('PRINCIPAL_NOT_ACTIVE', { detail });

/** Nobody would be left who holds everything. */
export const wouldLockOut = (field: string, detail: string) =>
  new Problem('WOULD_LOCK_OUT', { field, detail });

/** Too many in too short a time. */
export const rateLimited = (detail: string, retryAfterSeconds: number) =>
  new Problem('RATE_LIMITED', { detail, retryAfterSeconds });

/** The operation is larger than a limit allows. */
export const queryTooComplex = (detail: string, field?: string) =>
  new Problem('QUERY_TOO_COMPLEX', field === undefined ? { detail } : { detail, field });

/** The directory cannot be asked. */
export const directoryUnavailable = (detail: string, cause?: unknown) =>
  new Problem('DIRECTORY_UNAVAILABLE', { detail, retryAfterSeconds: 5, cause });

/** Storage or a needed part is gone for now. */
export const unavailable = (
  detail: string,
  { cause, retryAfterSeconds = 1 }: { cause?: unknown; retryAfterSeconds?: number } = {},
) => new Problem('UNAVAILABLE', { detail, retryAfterSeconds, cause });
