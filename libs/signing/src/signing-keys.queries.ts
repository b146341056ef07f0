import { rows, type Transaction } from '@tokenwarden/database';
import type { SigningKeyEntity } from './signing-key.entity.js';

/** Every key there has been, the oldest first. There are few: one more at each rotation. */
export async function allKeys(tx: Transaction): Promise<SigningKeyEntity[]> {
  return rows<SigningKeyEntity>(
    tx,
    `SELECT kid, algorithm, public_jwk AS "publicJwk", sealed_private_key AS "sealedPrivateKey",
            created_at AS "createdAt", active_from AS "activeFrom", retired_at AS "retiredAt", withdrawn_at AS "withdrawnAt"
       FROM signing_keys ORDER BY active_from, kid`,
  );
}

/** Adds a key. */
export async function addKey(
  tx: Transaction,
  key: Omit<SigningKeyEntity, 'retiredAt' | 'withdrawnAt'>,
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, created_at, active_from)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [key.kid, key.algorithm, key.publicJwk, key.sealedPrivateKey, key.createdAt, key.activeFrom],
  );
}

/** Lets every key that has no successor yet retire when the new one begins to sign. */
export async function retireOthers(tx: Transaction, kid: string, retiredAt: Date): Promise<void> {
  await rows(
    tx,
    `UPDATE signing_keys SET retired_at = $2
      WHERE kid <> $1 AND retired_at IS NULL AND withdrawn_at IS NULL AND active_from <= $2`,
    [kid, retiredAt],
  );
}
