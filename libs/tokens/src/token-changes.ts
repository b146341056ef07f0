import { databaseNow, writeTogether, type Transaction } from '@tokenwarden/database';
import {
  foldedForSearch,
  isIdentifier,
  type Author,
  type JsonObject,
  type Scope,
  type TokenKind,
} from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { requireLive } from './token-status.rules.js';
import { leaveTrail, trailOf, withReason } from './token-trail.js';
import {
  insertionOf,
  selectToken,
  selectTokenForUpdate,
  updateNames,
  updateResumed,
  updateRevoked,
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

/**
 * Writes the row of a new token with its event `token.created`, by one statement: nothing is done more often. Nothing here
 * makes the token itself: see issuing.
 */
export async function addToken(tx: Transaction, token: NewToken, by: Author): Promise<AccessTokenEntity> {
  const { principalId, scopes, audiences, predecessorId, ...rest } = token;
  const row = {
    ...rest,
    userId: token.kind === 'USER' ? principalId : null,
    serviceAccountId: token.kind === 'SERVICE_ACCOUNT' ? principalId : null,
    scopes: scopes && [...scopes],
    audiences: [...audiences],
    searchText: foldedForSearch(token.name),
    createdBy: by.actor,
    predecessorId: predecessorId ?? null,
  };
  const trail = trailOf('token.created', token, by, {
    kind: token.kind,
    principalId,
    profile: token.profile,
    scopes,
    audiences,
    expiresAt: token.expiresAt.toISOString(),
    ...(predecessorId === undefined ? {} : { predecessorId }),
    ...(token.description === null ? {} : { description: token.description }),
  });
  await writeTogether(tx, [insertionOf(row), ...trail]);
  return { ...row, ...NOTHING_HAPPENED, principalId, endsAt: token.expiresAt };
}

const NOTHING_HAPPENED = {
  suspendedAt: null,
  suspendedBy: null,
  suspendedWithScope: false,
  revokedAt: null,
  revokedBy: null,
  revokedReason: null,
  rotatedAt: null,
  endsOnSuccessorsUse: false,
  firstUsedAt: null,
} as const;

/** The token of this id, or null; a text that is no id is an unknown one. */
export async function findToken(tx: Transaction, id: string): Promise<AccessTokenEntity | null> {
  return isIdentifier(id) ? selectToken(tx, id) : null;
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
  await leaveTrail(tx, 'token.updated', [renamed], by, changes);
  // A bulk revocation that hit the token may not be in its row yet.
  const { revokedAt, revokedBy, revokedReason } = token;
  return { ...asItEnds(renamed, token), revokedAt, revokedBy, revokedReason };
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
  requireLive(token, at, 'suspended');
  if (token.suspendedAt !== null && (token.suspendedWithScope || !withScope)) return token;
  const suspended = await updateSuspended(tx, token.id, { at, by: by.actor, withScope });
  await leaveTrail(tx, 'token.suspended', [suspended], by, withReason(reason));
  return asItEnds(suspended, token);
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
  requireLive(token, await databaseNow(tx), 'resumed');
  if (token.suspendedAt === null) return token;
  const resumed = await updateResumed(tx, token.id);
  await leaveTrail(tx, 'token.resumed', [resumed], by, withReason(reason));
  return asItEnds(resumed, token);
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
  await leaveTrail(tx, 'token.revoked', [revoked], by, withReason(reason));
  return asItEnds(revoked, token);
}

// A cap that hit the token may not be in its row yet.
function asItEnds(changed: AccessTokenEntity, { endsAt }: AccessTokenEntity): AccessTokenEntity {
  return { ...changed, endsAt };
}
