import { databaseNow, type Transaction } from '@tokenwarden/database';
import { SYSTEM, type Author } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { leaveTrail, withReason } from './token-trail.js';
import { updateActiveSuspended, updateLiveRevoked } from './tokens-of-principal.queries.js';

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
  await leaveTrail(tx, 'token.revoked', revoked, by, withReason(reason));
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
  await leaveTrail(tx, 'token.suspended', suspended, SYSTEM, withReason(reason));
  return suspended;
}
