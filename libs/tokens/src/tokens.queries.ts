import { rows, type Transaction } from '@tokenwarden/database';
import type { ActorRef } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';

/**
 * What a SELECT names to get `AccessTokenEntity` rows, from the table of this name or alias. For the lists of upper
 * rooms too, so that a new column is named in one place.
 */
export function tokenColumns(table = 'access_tokens'): string {
  return COLUMNS.map(([column, property]) => `${table}.${column} AS "${property}"`).join(', ');
}

/**
 * The source of a SELECT over tokens as they are now, with the columns of `access_tokens`: while a bulk revocation is
 * being written behind its commit, the tokens that it names count as revoked from that commit on. Between such times it is
 * the table itself, so that its indexes serve.
 */
export async function tokensNow(tx: Transaction): Promise<string> {
  const [row] = await rows<{ waits: boolean }>(tx, `SELECT EXISTS (${WAITING_SETS}) AS waits`);
  return row?.waits ? TOKENS_NOW : 'access_tokens';
}

const WAITING_SETS = 'SELECT FROM bulk_revocation_sets s WHERE s.written_at IS NULL';

/** The revocation of a token that stands in a set and not yet in its row, as `revoked_at`, `revoked_by`, `revoked_reason`. */
export const BULK_REVOCATION_OF = (table: string) => `LEFT JOIN LATERAL (
  SELECT r.revoked_at, r.author -> 'actor' AS revoked_by, r.reason AS revoked_reason
  FROM bulk_revocation_sets s JOIN bulk_revocations r ON r.id = s.revocation_id
  WHERE s.written_at IS NULL AND s.first_id <= ${table}.id AND s.last_id >= ${table}.id AND ${table}.id = ANY (s.token_ids)
  LIMIT 1) AS bulk ON ${table}.revoked_at IS NULL`;

const COLUMNS: readonly (readonly [column: string, property: keyof AccessTokenEntity])[] = [
  ['id', 'id'],
  ['kind', 'kind'],
  ['user_id', 'userId'],
  ['service_account_id', 'serviceAccountId'],
  ['principal_id', 'principalId'],
  ['name', 'name'],
  ['description', 'description'],
  ['search_text', 'searchText'],
  ['profile', 'profile'],
  ['scopes', 'scopes'],
  ['audiences', 'audiences'],
  ['issuer', 'issuer'],
  ['kid', 'kid'],
  ['created_at', 'createdAt'],
  ['created_by', 'createdBy'],
  ['expires_at', 'expiresAt'],
  ['ends_at', 'endsAt'],
  ['suspended_at', 'suspendedAt'],
  ['suspended_by', 'suspendedBy'],
  ['suspended_with_scope', 'suspendedWithScope'],
  ['revoked_at', 'revokedAt'],
  ['revoked_by', 'revokedBy'],
  ['revoked_reason', 'revokedReason'],
  ['predecessor_id', 'predecessorId'],
  ['rotated_at', 'rotatedAt'],
  ['ends_on_successors_use', 'endsOnSuccessorsUse'],
  ['first_used_at', 'firstUsedAt'],
];

const REVOCATION_COLUMNS = ['revoked_at', 'revoked_by', 'revoked_reason'];

const sourceOf = (column: string, table: string) =>
  REVOCATION_COLUMNS.includes(column) ? `coalesce(${table}.${column}, bulk.${column})` : `${table}.${column}`;

const COLUMNS_NOW = COLUMNS.map(([column, property]) => `${sourceOf(column, 't')} AS "${property}"`).join(
  ', ',
);

const TOKENS_NOW = `(SELECT ${COLUMNS.map(([column]) => `${sourceOf(column, 'a')} AS ${column}`).join(', ')}
  FROM access_tokens a ${BULK_REVOCATION_OF('a')})`;

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

/** Inserts the row and gives it as it is stored. */
export async function insertToken(tx: Transaction, token: TokenToInsert): Promise<AccessTokenEntity> {
  return theOne(
    await rows(
      tx,
      `INSERT INTO access_tokens (id, kind, user_id, service_account_id, name, description, search_text, profile,
         scopes, audiences, issuer, kid, created_at, created_by, expires_at, ends_at, predecessor_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)
       RETURNING ${tokenColumns()}`,
      [
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
    ),
  );
}

/** The token of this id, or null. */
export async function selectToken(tx: Transaction, id: string): Promise<AccessTokenEntity | null> {
  const found = await rows<AccessTokenEntity>(
    tx,
    `SELECT ${COLUMNS_NOW} FROM access_tokens t ${BULK_REVOCATION_OF('t')} WHERE t.id = $1`,
    [id],
  );
  return found[0] ?? null;
}

/** The token of this id, or null; locked against every other change to the end of the transaction. */
export async function selectTokenForUpdate(tx: Transaction, id: string): Promise<AccessTokenEntity | null> {
  const found = await rows<AccessTokenEntity>(
    tx,
    `SELECT ${COLUMNS_NOW} FROM access_tokens t ${BULK_REVOCATION_OF('t')} WHERE t.id = $1 FOR UPDATE OF t`,
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

// Locked in the order of ids, so that two of these never wait for each other in a circle. What a bulk revocation has
// taken is ended already.
const LIVE_OF_PRINCIPAL = `SELECT id FROM access_tokens t
  WHERE principal_id = $1 AND revoked_at IS NULL AND ends_at > $2
    AND NOT EXISTS (${WAITING_SETS} AND s.first_id <= t.id AND s.last_id >= t.id AND t.id = ANY (s.token_ids))`;

/** Revokes every live token of the principal and gives them. */
export async function updateLiveRevoked(
  tx: Transaction,
  principalId: string,
  revocation: { at: Date; by: ActorRef; reason: string | null },
): Promise<AccessTokenEntity[]> {
  return rows(
    tx,
    `WITH hit AS (${LIVE_OF_PRINCIPAL} ORDER BY id FOR UPDATE)
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
    `WITH hit AS (${LIVE_OF_PRINCIPAL} AND suspended_at IS NULL ORDER BY id FOR UPDATE)
     UPDATE access_tokens SET suspended_at = $2, suspended_by = $3, suspended_with_scope = false
     FROM hit WHERE access_tokens.id = hit.id RETURNING ${tokenColumns()}`,
    [principalId, suspension.at, JSON.stringify(suspension.by)],
  );
}

/** Marks the token as rotated: it ends at `endsAt`, which is no later than it was, or when its successor is first used. */
export async function updateRotated(
  tx: Transaction,
  id: string,
  rotation: { at: Date; endsAt: Date; endsOnSuccessorsUse: boolean },
): Promise<AccessTokenEntity> {
  return theOne(
    await rows(
      tx,
      `UPDATE access_tokens SET rotated_at = $2, ends_at = least(ends_at, $3), ends_on_successors_use = $4
       WHERE id = $1 AND rotated_at IS NULL RETURNING ${tokenColumns()}`,
      [id, rotation.at, rotation.endsAt, rotation.endsOnSuccessorsUse],
    ),
  );
}

/** Ends at `at` a token that waits for its successor's first use; null where another one did so, or it ended by itself. */
export async function updateEndedOnSuccessorsUse(
  tx: Transaction,
  id: string,
  at: Date,
): Promise<AccessTokenEntity | null> {
  const [ended] = await rows<AccessTokenEntity>(
    tx,
    `UPDATE access_tokens SET ends_at = $2 WHERE id = $1 AND ends_on_successors_use AND ends_at > $2
     RETURNING ${tokenColumns()}`,
    [id, at],
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
    `SELECT ${COLUMNS_NOW} FROM access_tokens t ${BULK_REVOCATION_OF('t')} WHERE t.predecessor_id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(found.map((token) => [token.predecessorId ?? '', token]));
}

/** The tokens of these ids; unknown ones are missing. */
export async function tokensByIds(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, AccessTokenEntity>> {
  const found = await rows<AccessTokenEntity>(
    tx,
    `SELECT ${COLUMNS_NOW} FROM access_tokens t ${BULK_REVOCATION_OF('t')} WHERE t.id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(found.map((token) => [token.id, token]));
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
  const [counted] = await rows<Issuance>(
    tx,
    `SELECT clock.now,
       (SELECT count(*) FROM (SELECT FROM access_tokens WHERE principal_id = $1 AND revoked_at IS NULL
          AND ends_at > clock.now LIMIT $2) AS live)::integer AS live,
       (SELECT created_at FROM access_tokens WHERE principal_id = $1
          ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT 1) AS "nthLastCreatedAt"
     FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS clock`,
    [principalId, liveBound, nth - 1],
  );
  if (!counted) throw new Error('The database counted nothing.');
  return counted;
}

function theOne(found: AccessTokenEntity[]): AccessTokenEntity {
  const [token] = found;
  if (!token) throw new Error('The token that was to be written is not there: it must be locked first.');
  return token;
}
