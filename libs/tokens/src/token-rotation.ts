import { databaseNow, type Transaction } from '@tokenwarden/database';
import { SYSTEM, type Author } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { writeCapsOf } from './caps.js';
import { updateEndedOnSuccessorsUse, updateRotated } from './rotation.queries.js';
import { requireLive } from './token-status.rules.js';
import { leaveTrail } from './token-trail.js';

/** How long a token lives on beside its successor. */
export interface Overlap {
  readonly successorId: string;
  /** In whole seconds, and no later than the token's own end. */
  readonly endsAt: Date;
  /** It ends when the successor is first used, or at `endsAt`, whichever is first. */
  readonly endsOnSuccessorsUse: boolean;
}

/**
 * Marks the locked token as rotated, with its event: whether it may be, and its end, was decided before (rule 8).
 * @throws Problem `TOKEN_NOT_ACTIVE` when it has ended
 */
export async function leaveToSuccessor(
  tx: Transaction,
  token: AccessTokenEntity,
  { successorId, endsAt, endsOnSuccessorsUse }: Overlap,
  by: Author,
): Promise<AccessTokenEntity> {
  const at = await databaseNow(tx);
  requireLive(token, at, 'rotated');
  await writeCapsOf(tx, token.id);
  const rotated = await updateRotated(tx, token.id, { at, endsAt, endsOnSuccessorsUse });
  if (rotated === null)
    throw new Error(
      'A token is rotated once and ends no later for it: whoever rotates it has to look first.',
    );
  await leaveTrail(tx, 'token.rotated', [rotated], by, {
    successorId,
    endsAt: rotated.endsAt.toISOString(),
    endOldOnFirstUse: endsOnSuccessorsUse,
  });
  return rotated;
}

/**
 * Ends a token whose successor is being used for the first time, where that was asked at its rotation; by SYSTEM, and once
 * however many uses come at the same time. One that was revoked meanwhile stays as it is.
 */
export async function endOnSuccessorsUse(tx: Transaction, id: string): Promise<void> {
  await writeCapsOf(tx, id);
  const ended = await updateEndedOnSuccessorsUse(tx, id);
  if (ended === null) return;
  await leaveTrail(tx, 'token.updated', [ended], SYSTEM, {
    endsAt: ended.endsAt.toISOString(),
    reason: 'Its successor was used for the first time.',
  });
}
