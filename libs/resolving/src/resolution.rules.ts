import {
  covers,
  intersection,
  saysWhatItsRowSays,
  withoutCovered,
  type Scope,
  type TokenClaims,
  type TokenKind,
  type TokenStatus,
  type UnusableReason,
} from '@tokenwarden/vocabulary';

/** What the copy of the directory and the accounts say of a principal; only ACTIVE ones resolve. */
export type PrincipalState = 'ACTIVE' | 'DISABLED' | 'REMOVED' | 'SUSPENDED' | 'ORPHANED';

/** A live group of a principal, and what it grants now; the `*:*` of an administrators' group included. */
export interface GroupFacts {
  readonly id: string;
  readonly name: string;
  readonly grants: readonly Scope[];
}

/** Everything that Postgres knows of one token, read in one statement: what an answer is made of. */
export interface TokenRecord {
  readonly id: string;
  readonly kind: TokenKind;
  readonly name: string;
  readonly issuer: string;
  readonly principalId: string;
  /** As asked at issue; null follows all that the principal may do. */
  readonly scopes: readonly Scope[] | null;
  readonly audiences: readonly string[];
  /** Whole seconds, like the other two. */
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endsAt: Date;
  readonly suspendedAt: Date | null;
  readonly revokedAt: Date | null;
  /** `name`: the username, or the name of the service account. */
  readonly principal: { readonly state: PrincipalState; readonly name: string };
  /** Sorted by name in code points. */
  readonly groups: readonly GroupFacts[];
  /** Whether the key of the signature, or for want of one that of the issue, was withdrawn. */
  readonly isKeyWithdrawn: boolean;
  /** The token that this one succeeds, where that ends by this one's first use and has not ended yet (rule 8). */
  readonly waitingPredecessorId: string | null;
}

/** What this product answers for at the moment: a token for anybody else is none. */
export interface InForce {
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** Whose token it is and what it may do; or nothing at all. */
export type Resolution = InactiveResolution | ActiveResolution;
/** No more is said of a token that does not resolve. */
export interface InactiveResolution {
  readonly active: false;
}
/** The token, and its effective scopes now: sorted, without what another one covers. */
export interface ActiveResolution {
  readonly active: true;
  readonly token: TokenRecord;
  readonly scopes: readonly Scope[];
}

/** The answer that everything starts with. */
export const INACTIVE: InactiveResolution = Object.freeze({ active: false });

/**
 * Rule 3: whether a token whose signature and type are right resolves, and as what. `status` is the token's own at this
 * moment; it and the rest of the record are looked at anew for every answer.
 */
export function resolutionOf(
  record: TokenRecord | undefined,
  status: TokenStatus | undefined,
  claims: TokenClaims,
  inForce: InForce,
): Resolution {
  if (record === undefined || status === undefined) return INACTIVE;
  if (unusableReason(record, status, inForce) !== null) return INACTIVE;
  if (!saysWhatItsRowSays(claims, record)) return INACTIVE;
  return { active: true, token: record, scopes: effectiveScopes(record) };
}

/**
 * The id of the token that must have ended before this answer is given: the predecessor that was to live until its
 * successor's first use (rule 8). Null for none; what does not resolve is no use, and ends nothing.
 */
export function predecessorEndedBy(resolution: Resolution): string | null {
  return resolution.active ? resolution.token.waitingPredecessorId : null;
}

/** Why the token would not resolve now; of several reasons the first in the order of `UNUSABLE_REASONS`, null for none. */
export function unusableReason(
  record: TokenRecord,
  status: TokenStatus,
  inForce: InForce,
): UnusableReason | null {
  if (status !== 'ACTIVE') return status;
  if (record.principal.state !== 'ACTIVE') return PRINCIPAL_REASONS[record.principal.state];
  if (record.isKeyWithdrawn) return 'KEY_WITHDRAWN';
  if (!isInForce(record, inForce)) return 'ISSUER_OR_AUDIENCE_NOT_IN_FORCE';
  return null;
}

const PRINCIPAL_REASONS = {
  DISABLED: 'PRINCIPAL_DISABLED',
  REMOVED: 'PRINCIPAL_REMOVED',
  SUSPENDED: 'ACCOUNT_SUSPENDED',
  ORPHANED: 'ACCOUNT_ORPHANED',
} as const satisfies Record<Exclude<PrincipalState, 'ACTIVE'>, UnusableReason>;

function isInForce(record: TokenRecord, inForce: InForce): boolean {
  return record.issuer === inForce.issuer && record.audiences.some((one) => inForce.audiences.includes(one));
}

/** Rules 4 and 5: what the token's scopes and the grants of its principal's groups allow together, at this moment. */
export function effectiveScopes(record: TokenRecord): Scope[] {
  const permissions = record.groups.flatMap((group) => group.grants);
  return record.scopes === null ? withoutCovered(permissions) : intersection(record.scopes, permissions);
}

/** Of the asked scopes those that the token may do now; sorted, nothing twice. Pass only what `isScope` has seen. */
export function allowedOf(asked: readonly Scope[], effective: readonly Scope[]): Scope[] {
  return [...new Set(asked)].filter((scope) => effective.some((held) => covers(held, scope))).sort();
}
