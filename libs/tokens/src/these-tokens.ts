import { databaseNow, rows, type Transaction } from '@tokenwarden/database';
import type { Author } from '@tokenwarden/vocabulary';
import { leaveTrail, withReason } from './token-trail.js';
import { endNowOf, isBeingRevoked } from './tokens-now.queries.js';

/**
 * Revokes those of these locked tokens that are live at this moment, with an event for each; what was revoked or has ended stays
 * as it is.
 * @returns the ids of those that were revoked
 */
export async function revokeThese(
  tx: Transaction,
  ids: readonly string[],
  by: Author,
  reason: string,
): Promise<string[]> {
  const revoked = await rows<{ id: string; name: string }>(
    tx,
    `UPDATE access_tokens t SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
     WHERE t.id = ANY ($1::uuid[]) AND t.revoked_at IS NULL AND NOT ${isBeingRevoked('t')} AND ${endNowOf('t')} > clock_timestamp()
     RETURNING t.id, t.name`,
    [ids, await databaseNow(tx), JSON.stringify(by.actor), reason],
  );
  await leaveTrail(tx, 'token.revoked', revoked, by, withReason(reason));
  return revoked.map(({ id }) => id);
}
