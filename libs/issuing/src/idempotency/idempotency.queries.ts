import { rows, type Transaction } from '@tokenwarden/database';
import type { KeptRequest } from './idempotency.rules.js';

/** A key in the name space of the principal that sent it. */
export interface OwnedKey {
  readonly principalId: string;
  readonly key: string;
}

/** So many old requests are forgotten when a new one is kept: more than come in, so that they end. */
const FORGOTTEN_AT_ONCE = 10;

/** What is kept of the request with this key, however old, and the database's clock. */
export async function selectRequest(
  tx: Transaction,
  { principalId, key }: OwnedKey,
): Promise<{ kept: KeptRequest | undefined; now: Date }> {
  const [found] = await rows<{ now: Date; tokenId: string | null } & Omit<KeptRequest, 'tokenId'>>(
    tx,
    `SELECT clock.now, k.operation, k.input_hash AS "inputHash", k.token_id AS "tokenId", k.created_at AS "createdAt"
     FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS clock
       LEFT JOIN idempotency_keys k ON k.principal_id = $1 AND k.key = $2`,
    [principalId, key],
  );
  if (!found) throw new Error('The database gave no time.');
  const { now, tokenId, ...rest } = found;
  return { kept: tokenId === null ? undefined : { ...rest, tokenId }, now };
}

/**
 * Keeps a request, in the place of one with the same key that is too old. Some that were kept before `forgottenBefore`
 * are deleted: those that nobody else is just deleting.
 */
export async function keepRequest(
  tx: Transaction,
  { principalId, key }: OwnedKey,
  request: KeptRequest,
  forgottenBefore: Date,
): Promise<void> {
  await rows(
    tx,
    `WITH forgotten AS (DELETE FROM idempotency_keys WHERE (principal_id, key) IN (
       SELECT principal_id, key FROM idempotency_keys WHERE created_at < $7 AND (principal_id, key) <> ($1, $2)
       ORDER BY created_at LIMIT ${FORGOTTEN_AT_ONCE} FOR UPDATE SKIP LOCKED))
     INSERT INTO idempotency_keys (principal_id, key, operation, input_hash, token_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (principal_id, key) DO UPDATE SET operation = excluded.operation, input_hash = excluded.input_hash,
       token_id = excluded.token_id, created_at = excluded.created_at`,
    [
      principalId,
      key,
      request.operation,
      request.inputHash,
      request.tokenId,
      request.createdAt,
      forgottenBefore,
    ],
  );
}
