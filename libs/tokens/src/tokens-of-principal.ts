import { databaseNow, type Transaction } from '@tokenwarden/database';
import { SYSTEM, type Author } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { leaveTrail, withReason } from './token-trail.js';
import {
  lockTokens,
  selectLiveIds,
  updateActiveSuspended,
  updateLiveRevoked,
  updateSomeSuspended,
  type HeldTokens,
  type SuspendedPrincipal,
} from './tokens-of-principal.queries.js';

/**
 * Revokes every live token of these principals, with an event for each: rule 10 for removed users, and a deleted account.
 * The principals must be locked against issuing, or a token of this very moment is missed. For so many tokens as a
 * statement has time for, some thousand; more are revoked by `revokeMany`.
 * @param held what becomes of tokens that somebody else has locked: waited for, or left as they are
 */
export async function revokeTokensOf(
  tx: Transaction,
  principalIds: readonly string[],
  by: Author,
  reason: string | null,
  held: HeldTokens = 'waited for',
): Promise<AccessTokenEntity[]> {
  if (principalIds.length === 0) return [];
  const at = await databaseNow(tx);
  const revoked = await updateLiveRevoked(tx, principalIds, { at, by: by.actor, reason, held });
  await leaveTrail(tx, 'token.revoked', revoked, by, withReason(reason));
  return revoked;
}

/**
 * Suspends every ACTIVE token of these principals by SYSTEM, with an event for each: rule 10 for disabled users. Owner and
 * administrators may lift it once the user is enabled. The principals must be locked against issuing. For so many tokens
 * as a statement has time for, some thousand; more are suspended by `suspendSomeTokensOf`.
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
 * As `suspendTokensOf`, at most so many tokens, each as of its principal's moment: those of the first principals first.
 * @returns how many they were; fewer than `most` where no ACTIVE token is left
 */
export async function suspendSomeTokensOf(
  tx: Transaction,
  principals: readonly SuspendedPrincipal[],
  reason: string,
  most: number,
): Promise<number> {
  const suspended = await updateSomeSuspended(tx, principals, { by: SYSTEM.actor, most });
  await leaveTrail(tx, 'token.suspended', suspended, SYSTEM, withReason(reason));
  return suspended.length;
}

/**
 * Locks the live tokens of these principals in the order of ids, for whoever changes tokens of several by several
 * statements: each of these locks in order by itself, all of them together do not. The principals must be locked against
 * issuing.
 */
export async function lockTokensOf(tx: Transaction, principalIds: readonly string[]): Promise<void> {
  if (principalIds.length === 0) return;
  const ids = await selectLiveIds(tx, principalIds);
  for (let start = 0; start < ids.length; start += LOCKED_AT_ONCE) {
    await lockTokens(tx, ids.slice(start, start + LOCKED_AT_ONCE));
  }
}

// As many as are locked well within the time of a statement.
const LOCKED_AT_ONCE = 1_000;
