import type { Transaction } from '@tokenwarden/database';
import {
  activeCountOf,
  liveCountsOf,
  lockTokensOf,
  revokeTokensOf,
  suspendTokensOf,
  type RevocationOfPrincipals,
} from '@tokenwarden/tokens';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { sumOf, type Consequences } from './consequences.rules.js';
import { revokeByDecision } from './revoke-by-decision.js';
import {
  deleteWaitingSuspensions,
  insertWaitingSuspensions,
  lockWaitingSuspensionsOf,
} from './waiting-suspensions.queries.js';
import { DISABLED, idsOf, writeAllSuspensions } from './waiting-suspensions.js';

/** So many tokens are written, each with its event, in the commit of the change itself; more follow it (rule 9). */
export const WRITTEN_AT_ONCE = 1_000;

const REMOVAL: RevocationOfPrincipals = {
  by: SYSTEM,
  reason: 'The user was removed from the directory.',
  details: (removedUsers) => ({ cause: 'DIRECTORY', removedUsers }),
};

/** Users by what becomes of their tokens. */
export type UsersToStop = Pick<Consequences, 'suspended' | 'enabled' | 'revoked'>;

/** How many tokens stopped resolving for good, or until they are resumed: as decided, written or not. */
export interface StoppedTokens {
  readonly suspendedTokens: number;
  readonly revokedTokens: number;
}

/**
 * Suspends the tokens of disabled users and revokes those of removed ones (rule 10). The users are held for their change,
 * which keeps everybody from issuing, rotating and resuming for them: the tokens that are found here are all there are at
 * the commit, and none of them comes back before it.
 *
 * Few tokens are written here. Many are decided on by this commit and written behind it: those of removed users by one
 * revocation, those of disabled ones by `SuspensionWriter`; from the commit on none of them resolves, for a bulk revocation
 * counts from then, and a user who is not ACTIVE has no token that resolves. What still waits for a user who is enabled is
 * written before: with thousands of tokens that takes as long as it takes.
 */
export async function stopTokens(
  tx: Transaction,
  { suspended, enabled, revoked }: UsersToStop,
): Promise<StoppedTokens> {
  if (suspended.length + enabled.length + revoked.length === 0)
    return { suspendedTokens: 0, revokedTokens: 0 };
  const waiting = await lockWaitingSuspensionsOf(tx, [...enabled, ...revoked]);
  const isRevoked = new Set(revoked);
  const overdue = waiting.filter(({ id }) => !isRevoked.has(id));
  // Revoking goes over whatever waits for somebody who is removed.
  await deleteWaitingSuspensions(tx, idsOf(waiting.filter(({ id }) => isRevoked.has(id))));

  const suspendedTokens = await activeCountOf(tx, suspended);
  const suspendedHere = suspendedTokens > WRITTEN_AT_ONCE ? [] : suspended;
  const live = await liveCountsOf(tx, revoked);
  const isManyRevoked = sumOf(live) > WRITTEN_AT_ONCE;
  const revokedHere = isManyRevoked ? [] : [...live.keys()];
  const tokenIds = await lockTokensOf(tx, [...suspendedHere, ...idsOf(overdue), ...revokedHere]);

  await writeAllSuspensions(tx, overdue, tokenIds);
  if (suspendedTokens > WRITTEN_AT_ONCE) await insertWaitingSuspensions(tx, suspended);
  else await suspendTokensOf(tx, suspended, DISABLED);
  const revokedTokens = isManyRevoked
    ? await revokeByDecision(tx, live, REMOVAL)
    : (await revokeTokensOf(tx, revokedHere, REMOVAL)).length;
  return { suspendedTokens, revokedTokens };
}
