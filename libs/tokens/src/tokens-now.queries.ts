import { rows, type Transaction } from '@tokenwarden/database';
import { TOKEN_COLUMNS } from './token-columns.js';

/**
 * A SELECT of the ids of all tokens whose revocation stands in a set and not yet in their rows: for a statement over very
 * many tokens, which takes them away, or counts them as revoked, as a whole. For few tokens `BULK_REVOCATION_OF` looks up
 * each.
 */
export const IDS_BEING_REVOKED =
  'SELECT unnest(token_ids) AS id FROM bulk_revocation_sets WHERE written_at IS NULL';

// The sets of one revocation do not overlap: only the one that begins last before the token can hold it.
const setWith = (table: string) => `(SELECT s.last_id, s.token_ids FROM bulk_revocation_sets s
    WHERE s.revocation_id = r.id AND s.written_at IS NULL AND s.first_id <= ${table}.id
    ORDER BY s.first_id DESC LIMIT 1) AS s`;
const holds = (table: string) => `s.last_id >= ${table}.id AND ${table}.id = ANY (s.token_ids)`;

const REVOCATION = `r.revoked_at, r.author -> 'actor' AS revoked_by, r.reason AS revoked_reason`;

/**
 * The join that finds the revocation of a token which stands in a set and not yet in its row, as `bulk.revoked_at`,
 * `bulk.revoked_by`, `bulk.revoked_reason`. For statements that read some hundred tokens at most.
 */
export const BULK_REVOCATION_OF = (table: string) => `LEFT JOIN LATERAL (
  SELECT ${REVOCATION} FROM bulk_revocations r CROSS JOIN LATERAL ${setWith(table)}
  WHERE r.written_at IS NULL AND ${holds(table)} LIMIT 1) AS bulk ON ${table}.revoked_at IS NULL`;

/** Whether the token's revocation stands in a set and not yet in its row: a condition, of no cost where nothing waits. */
export const isBeingRevoked = (table: string) => `EXISTS (
  SELECT FROM bulk_revocations r CROSS JOIN LATERAL ${setWith(table)}
  WHERE r.written_at IS NULL AND ${holds(table)})`;

const IDS_BEING_REVOKED_BY =
  'SELECT revocation_id, unnest(token_ids) FROM bulk_revocation_sets WHERE written_at IS NULL';

// As `BULK_REVOCATION_OF`, for statements over very many tokens: the ids of all sets are read once and hashed, so that a
// token in none of them costs next to nothing, and one that is in some little more, however many revocations wait. IS TRUE
// keeps Postgres from making a join of the second question, which would read the sets again for every token.
const BULK_REVOCATION_OF_MANY = `LEFT JOIN LATERAL (
  SELECT ${REVOCATION} FROM bulk_revocations r
  WHERE a.id IN (${IDS_BEING_REVOKED}) AND r.written_at IS NULL AND ((r.id, a.id) IN (${IDS_BEING_REVOKED_BY})) IS TRUE
  LIMIT 1) AS bulk ON a.revoked_at IS NULL`;

const REVOCATION_COLUMNS = ['revoked_at', 'revoked_by', 'revoked_reason'];

const sourceOf = (column: string, table: string) =>
  REVOCATION_COLUMNS.includes(column) ? `coalesce(${table}.${column}, bulk.${column})` : `${table}.${column}`;

const COLUMNS_NOW = TOKEN_COLUMNS.map(([column, property]) => `${sourceOf(column, 't')} AS "${property}"`);

/** A SELECT of `AccessTokenEntity` rows as they are now, of few tokens; what follows it calls them `t`. */
export const FEW_TOKENS_NOW = `SELECT ${COLUMNS_NOW.join(', ')} FROM access_tokens t ${BULK_REVOCATION_OF('t')}`;

const MANY_TOKENS_NOW = `(SELECT ${TOKEN_COLUMNS.map(([column]) => `${sourceOf(column, 'a')} AS ${column}`).join(', ')}
  FROM access_tokens a ${BULK_REVOCATION_OF_MANY})`;

/**
 * The source of a SELECT over tokens as they are now, with the columns of `access_tokens`: while a bulk revocation is
 * being written behind its commit, the tokens that it names count as revoked from that commit on. Between such times it is
 * the table itself, so that its indexes serve.
 */
export async function tokensNow(tx: Transaction): Promise<string> {
  const [row] = await rows<{ waits: boolean }>(tx, `SELECT EXISTS (${IDS_BEING_REVOKED}) AS waits`);
  return row?.waits ? MANY_TOKENS_NOW : 'access_tokens';
}
