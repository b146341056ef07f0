import { recordAll, type AuditAction } from '@tokenwarden/audit';
import { databaseNow, recordChange, shareLockFor, type Transaction } from '@tokenwarden/database';
import {
  SYSTEM,
  foldedForSearch,
  isIdentifier,
  tokenNotActive,
  wholeSecond,
  type Author,
  type JsonObject,
  type Scope,
  type TokenKind,
} from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { BULK_REVOCATION_LOCK } from './bulk-revocations.queries.js';
import { isLive } from './token-status.rules.js';
import {
  insertToken,
  selectToken,
  selectTokenForUpdate,
  updateActiveSuspended,
  updateEndedOnSuccessorsUse,
  updateLiveRevoked,
  updateNames,
  updateResumed,
  updateRevoked,
  updateRotated,
  updateSuspended,
} from './tokens.queries.js';

/** Everything that a token begins with. */
export interface NewToken {
  /** A new UUID, also the claim `jti`. */
  readonly id: string;
  readonly kind: TokenKind;
  /** Of the user or the service account, as `kind` says. */
  readonly principalId: string;
  readonly name: string;
  readonly description: string | null;
  readonly profile: string;
  /** Checked and sorted; null for all that the principal may do. */
  readonly scopes: readonly Scope[] | null;
  readonly audiences: readonly string[];
  readonly issuer: string;
  /** Of the key that signed it. */
  readonly kid: string;
  /** In whole seconds. */
  readonly createdAt: Date;
  /** In whole seconds. */
  readonly expiresAt: Date;
  /** The token that it succeeds (rule 8); undefined for the first of its line. */
  readonly predecessorId?: string | undefined;
}

/** Writes the row of a new token with its event `token.created`. Nothing here makes the token itself: see issuing. */
export async function addToken(tx: Transaction, token: NewToken, by: Author): Promise<AccessTokenEntity> {
  const { principalId, scopes, audiences, predecessorId, ...rest } = token;
  const added = await insertToken(tx, {
    ...rest,
    userId: token.kind === 'USER' ? principalId : null,
    serviceAccountId: token.kind === 'SERVICE_ACCOUNT' ? principalId : null,
    scopes: scopes && [...scopes],
    audiences: [...audiences],
    searchText: foldedForSearch(token.name),
    createdBy: by.actor,
    predecessorId: predecessorId ?? null,
  });
  await written(tx, 'token.created', [added], by, {
    kind: token.kind,
    principalId,
    profile: token.profile,
    scopes,
    audiences,
    expiresAt: token.expiresAt.toISOString(),
    ...(predecessorId === undefined ? {} : { predecessorId }),
    ...(token.description === null ? {} : { description: token.description }),
  });
  return added;
}

/** The token of this id, or null; a text that is no id is an unknown one. */
export async function findToken(tx: Transaction, id: string): Promise<AccessTokenEntity | null> {
  return isIdentifier(id) ? selectToken(tx, id) : null;
}

/**
 * Holds off bulk revocations to the end of the transaction: take it first of all locks, before a token is read that is
 * going to be changed or succeeded. What was there at the commit of such a revocation is hit by it, whole.
 */
export async function holdOffBulkRevocations(tx: Transaction): Promise<void> {
  await shareLockFor(tx, BULK_REVOCATION_LOCK);
}

/** The token of this id, or null, and nobody else changes it before this transaction ends. Do so before each change below. */
export async function lockToken(tx: Transaction, id: string): Promise<AccessTokenEntity | null> {
  return isIdentifier(id) ? selectTokenForUpdate(tx, id) : null;
}

/** Gives the locked token another name or description, ended or not; what is left out or the same stays, unrecorded. */
export async function renameToken(
  tx: Transaction,
  token: AccessTokenEntity,
  names: { readonly name?: string; readonly description?: string | null },
  by: Author,
): Promise<AccessTokenEntity> {
  const { name = token.name, description = token.description } = names;
  const changes: JsonObject = {
    ...(name === token.name ? {} : { name, nameBefore: token.name }),
    ...(description === token.description ? {} : { description, descriptionBefore: token.description }),
  };
  if (Object.keys(changes).length === 0) return token;
  const renamed = await updateNames(tx, token.id, { name, description, searchText: foldedForSearch(name) });
  await written(tx, 'token.updated', [renamed], by, changes);
  return renamed;
}

/** How a suspension came about. */
export interface Suspension {
  readonly reason: string | null;
  /** By `tokens:revoke` alone (`suspendsByScopeAlone`): then only that scope lifts it. */
  readonly withScope: boolean;
}

/**
 * Suspends the locked token. Repeated it records nothing new, but for one case: a suspension that the owner could lift
 * becomes the administrator's, else an owner would escape it by having suspended the token first.
 * @throws Problem `TOKEN_NOT_ACTIVE` when it has ended
 */
export async function suspendToken(
  tx: Transaction,
  token: AccessTokenEntity,
  by: Author,
  { reason, withScope }: Suspension,
): Promise<AccessTokenEntity> {
  const at = await databaseNow(tx);
  refuseEnded(token, at, 'suspended');
  if (token.suspendedAt !== null && (token.suspendedWithScope || !withScope)) return token;
  const suspended = await updateSuspended(tx, token.id, { at, by: by.actor, withScope });
  await written(tx, 'token.suspended', [suspended], by, withReason(reason));
  return suspended;
}

/**
 * Lifts the suspension of the locked token; records nothing where there is none. Whether its principal is active is the
 * caller's question, for tokens does not know principals.
 * @throws Problem `TOKEN_NOT_ACTIVE` when it has ended
 */
export async function resumeToken(
  tx: Transaction,
  token: AccessTokenEntity,
  by: Author,
  { reason }: Pick<Suspension, 'reason'>,
): Promise<AccessTokenEntity> {
  refuseEnded(token, await databaseNow(tx), 'resumed');
  if (token.suspendedAt === null) return token;
  const resumed = await updateResumed(tx, token.id);
  await written(tx, 'token.resumed', [resumed], by, withReason(reason));
  return resumed;
}

/** Revokes the locked token for good, an expired one too; records nothing when it is revoked already. */
export async function revokeToken(
  tx: Transaction,
  token: AccessTokenEntity,
  by: Author,
  reason: string | null,
): Promise<AccessTokenEntity> {
  if (token.revokedAt !== null) return token;
  const revoked = await updateRevoked(tx, token.id, { at: await databaseNow(tx), by: by.actor, reason });
  await written(tx, 'token.revoked', [revoked], by, withReason(reason));
  return revoked;
}

/** How long a token lives on beside its successor. */
export interface Overlap {
  readonly successorId: string;
  /** In whole seconds; a later end than the token's own changes nothing. */
  readonly endsAt: Date;
  /** It ends when the successor is first used, or at `endsAt`, whichever is first. */
  readonly endsOnSuccessorsUse: boolean;
}

/** Marks the locked token as rotated, with its event: whether it may be, was decided before (rule 8). */
export async function leaveToSuccessor(
  tx: Transaction,
  token: AccessTokenEntity,
  { successorId, endsAt, endsOnSuccessorsUse }: Overlap,
  by: Author,
): Promise<AccessTokenEntity> {
  const rotated = await updateRotated(tx, token.id, {
    at: await databaseNow(tx),
    endsAt,
    endsOnSuccessorsUse,
  });
  await written(tx, 'token.rotated', [rotated], by, {
    successorId,
    endsAt: rotated.endsAt.toISOString(),
    endOldOnFirstUse: endsOnSuccessorsUse,
  });
  return rotated;
}

/**
 * Ends a token whose successor is being used for the first time, where that was asked at its rotation; by SYSTEM, and once
 * however many uses come at the same time.
 */
export async function endOnSuccessorsUse(tx: Transaction, id: string): Promise<void> {
  const ended = await updateEndedOnSuccessorsUse(tx, id, wholeSecond(await databaseNow(tx)));
  if (ended === null) return;
  await written(tx, 'token.updated', [ended], SYSTEM, {
    endsAt: ended.endsAt.toISOString(),
    reason: 'Its successor was used for the first time.',
  });
}

/**
 * Revokes every live token of a principal, with an event for each: rule 10 for a removed user, and a deleted account.
 * The principal must be locked against issuing, or a token of this very moment is missed.
 */
export async function revokeTokensOf(
  tx: Transaction,
  principalId: string,
  by: Author,
  reason: string | null,
): Promise<AccessTokenEntity[]> {
  const at = await databaseNow(tx);
  const revoked = await updateLiveRevoked(tx, principalId, { at, by: by.actor, reason });
  await written(tx, 'token.revoked', revoked, by, withReason(reason));
  return revoked;
}

/**
 * Suspends every ACTIVE token of a principal by SYSTEM, with an event for each: rule 10 for a disabled user. Owner and
 * administrators may lift it once the user is enabled. The principal must be locked against issuing.
 */
export async function suspendTokensOf(
  tx: Transaction,
  principalId: string,
  reason: string | null,
): Promise<AccessTokenEntity[]> {
  const at = await databaseNow(tx);
  const suspended = await updateActiveSuspended(tx, principalId, { at, by: SYSTEM.actor });
  await written(tx, 'token.suspended', suspended, SYSTEM, withReason(reason));
  return suspended;
}

function refuseEnded(token: AccessTokenEntity, now: Date, participle: string): void {
  if (!isLive(token, now))
    throw tokenNotActive(`Only a live token can be ${participle}; this one has ended.`);
}

function withReason(reason: string | null): JsonObject {
  return reason === null ? {} : { reason };
}

/** What every change of tokens leaves behind: its place in the change log, and an event for each token. */
async function written(
  tx: Transaction,
  action: AuditAction,
  tokens: readonly AccessTokenEntity[],
  by: Author,
  details: JsonObject,
): Promise<void> {
  if (tokens.length === 0) return;
  await recordChange(
    tx,
    'token',
    tokens.map((token) => token.id),
  );
  await recordAll(
    tx,
    tokens.map((token) => ({
      action,
      by,
      target: { type: 'token', id: token.id, name: token.name },
      ...(Object.keys(details).length === 0 ? {} : { details }),
    })),
  );
}
