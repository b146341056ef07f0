import { rows, type Transaction } from '@tokenwarden/database';
import type { ActorRef } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import type { IdsSelect } from './bulk-revocations.queries.js';
import { tokenColumns } from './token-columns.js';
import { IDS_BEING_REVOKED, isBeingRevoked } from './tokens-now.queries.js';

// What a bulk revocation has taken and not yet written looks live in its row.
const livingRows = (at: string, principalId = '$1') =>
  `access_tokens t WHERE t.principal_id = ${principalId}::uuid AND t.revoked_at IS NULL AND t.ends_at > ${at}`;
const LIVE_OF_PRINCIPAL = `${livingRows('$2')} AND NOT ${isBeingRevoked('t')}`;
// Locked in the order of ids, so that two of these never wait for each other in a circle.
const locked = (condition: string) =>
  `SELECT id FROM ${LIVE_OF_PRINCIPAL} ${condition} ORDER BY id FOR NO KEY UPDATE OF t`;

/** Revokes every live token of the principal and gives them. */
export async function updateLiveRevoked(
  tx: Transaction,
  principalId: string,
  revocation: { at: Date; by: ActorRef; reason: string | null },
): Promise<AccessTokenEntity[]> {
  return rows(
    tx,
    `WITH hit AS (${locked('')})
     UPDATE access_tokens SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
     FROM hit WHERE access_tokens.id = hit.id RETURNING ${tokenColumns()}`,
    [principalId, revocation.at, JSON.stringify(revocation.by), revocation.reason],
  );
}

/** Suspends every ACTIVE token of the principal and gives them. */
export async function updateActiveSuspended(
  tx: Transaction,
  principalId: string,
  suspension: { at: Date; by: ActorRef },
): Promise<AccessTokenEntity[]> {
  return rows(
    tx,
    `WITH hit AS (${locked('AND suspended_at IS NULL')})
     UPDATE access_tokens SET suspended_at = $2, suspended_by = $3, suspended_with_scope = false
     FROM hit WHERE access_tokens.id = hit.id RETURNING ${tokenColumns()}`,
    [principalId, suspension.at, JSON.stringify(suspension.by)],
  );
}

/**
 * The tokens of a principal that are live at this moment: not revoked, nor being so. For whoever has many of them: what is
 * being revoked is read once and not for each.
 */
export function liveTokensOf(principalId: string, at: Date): IdsSelect {
  const sql = `SELECT t.id FROM ${livingRows('$2::timestamptz')} AND (t.id IN (${IDS_BEING_REVOKED})) IS NOT TRUE`;
  return { sql, parameters: [principalId, at] };
}

/**
 * Whether a principal has more than so many tokens that look live: a condition, cheaper than a count, for whoever asks
 * `liveCountOf` only then. Both are SQL, such as a parameter.
 */
export function hasMoreLiveRowsThan(principalId: string, count: string): string {
  return `EXISTS (SELECT FROM ${livingRows(NOW, principalId)} OFFSET ${count})`;
}

/** How many live tokens a principal has, counted up to the bound. */
export async function liveCountOf(tx: Transaction, principalId: string, bound: number): Promise<number> {
  const count = await counted(tx, livingRows(NOW), principalId, bound);
  // Only whoever has reached the bound is worth the look at what a bulk revocation has taken and not yet written.
  return count < bound
    ? count
    : counted(tx, `${livingRows(NOW)} AND NOT ${isBeingRevoked('t')}`, principalId, bound);
}

// Asked once for the statement, so that an index can be read up to it.
const NOW = '(SELECT clock_timestamp())';

async function counted(tx: Transaction, live: string, principalId: string, bound: number): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM (SELECT FROM ${live} LIMIT $2) AS live`,
    [principalId, bound],
  );
  if (!row) throw new Error('The database counted nothing.');
  return row.count;
}
