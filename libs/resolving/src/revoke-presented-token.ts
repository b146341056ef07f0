import { inTime } from '@tokenwarden/database';
import { holdOffBulkRevocations, lockToken, revokeToken } from '@tokenwarden/tokens';
import {
  authorOf,
  saysWhatItsRowSays,
  type Author,
  type Caller,
  type RequestOrigin,
} from '@tokenwarden/vocabulary';
import type { TokenRecord } from './resolution.rules.js';
import type { ResolvingParts } from './resolve-token.js';
import { recordOfPresentedToken } from './resolving.queries.js';

/** Storage is given this long to commit; the whole answer comes within five seconds. */
const LONGEST_COMMIT_SECONDS = 4;

/**
 * Revokes the token with this value, ended or suspended ones too: holding it is the right to do so (RFC 7009). Returns
 * after the commit. What is no token of ours is let be, so is one that was revoked before.
 *
 * The author is the caller where one showed a good credential, else the token's own principal by that token.
 * @throws Problem `UNAVAILABLE` when it may not have been done
 */
export async function revokePresentedToken(
  parts: ResolvingParts,
  value: string,
  caller: Caller | undefined,
  origin: RequestOrigin,
): Promise<void> {
  await inTime(LONGEST_COMMIT_SECONDS, revokeIfOurs(parts, value, caller, origin));
}

async function revokeIfOurs(
  { database, signing }: ResolvingParts,
  value: string,
  caller: Caller | undefined,
  origin: RequestOrigin,
): Promise<void> {
  const verified = await signing.verifyByLatestKeys(value);
  if (verified === undefined) return;
  const { claims, kid } = verified;
  await database.transaction(async (tx) => {
    await holdOffBulkRevocations(tx);
    const record = await recordOfPresentedToken(tx, claims.jti, kid);
    // A withdrawn key is in strangers' hands: what it signed proves nothing, not even the right to revoke.
    if (record === undefined || record.isKeyWithdrawn || !saysWhatItsRowSays(claims, record)) return;
    const token = await lockToken(tx, record.id);
    if (token === null) return; // purged at this very moment
    await revokeToken(tx, token, caller === undefined ? byHolder(record, origin) : authorOf(caller), null);
  });
}

function byHolder(record: TokenRecord, origin: RequestOrigin): Author {
  return {
    actor: { kind: record.kind, id: record.principalId, name: record.principal.name },
    actorTokenId: record.id,
    origin,
  };
}
