import { rows, type Transaction } from '@tokenwarden/database';
import type { ActorRef } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { tokenColumns } from './token-columns.js';
import { isBeingRevoked } from './tokens-now.queries.js';

// Locked in the order of ids, so that two of these never wait for each other in a circle. What a bulk revocation has
// taken is ended already.
const LIVE_OF_PRINCIPAL = `SELECT id FROM access_tokens t
  WHERE principal_id = $1 AND revoked_at IS NULL AND ends_at > $2 AND NOT ${isBeingRevoked('t')}`;

/** Revokes every live token of the principal and gives them. */
export async function updateLiveRevoked(
  tx: Transaction,
  principalId: string,
  revocation: { at: Date; by: ActorRef; reason: string | null },
): Promise<AccessTokenEntity[]> {
  return rows(
    tx,
    `WITH hit AS (${LIVE_OF_PRINCIPAL} ORDER BY id FOR NO KEY UPDATE OF t)
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
    `WITH hit AS (${LIVE_OF_PRINCIPAL} AND suspended_at IS NULL ORDER BY id FOR NO KEY UPDATE OF t)
     UPDATE access_tokens SET suspended_at = $2, suspended_by = $3, suspended_with_scope = false
     FROM hit WHERE access_tokens.id = hit.id RETURNING ${tokenColumns()}`,
    [principalId, suspension.at, JSON.stringify(suspension.by)],
  );
}

/** What a principal has been issued so far, as far as limits ask. */
export interface Issuance {
  /** The database's clock, at which this was counted. */
  readonly now: Date;
  /** Live tokens, counted up to the bound. */
  readonly live: number;
  /** When the token was created that is so many from the end; null when there are fewer. */
  readonly nthLastCreatedAt: Date | null;
}

/** Counts what a principal was issued: live tokens up to `liveBound`, and the `nth` token from the end. */
export async function issuanceOf(
  tx: Transaction,
  principalId: string,
  { liveBound, nth }: { liveBound: number; nth: number },
): Promise<Issuance> {
  const issuance = await counted(tx, liveOfPrincipal(''), principalId, { liveBound, nth });
  if (issuance.live < liveBound) return issuance;
  // Only whoever would be refused is worth the look at what a bulk revocation has taken and not yet written.
  return counted(tx, liveOfPrincipal(`AND NOT ${isBeingRevoked('t')}`), principalId, { liveBound, nth });
}

const liveOfPrincipal = (condition: string) =>
  `SELECT FROM access_tokens t WHERE principal_id = $1 AND revoked_at IS NULL AND ends_at > clock.now ${condition} LIMIT $2`;

async function counted(
  tx: Transaction,
  live: string,
  principalId: string,
  { liveBound, nth }: { liveBound: number; nth: number },
): Promise<Issuance> {
  const [issuance] = await rows<Issuance>(
    tx,
    `SELECT clock.now, (SELECT count(*) FROM (${live}) AS live)::integer AS live,
       (SELECT created_at FROM access_tokens WHERE principal_id = $1
          ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT 1) AS "nthLastCreatedAt"
     FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS clock`,
    [principalId, liveBound, nth - 1],
  );
  if (!issuance) throw new Error('The database counted nothing.');
  return issuance;
}
