import { rows, type Transaction, type Write } from '@tokenwarden/database';
import type { ActorRef } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { tokenColumns } from './token-columns.js';
import { FEW_TOKENS_NOW } from './tokens-now.queries.js';

/** A row as it is inserted; what the table derives or begins empty is not said. */
export type TokenToInsert = Pick<
  AccessTokenEntity,
  | 'id'
  | 'kind'
  | 'userId'
  | 'serviceAccountId'
  | 'name'
  | 'description'
  | 'searchText'
  | 'profile'
  | 'scopes'
  | 'audiences'
  | 'issuer'
  | 'kid'
  | 'createdAt'
  | 'createdBy'
  | 'expiresAt'
  | 'predecessorId'
>;

/** What inserts the row. */
export function insertionOf(token: TokenToInsert): Write {
  return {
    sql: `INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, description, search_text, profile,
        scopes, audiences, issuer, kid, created_at, created_by, expires_at, ends_at, predecessor_id)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)`,
    parameters: [
      token.id,
      token.kind,
      token.userId,
      token.serviceAccountId,
      token.name,
      token.description,
      token.searchText,
      token.profile,
      token.scopes,
      token.audiences,
      token.issuer,
      token.kid,
      token.createdAt,
      JSON.stringify(token.createdBy),
      token.expiresAt,
      token.predecessorId,
    ],
  };
}

/** The token of this id, or null. */
export async function selectToken(tx: Transaction, id: string): Promise<AccessTokenEntity | null> {
  const found = await rows<AccessTokenEntity>(tx, `${FEW_TOKENS_NOW} WHERE t.id = $1`, [id]);
  return found[0] ?? null;
}

/**
 * The token of this id, or null; locked against every other change to the end of the transaction, and for nobody who only
 * writes down that it is used or has a successor.
 */
export async function selectTokenForUpdate(tx: Transaction, id: string): Promise<AccessTokenEntity | null> {
  const found = await rows<AccessTokenEntity>(
    tx,
    `${FEW_TOKENS_NOW} WHERE t.id = $1 FOR NO KEY UPDATE OF t`,
    [id],
  );
  return found[0] ?? null;
}

/** Sets name and description. */
export async function updateNames(
  tx: Transaction,
  id: string,
  names: Pick<AccessTokenEntity, 'name' | 'searchText' | 'description'>,
): Promise<AccessTokenEntity> {
  return theOne(
    await rows(
      tx,
      `UPDATE access_tokens SET name = $2, search_text = $3, description = $4 WHERE id = $1 RETURNING ${tokenColumns()}`,
      [id, names.name, names.searchText, names.description],
    ),
  );
}

/** Sets the suspension, also over one that stands. */
export async function updateSuspended(
  tx: Transaction,
  id: string,
  suspension: { at: Date; by: ActorRef; withScope: boolean },
): Promise<AccessTokenEntity> {
  return theOne(
    await rows(
      tx,
      `UPDATE access_tokens SET suspended_at = $2, suspended_by = $3, suspended_with_scope = $4
       WHERE id = $1 AND revoked_at IS NULL RETURNING ${tokenColumns()}`,
      [id, suspension.at, JSON.stringify(suspension.by), suspension.withScope],
    ),
  );
}

/** Takes the suspension away. */
export async function updateResumed(tx: Transaction, id: string): Promise<AccessTokenEntity> {
  return theOne(
    await rows(
      tx,
      `UPDATE access_tokens SET suspended_at = NULL, suspended_by = NULL, suspended_with_scope = false
       WHERE id = $1 AND revoked_at IS NULL RETURNING ${tokenColumns()}`,
      [id],
    ),
  );
}

/** Sets the revocation of a token that has none. */
export async function updateRevoked(
  tx: Transaction,
  id: string,
  revocation: { at: Date; by: ActorRef; reason: string | null },
): Promise<AccessTokenEntity> {
  return theOne(
    await rows(
      tx,
      `UPDATE access_tokens SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
       WHERE id = $1 AND revoked_at IS NULL RETURNING ${tokenColumns()}`,
      [id, revocation.at, JSON.stringify(revocation.by), revocation.reason],
    ),
  );
}

/** The tokens of these ids; unknown ones are missing. */
export async function tokensByIds(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, AccessTokenEntity>> {
  const found = await rows<AccessTokenEntity>(tx, `${FEW_TOKENS_NOW} WHERE t.id = ANY ($1::uuid[])`, [ids]);
  return new Map(found.map((token) => [token.id, token]));
}

function theOne(found: AccessTokenEntity[]): AccessTokenEntity {
  const [token] = found;
  if (!token) throw new Error('The token that was to be written is not there: it must be locked first.');
  return token;
}
