import { randomUUID } from 'node:crypto';
import { databaseNow, type Transaction } from '@tokenwarden/database';
import { SYSTEM, type JsonObject } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { leaveTrail, recordWhole, withReason, type RevocationOfMany } from './token-trail.js';
import {
  lockTokens,
  selectLiveIds,
  updateActiveSuspended,
  updateLiveRevoked,
  updateTheseSuspended,
  type HeldTokens,
  type SuspendedPrincipal,
} from './tokens-of-principal.queries.js';

/** Why every live token of some principals is revoked; `details` says it of so many principals. */
export interface RevocationOfPrincipals extends Omit<RevocationOfMany, 'details'> {
  readonly details: (principals: number) => JsonObject;
}

/**
 * Revokes every live token of these principals, with an event for each, and for several tokens one of the whole, as `revokeMany`
 * records it: whoever is told does not see which way it went. Rule 10 for removed users, and a deleted account.
 * The principals must be locked against issuing, or a token of this very moment is missed. For so many tokens as a
 * statement has time for, some thousand; more are revoked by `revokeMany`.
 * @param held what becomes of tokens that somebody else has locked: waited for, or left as they are
 */
export async function revokeTokensOf(
  tx: Transaction,
  principalIds: readonly string[],
  { by, reason, details }: RevocationOfPrincipals,
  held: HeldTokens = 'waited for',
): Promise<AccessTokenEntity[]> {
  if (principalIds.length === 0) return [];
  const at = await databaseNow(tx);
  const revoked = await updateLiveRevoked(tx, principalIds, { at, by: by.actor, reason, held });
  if (revoked.length <= 1) {
    await leaveTrail(tx, 'token.revoked', revoked, by, withReason(reason));
    return revoked;
  }
  const [count, revocationId] = [revoked.length, randomUUID()];
  const principals = new Set(revoked.map(({ principalId }) => principalId)).size;
  await recordWhole(tx, { by, reason, details: details(principals) }, { count, revocationId });
  await leaveTrail(tx, 'token.revoked', revoked, by, { ...withReason(reason), revocationId });
  return revoked;
}

/**
 * Suspends every ACTIVE token of these principals by SYSTEM, with an event for each: rule 10 for disabled users. Owner and
 * administrators may lift it once the user is enabled. The principals must be locked against issuing. For so many tokens
 * as a statement has time for, some thousand; more are suspended by
 * `suspendThese`, a part at a time.
 */
export async function suspendTokensOf(
  tx: Transaction,
  principalIds: readonly string[],
  reason: string | null,
): Promise<AccessTokenEntity[]> {
  if (principalIds.length === 0) return [];
  const at = await databaseNow(tx);
  const suspended = await updateActiveSuspended(tx, principalIds, { at, by: SYSTEM.actor });
  await leaveTrail(tx, 'token.suspended', suspended, SYSTEM, withReason(reason));
  return suspended;
}

/**
 * As `suspendTokensOf`, of these tokens alone: those of them that are ACTIVE and of these principals, each as of its
 * principal's moment. Some thousand at most.
 * @returns how many they were
 */
export async function suspendThese(
  tx: Transaction,
  tokenIds: readonly string[],
  principals: readonly SuspendedPrincipal[],
  reason: string,
): Promise<number> {
  const suspended = await updateTheseSuspended(tx, tokenIds, principals, SYSTEM.actor);
  await leaveTrail(tx, 'token.suspended', suspended, SYSTEM, withReason(reason));
  return suspended.length;
}

/**
 * Locks the live tokens of these principals in the order of ids, for whoever changes tokens of several by several
 * statements: each of these locks in order by itself, all of them together do not. The principals must be locked against
 * issuing.
 * @returns their ids, in order
 */
export async function lockTokensOf(tx: Transaction, principalIds: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  if (principalIds.length === 0) return ids;
  for (;;) {
    const some = await selectLiveIds(tx, principalIds, ids.at(-1) ?? null, READ_AT_ONCE);
    for (let start = 0; start < some.length; start += LOCKED_AT_ONCE) {
      await lockTokens(tx, some.slice(start, start + LOCKED_AT_ONCE));
    }
    ids.push(...some);
    if (some.length < READ_AT_ONCE) return ids;
  }
}

// As many as are locked well within the time of a statement, and as are read without keeping others from being answered.
const LOCKED_AT_ONCE = 1_000;
const READ_AT_ONCE = 20_000;
