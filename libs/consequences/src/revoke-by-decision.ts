import { databaseNow, type Transaction } from '@tokenwarden/database';
import { liveTokensOf, revokeMany, type RevocationOfPrincipals } from '@tokenwarden/tokens';
import { partsOf } from './consequences.rules.js';

/** As many tokens as are frozen well within the time of a statement, on a busy machine too. */
const TOKENS_OF_DECISION = 250_000;

/**
 * Revokes every live token of these principals by a bulk revocation; by several, all in this commit, where they
 * are hundreds of thousands.
 *
 * Bulk revocations and changes of single tokens are not held off here, as `holdAllTokens` would: a synchronisation may take
 * long, and it holds principals already, behind whom those wait who hold that lock. The principals' rows are enough. A token
 * is added to what they have, or made ACTIVE again, only by whoever shares them. Whatever else happens to a token at the
 * same time ends, suspends or renames it, and does not undo this: revoked comes first in rule 3, and a token that somebody
 * else has revoked meanwhile keeps that revocation, and its one event.
 * @param counts live tokens by principal, who are held
 * @returns how many tokens
 */
export async function revokeByDecision(
  tx: Transaction,
  counts: ReadonlyMap<string, number>,
  { by, reason, details }: RevocationOfPrincipals,
): Promise<number> {
  let revoked = 0;
  for (const ids of partsOf(counts, TOKENS_OF_DECISION)) {
    const decision = { by, reason, details: details(ids.length) };
    revoked += await revokeMany(tx, liveTokensOf(ids, await databaseNow(tx)), decision);
  }
  return revoked;
}
