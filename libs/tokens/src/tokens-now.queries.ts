import { rows, type Transaction } from '@tokenwarden/database';
import { capEndOf } from './cap-end.queries.js';
import {
  CAPS,
  fromDecisionsOn,
  fromDecisionsOnMany,
  REVOCATIONS,
  waitingIds,
} from './frozen-sets.queries.js';
import { TOKEN_COLUMNS } from './token-columns.js';

/**
 * A SELECT of the ids of all tokens whose revocation stands in a set and not yet in their rows: for a statement over very
 * many tokens, which takes them away, or counts them as revoked, as a whole. For few tokens `BULK_REVOCATION_OF` looks up
 * each.
 */
export const IDS_BEING_REVOKED = waitingIds(REVOCATIONS);

/** A SELECT of the ids of all tokens that a cap ends earlier than their rows say. */
export const IDS_BEING_CAPPED = waitingIds(CAPS);

const REVOCATION = `d.revoked_at, d.author -> 'actor' AS revoked_by, d.reason AS revoked_reason`;
// A change of the directory holds no lock against others: of two that hit a token at once the first is written first.
const FIRST = 'ORDER BY d.revoked_at, d.id LIMIT 1';

/**
 * The join that finds the revocation of a token which stands in a set and not yet in its row, as `bulk.revoked_at`,
 * `bulk.revoked_by`, `bulk.revoked_reason`. For statements that read some hundred tokens at most.
 */
export const BULK_REVOCATION_OF = (table: string) => `LEFT JOIN LATERAL (
  SELECT ${REVOCATION} ${fromDecisionsOn(REVOCATIONS, table)} ${FIRST}) AS bulk ON ${table}.revoked_at IS NULL`;

/** Whether the token's revocation stands in a set and not yet in its row: a condition, of no cost where nothing waits. */
export const isBeingRevoked = (table: string) => `EXISTS (SELECT ${fromDecisionsOn(REVOCATIONS, table)})`;

// As `BULK_REVOCATION_OF`, for statements over very many tokens.
const BULK_REVOCATION_OF_MANY = `LEFT JOIN LATERAL (
  SELECT ${REVOCATION} ${fromDecisionsOnMany(REVOCATIONS, 'a')} ${FIRST}) AS bulk ON a.revoked_at IS NULL`;

// Of several caps the earliest end counts; whatever else moved the end in the row, it never moves later.
const earliestCapOf = (table: string, from: string) =>
  `SELECT min(${capEndOf(table, 'd.maxima', 'd.enforce_from')}) AS ends_at ${from}`;

/**
 * SQL: when the token of this alias ends, now: by its row, or by a cap that stands in a set and not yet in the row. For
 * statements that read some hundred tokens at most; of no cost where nothing waits.
 */
export const endNowOf = (table: string) =>
  `least(${table}.ends_at, (${earliestCapOf(table, fromDecisionsOn(CAPS, table))}))`;

/**
 * SQL: whether some token may end earlier than its row says. For what is asked at every request: a look into an empty index costs
 * less than `endNowOf`, which it asks by a second statement only then.
 */
export const ARE_ENDS_MOVING = 'EXISTS (SELECT FROM bulk_caps WHERE written_at IS NULL)';

/** SQL: as `endNowOf`, for statements over very many tokens. */
export const endNowOfMany = (table: string) =>
  `least(${table}.ends_at, (${earliestCapOf(table, fromDecisionsOnMany(CAPS, table))}))`;

const REVOCATION_COLUMNS = ['revoked_at', 'revoked_by', 'revoked_reason'];

const revokedOf = (column: string, table: string) =>
  REVOCATION_COLUMNS.includes(column) ? `coalesce(${table}.${column}, bulk.${column})` : `${table}.${column}`;

const COLUMNS_NOW = TOKEN_COLUMNS.map(
  ([column, property]) => `${column === 'ends_at' ? endNowOf('t') : revokedOf(column, 't')} AS "${property}"`,
);

/** A SELECT of `AccessTokenEntity` rows as they are now, of few tokens; what follows it calls them `t`. */
export const FEW_TOKENS_NOW = `SELECT ${COLUMNS_NOW.join(', ')} FROM access_tokens t ${BULK_REVOCATION_OF('t')}`;

/** What waits to be written into rows. */
interface Waiting {
  readonly revocations: boolean;
  readonly caps: boolean;
}

function manyTokensNow({ revocations, caps }: Waiting): string {
  const columns = TOKEN_COLUMNS.map(([column]) => {
    if (column === 'ends_at' && caps) return 'least(a.ends_at, cap.ends_at) AS ends_at';
    return revocations ? `${revokedOf(column, 'a')} AS ${column}` : `a.${column}`;
  });
  // A join, not `endNowOfMany`: what is selected by its end, sorted and shown is looked up once.
  const cap = `LEFT JOIN LATERAL (${earliestCapOf('a', fromDecisionsOnMany(CAPS, 'a'))}) AS cap ON true`;
  return `(SELECT ${columns.join(', ')} FROM access_tokens a
    ${revocations ? BULK_REVOCATION_OF_MANY : ''} ${caps ? cap : ''})`;
}

/**
 * In a FROM: the tokens that a cap ends earlier than their rows say, each once, with the columns of `access_tokens` and the end
 * that holds. For a statement that goes by an index of ends: such tokens stand in it where they ended before.
 */
export const TOKENS_BEING_CAPPED = `(SELECT ${TOKEN_COLUMNS.map(([column]) =>
  column === 'ends_at'
    ? `least(a.ends_at, min(${capEndOf('a', 'd.maxima', 'd.enforce_from')})) AS ends_at`
    : `a.${column}`,
).join(', ')}
  FROM bulk_caps d JOIN bulk_cap_sets s ON s.cap_id = d.id AND s.written_at IS NULL CROSS JOIN LATERAL unnest(s.token_ids) AS hit (id)
    JOIN access_tokens a ON a.id = hit.id
  WHERE d.written_at IS NULL GROUP BY a.id)`;

const inOrder = (source: string) =>
  `SELECT ${TOKEN_COLUMNS.map(([column]) => `a.${column}`).join(', ')} FROM ${source} a`;

const BY_END_WHILE_ENDS_MOVE = `(${inOrder('access_tokens')} WHERE (a.id IN (${IDS_BEING_CAPPED})) IS NOT TRUE
  UNION ALL ${inOrder(TOKENS_BEING_CAPPED)})`;

/** How tokens are read as they are now. */
export interface TokensNow {
  /** The source of a SELECT, with the columns of `access_tokens`. */
  readonly source: string;
  /**
   * Some end earlier than their rows say: an index of ends leads to too few that end before a moment, to all and more that end
   * after one, and its order is not theirs. `TOKENS_BEING_CAPPED` are those.
   */
  readonly areEndsMoving: boolean;
  /**
   * The source for a condition on ends alone, by an index of ends at any time: with the end that holds, the revocation as in the
   * row, and in no order.
   */
  readonly byEnd: string;
}

/**
 * The source of a SELECT over tokens as they are now: while a bulk revocation or a cap is being written behind its commit, the
 * tokens that it names count as revoked, or end, as it says from that commit on. Between such times it is the table itself, so
 * that its indexes serve.
 */
export async function readingTokensNow(tx: Transaction): Promise<TokensNow> {
  const [waiting] = await rows<Waiting>(
    tx,
    `SELECT EXISTS (${IDS_BEING_REVOKED}) AS revocations, EXISTS (${IDS_BEING_CAPPED}) AS caps`,
  );
  const { revocations = false, caps = false } = waiting ?? {};
  const source = revocations || caps ? manyTokensNow({ revocations, caps }) : 'access_tokens';
  return { source, areEndsMoving: caps, byEnd: caps ? BY_END_WHILE_ENDS_MOVE : 'access_tokens' };
}

/** The source alone of `readingTokensNow`, for a statement that goes by no index of ends itself. */
export async function tokensNow(tx: Transaction): Promise<string> {
  return (await readingTokensNow(tx)).source;
}
