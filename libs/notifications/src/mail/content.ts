import type { Duration, HousekeepingTask, TokenKind } from '@tokenwarden/vocabulary';

/** What a mail is about, as facts: it waits in the outbox as JSON, and becomes words when it is sent. Never a token's value. */
export type MailContent = ExpiryDigest | IdleDigest | AdministratorNotice;

/** One token as a mail lists it. Moments are RFC 3339 in UTC. */
export interface ListedToken {
  readonly id: string;
  readonly name: string;
  readonly kind: TokenKind;
  /** The name of the service account that it acts as; null where it acts as the recipient. */
  readonly account: string | null;
  readonly endsAt: string;
  /** Null: never used. */
  readonly lastUsedAt: string | null;
  /** It can be neither used nor rotated until it is resumed. Left out: not known, and taken for usable. */
  readonly isSuspended?: boolean;
  /** It is listed since no member of its account could be told: the recipient may not rotate it. Left out: it is not so. */
  readonly asAdministrator?: boolean;
}

/** All of a recipient's tokens that one run warns of because they end soon (rule 17). */
export interface ExpiryDigest {
  readonly type: 'expiry-digest';
  /** By end, the nearest first, each with the threshold that it has passed. */
  readonly tokens: readonly (ListedToken & { readonly threshold: Duration })[];
  /** How many there are beyond those listed. */
  readonly more: number;
}

/** All of a recipient's tokens that one run found unused for so long that they will be revoked. */
export interface IdleDigest {
  readonly type: 'idle-digest';
  /** For how long they have not been used; they are revoked at the first run so much after they were marked, and half as long after this is sent. */
  readonly after: Duration;
  readonly tokens: readonly (ListedToken & { readonly revokedFrom: string })[];
  /** How many there are beyond those listed. */
  readonly more: number;
}

/** What administrators are told once when it begins and once when it ends. */
export type AdministratorNotice =
  | TaskFails
  | TaskRecovers
  | AnswerHeld
  | AnswerReleased
  | AccountsOrphaned
  | AccountsRecovered
  | AccountsPastGrace
  | OrphanDeleted;

/** Some things of one kind by name, and how many there are of them in all. */
export interface NamedSome {
  readonly count: number;
  readonly listed: readonly { readonly id: string; readonly name: string }[];
}

/** A fault of a housekeeping task began with this run. */
export interface TaskFails {
  readonly type: 'task-fails';
  readonly task: HousekeepingTask;
  readonly runId: string;
  readonly failedAt: string;
  /** As the run says it. */
  readonly error: string;
}

/** A fault of a housekeeping task ended with this run. */
export interface TaskRecovers {
  readonly type: 'task-recovers';
  readonly task: HousekeepingTask;
  readonly runId: string;
  /** `HELD`: nothing is wrong with the task any more, and what it has read waits for an administrator. Left out: `SUCCEEDED`. */
  readonly state?: 'SUCCEEDED' | 'HELD';
  readonly recoveredAt: string;
  /** When the first run of the fault failed; null where that run is not kept any more. */
  readonly failingSince: string | null;
}

/** The brake holds an answer of the directory; none was held before (rule 12). */
export interface AnswerHeld {
  readonly type: 'answer-held';
  readonly runId: string;
  readonly heldAt: string;
  /** Why it is held, as the run says it. */
  readonly reasons: readonly string[];
  readonly disabledUsers: NamedSome;
  readonly removedUsers: NamedSome;
  readonly removedGroups: NamedSome;
  readonly emptiedGroups: NamedSome;
}

/** A whole answer of the directory was applied, and none is held any more. */
export interface AnswerReleased {
  readonly type: 'answer-released';
  /** The run that applied it. */
  readonly runId: string;
  readonly releasedAt: string;
  readonly heldSince: string;
  /** Who accepted what was held; null where the directory has since given an answer that needs nobody. */
  readonly acceptedBy: string | null;
}

/** The last group of these service accounts is gone (rule 11). */
export interface AccountsOrphaned {
  readonly type: 'accounts-orphaned';
  readonly accounts: NamedSome;
  readonly orphanedAt: string;
  /** How long they can be brought back; `PT0S`: not at all. */
  readonly grace: Duration;
  readonly recoverableUntil: string;
}

/** These service accounts have a live group again. */
export interface AccountsRecovered {
  readonly type: 'accounts-recovered';
  readonly accounts: NamedSome;
  readonly recoveredAt: string;
  /** Who linked it to a live group; null where its groups came back. */
  readonly linkedBy: string | null;
}

/** These service accounts were orphaned for longer than the grace: their tokens are revoked, and nothing brings them back. */
export interface AccountsPastGrace {
  readonly type: 'accounts-past-grace';
  readonly accounts: NamedSome;
  readonly endedAt: string;
  readonly grace: Duration;
  readonly revokedTokens: number;
}

/** Somebody deleted a service account that was orphaned. */
export interface OrphanDeleted {
  readonly type: 'orphan-deleted';
  readonly account: { readonly id: string; readonly name: string };
  readonly deletedAt: string;
  readonly deletedBy: string;
  readonly revokedTokens: number;
}
