/** The two kinds of access token; each acts as one kind of principal. */
export const TOKEN_KINDS = ['USER', 'SERVICE_ACCOUNT'] as const;
/** See `TOKEN_KINDS`. */
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** What a token is, derived and never stored; the first that holds of REVOKED, EXPIRED, SUSPENDED, ACTIVE (rule 3). */
export const TOKEN_STATUSES = ['ACTIVE', 'SUSPENDED', 'EXPIRED', 'REVOKED'] as const;
/** See `TOKEN_STATUSES`. */
export type TokenStatus = (typeof TOKEN_STATUSES)[number];

/** Why a token would not resolve now, whatever the reason lies in: the token, its principal, or what is in force. */
export const UNUSABLE_REASONS = [
  'REVOKED',
  'EXPIRED',
  'SUSPENDED',
  'PRINCIPAL_DISABLED',
  'PRINCIPAL_REMOVED',
  'ACCOUNT_SUSPENDED',
  'ACCOUNT_ORPHANED',
  'KEY_WITHDRAWN',
  'ISSUER_OR_AUDIENCE_NOT_IN_FORCE',
] as const;
/** See `UNUSABLE_REASONS`. */
export type UnusableReason = (typeof UNUSABLE_REASONS)[number];

/** What a caller may do with a token. */
export const TOKEN_ACTIONS = ['UPDATE', 'ROTATE', 'SUSPEND', 'RESUME', 'REVOKE'] as const;
/** See `TOKEN_ACTIONS`. */
export type TokenAction = (typeof TOKEN_ACTIONS)[number];

/** Who can do something: a person, a service account, or Tokenwarden itself. */
export const ACTOR_KINDS = ['USER', 'SERVICE_ACCOUNT', 'SYSTEM'] as const;
/** See `ACTOR_KINDS`. */
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** What the copy of the directory says of a user. */
export const USER_STATES = ['ACTIVE', 'DISABLED', 'REMOVED'] as const;
/** See `USER_STATES`. */
export type UserState = (typeof USER_STATES)[number];

/** What the copy of the directory says of a group. */
export const GROUP_STATES = ['ACTIVE', 'REMOVED'] as const;
/** See `GROUP_STATES`. */
export type GroupState = (typeof GROUP_STATES)[number];

/** Whether a service account's tokens resolve: only while ACTIVE. */
export const SERVICE_ACCOUNT_STATES = ['ACTIVE', 'SUSPENDED', 'ORPHANED'] as const;
/** See `SERVICE_ACCOUNT_STATES`. */
export type ServiceAccountState = (typeof SERVICE_ACCOUNT_STATES)[number];

/** What housekeeping does again and again; each task has its own schedule. */
export const HOUSEKEEPING_TASKS = ['EXPIRY_WARNINGS', 'PURGE', 'IDLE_REVOCATION', 'DIRECTORY_SYNC'] as const;
/** See `HOUSEKEEPING_TASKS`. */
export type HousekeepingTask = (typeof HOUSEKEEPING_TASKS)[number];

/** What began a run: its schedule, somebody's call, or what was missed or left behind. */
export const HOUSEKEEPING_TRIGGERS = ['SCHEDULE', 'MANUAL', 'CATCH_UP'] as const;
/** See `HOUSEKEEPING_TRIGGERS`. */
export type HousekeepingTrigger = (typeof HOUSEKEEPING_TRIGGERS)[number];

/** How a run stands; HELD: the brake stopped an answer of the directory, which waits for an administrator (rule 12). */
export const HOUSEKEEPING_RUN_STATES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'HELD'] as const;
/** See `HOUSEKEEPING_RUN_STATES`. */
export type HousekeepingRunState = (typeof HOUSEKEEPING_RUN_STATES)[number];

/** What a JSON document can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object, its members in any order. */
export interface JsonObject {
  readonly [member: string]: JsonValue;
}
