import { rows, type Transaction } from '@tokenwarden/database';
import type { AccessTokenEntity } from './access-token.entity.js';
import { tokenColumns } from './token-columns.js';
import { FEW_TOKENS_NOW, isBeingRevoked } from './tokens-now.queries.js';

/**
 * Marks the token as rotated: it ends at `endsAt`, or when its successor is first used. Null where it was rotated before,
 * or would end later than it would have: nothing is cut short here, so that a wrong end shows.
 */
export async function updateRotated(
  tx: Transaction,
  id: string,
  rotation: { at: Date; endsAt: Date; endsOnSuccessorsUse: boolean },
): Promise<AccessTokenEntity | null> {
  const [rotated] = await rows<AccessTokenEntity>(
    tx,
    `UPDATE access_tokens SET rotated_at = $2, ends_at = $3, ends_on_successors_use = $4
     WHERE id = $1 AND rotated_at IS NULL AND ends_at >= $3 RETURNING ${tokenColumns()}`,
    [id, rotation.at, rotation.endsAt, rotation.endsOnSuccessorsUse],
  );
  return rotated ?? null;
}

/**
 * Ends in this very second a token that waits for its successor's first use; null where another one did so, or it has
 * ended otherwise. The clock is read by the statement itself: whoever waited here for another one comes after it.
 */
export async function updateEndedOnSuccessorsUse(
  tx: Transaction,
  id: string,
): Promise<AccessTokenEntity | null> {
  const [ended] = await rows<AccessTokenEntity>(
    tx,
    `UPDATE access_tokens t SET ends_at = date_trunc('second', clock_timestamp())
     WHERE t.id = $1 AND t.ends_on_successors_use AND t.ends_at > clock_timestamp() AND t.revoked_at IS NULL
       AND NOT ${isBeingRevoked('t')}
     RETURNING ${tokenColumns('t')}`,
    [id],
  );
  return ended ?? null;
}

/** The successors of these tokens, by the id of the one that each came from; those without one are missing. */
export async function successorsOf(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, AccessTokenEntity>> {
  const found = await rows<AccessTokenEntity>(
    tx,
    `${FEW_TOKENS_NOW} WHERE t.predecessor_id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(found.map((token) => [token.predecessorId ?? '', token]));
}
