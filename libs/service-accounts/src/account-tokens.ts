import { databaseNow, type Transaction } from '@tokenwarden/database';
import {
  holdAllTokens,
  holdOffBulkRevocations,
  liveCountOf,
  liveTokensOf,
  revokeMany,
  revokeTokensOf,
} from '@tokenwarden/tokens';
import { isIdentifier, type Author } from '@tokenwarden/vocabulary';
import type { AccountRecord } from './accounts.queries.js';

/** So many tokens are written, each with its event, well within the time of a request. */
const WRITTEN_AT_ONCE = 1_000;

/** How the tokens of an account are going to be revoked: each in this transaction, or all by one decision. */
export type RevocationWay = 'each' | 'by one decision';

/** Takes the lock that goes before all others where the tokens of an account are revoked, and says how they will be. */
export async function holdTokensOf(tx: Transaction, accountId: string): Promise<RevocationWay> {
  const bound = WRITTEN_AT_ONCE + 1;
  const isMany = isIdentifier(accountId) && (await liveCountOf(tx, accountId, bound)) === bound;
  await (isMany ? holdAllTokens(tx) : holdOffBulkRevocations(tx));
  return isMany ? 'by one decision' : 'each';
}

/**
 * Revokes the live tokens of the locked account. Few are written with an event each; more than a request has time for
 * end by one decision at the commit, and their rows and events follow (rule 9). The whole has one event, either way.
 * @returns how many they are
 */
export async function revokeAllTokensOf(
  tx: Transaction,
  { id, name }: AccountRecord,
  way: RevocationWay,
  by: Author,
  reason: string | null,
): Promise<number> {
  const because = reason ?? 'The service account was deleted.';
  const details = { cause: 'SERVICE_ACCOUNT_DELETED', serviceAccountId: id, serviceAccountName: name };
  if (way === 'each')
    return (await revokeTokensOf(tx, [id], { by, reason: because, details: () => details })).length;
  const live = liveTokensOf([id], await databaseNow(tx));
  return revokeMany(tx, live, { by, reason: because, details });
}
