import type { Page } from '@tokenwarden/api';
import { keyset, rows, type KeysetClause, type KeysetColumn, type Transaction } from '@tokenwarden/database';
import {
  readingTokensNow,
  tokenColumns,
  TOKENS_BEING_CAPPED,
  type AccessTokenEntity,
  type TokensNow,
} from '@tokenwarden/tokens';
import { columnsOf, type Stretch } from './token-orders.js';
import type { TokenOrder } from './token-list.types.js';
import {
  conditionsOfWalk,
  createdOf,
  KEEPS_ITS_END,
  type Approach,
  type Way,
} from './token-paths.queries.js';
import { conditionsWith, type Placeholder, type TokenSelection } from './token-selection.queries.js';

/** A token of a list, its last use as Postgres writes it (in orders by last use), and the moment at which it was read. */
export type StoredToken = AccessTokenEntity & { readonly now: Date; readonly lastUsedAt: string | null };

/** A selection and where its tokens are read from. */
export interface Sought extends TokensNow {
  readonly selection: TokenSelection;
}

/** The selection among the tokens as they are now. */
export async function soughtNow(tx: Transaction, selection: TokenSelection): Promise<Sought> {
  return { selection, ...(await readingTokensNow(tx)) };
}

const SELECTED = (id: string, source: string, conditions: readonly string[]) =>
  `(SELECT * FROM ${source} t WHERE t.id = ${id} AND ${conditions.join(' AND ')} OFFSET 0) AS t`;

/**
 * The join of each token with this id, as `t`, that fulfils the conditions: by its key, whatever the planner expects of a
 * join, so that what is read is bounded by what was walked.
 */
export const TOKEN_OF = (id: string, source: string, conditions: readonly string[]) =>
  `CROSS JOIN LATERAL ${SELECTED(id, source, conditions)}`;

/** As `TOKEN_OF`, and `t` is empty where the token does not fulfil them. */
export const TOKEN_OF_OR_NONE = (id: string, source: string, conditions: readonly string[]) =>
  `LEFT JOIN LATERAL ${SELECTED(id, source, conditions)} ON true`;

const LAST_USE = `LEFT JOIN LATERAL (
  SELECT u.last_used_at FROM token_uses u WHERE u.token_id = t.id OFFSET 0) AS used ON true`;

/** The columns of a `StoredToken`, from a token `t` and the moment of its last use. */
export const storedColumns = (lastUsedAt: string) =>
  `${tokenColumns('t')}, statement_timestamp() AS now,
   to_char(${lastUsedAt} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "lastUsedAt"`;

/** What a list of this order reads beside the tokens `t`, and the moment of the last use in it. */
export const lastUseIn = ({ field }: TokenOrder) =>
  field === 'LAST_USED_AT'
    ? { join: LAST_USE, column: 'used.last_used_at' }
    : { join: '', column: 'NULL::timestamptz' };

/**
 * Walks a stretch of the order from the page's cursor on and takes what is selected, up to `limit`: undefined where
 * `bound` tokens were not enough to fill it, and the stretch goes on.
 */
export async function walk(
  tx: Transaction,
  { selection, source, areEndsMoving }: Sought,
  { stretch, page }: { stretch: Stretch; page: Page },
  { limit, bound }: { limit: number; bound: number },
): Promise<StoredToken[] | undefined> {
  const { statement, placeholder } = newStatement();
  const conditions = conditionsOfWalk(selection, stretch, placeholder);
  if (conditions === undefined) return [];
  const clause = clauseOf(page, stretch.columns, statement);
  const names = stretch.columns.map((_, i) => `key_${i}`);
  const keys = stretch.columns.map(({ column }, i) => `${column} AS ${names[i]}`).join(', ');
  const inOrder = names.map((name) => `w.${name} ${clause.direction}`).join(', ');
  const along = (table: string, more: readonly string[] = []) =>
    `SELECT ${stretch.id} AS id, ${keys} FROM ${table} w
     WHERE ${[stretch.condition, ...conditions, clause.condition, ...more].join(' AND ')} ORDER BY ${clause.orderBy}`;
  const walked = (rest: string) =>
    areEndsMoving && stretch.field === 'ENDS_AT'
      ? `SELECT * FROM ((${along('access_tokens', [KEEPS_ITS_END])} LIMIT ${bound + 1})
           UNION ALL (${along(TOKENS_BEING_CAPPED)} LIMIT ${bound + 1})) AS w ORDER BY ${inOrder} ${rest}`
      : `${along(stretch.table)} ${rest}`;
  const lastUsedAt = stretch.field === 'LAST_USED_AT' ? 'w.key_0' : 'NULL::timestamptz';
  const before = [...statement];
  const found = await rows<StoredToken>(
    tx,
    `SELECT ${storedColumns(lastUsedAt)} FROM (${walked(`LIMIT ${bound}`)}) AS w
     ${TOKEN_OF('w.id', source, conditionsWith(selection, placeholder))}
     ORDER BY ${inOrder} LIMIT ${limit}`,
    statement,
  );
  if (found.length === limit) return found;
  const more = await rows(tx, walked(`OFFSET ${bound} LIMIT 1`), before);
  return more.length === 0 ? found : undefined;
}

/** How many tokens an approach leads to, those twice that two of its ways lead to; it stops at `bound`. */
export async function breadthOf(tx: Transaction, approach: Approach, bound: number): Promise<number> {
  const { statement, placeholder } = newStatement();
  const ways = approach.ways(placeholder).map((one) => alongWay(one, bound));
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM (SELECT FROM (${union(ways)}) AS led LIMIT ${bound}) AS counted`,
    statement,
  );
  return row?.count ?? 0;
}

/** All tokens that an approach leads to, what is selected of them, and of that the page in its order. */
export async function gather(
  tx: Transaction,
  { selection, source }: Sought,
  approach: Approach,
  { order, page }: { order: TokenOrder; page: Page },
): Promise<StoredToken[]> {
  const { statement, placeholder } = newStatement();
  const ways = approach.ways(placeholder).map((one) => alongWay(one));
  const clause = clauseOf(page, columnsOf(order), statement);
  const { join, column } = lastUseIn(order);
  return rows(
    tx,
    `SELECT ${storedColumns(column)} FROM (SELECT DISTINCT id FROM (${union(ways)}) AS led) AS led
     ${TOKEN_OF('led.id', source, conditionsWith(selection, placeholder))} ${join}
     WHERE ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`,
    statement,
  );
}

/** The approach that leads to the fewest tokens, of those that lead to fewer than `bound` where there are any. */
export async function narrowestOf(
  tx: Transaction,
  approaches: readonly Approach[],
  bound: number,
): Promise<{ approach: Approach; breadth: number } | undefined> {
  let narrowest: { approach: Approach; breadth: number } | undefined;
  for (const approach of approaches) {
    const breadth = await breadthOf(tx, approach, narrowest?.breadth ?? bound);
    if (!narrowest || breadth < narrowest.breadth) narrowest = { approach, breadth };
  }
  return narrowest;
}

/** How many of the first `bound` tokens that an approach leads to are selected; it stops at `most`. */
export async function countAlong(
  tx: Transaction,
  { selection, source }: Sought,
  approach: Approach,
  { bound, most }: { bound: number; most: number },
): Promise<number> {
  const { statement, placeholder } = newStatement();
  const ways = approach.ways(placeholder).map((one) => alongWay(one, bound));
  const led = `SELECT ${ways.length > 1 ? 'DISTINCT ' : ''}id FROM (${union(ways)}) AS led LIMIT ${bound}`;
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM (SELECT FROM (${led}) AS led
       ${TOKEN_OF('led.id', source, conditionsWith(selection, placeholder))} LIMIT ${most}) AS counted`,
    statement,
  );
  return row?.count ?? 0;
}

/** So many tokens of all parts together are looked at. */
const MOST_MERGED = 30_000;

/** A list cut into parts, each held by an index in the order of the list. */
export interface Parts {
  /** SQL that gives one row for each part. */
  readonly sql: (placeholder: Placeholder) => string;
  /** Which tokens `w` belong to the part `p`. */
  readonly condition: (placeholder: Placeholder) => string;
}

/**
 * Merges the parts of a list in its order, of each the first `depth` tokens, and takes what is selected: undefined where
 * a part that goes on could hold more of the page, or too many tokens would have to be looked at.
 */
export async function merge(
  tx: Transaction,
  { selection, source }: Sought,
  parts: Parts,
  { stretch, page, depth }: { stretch: Stretch; page: Page; depth: number },
): Promise<StoredToken[] | undefined> {
  const { statement, placeholder } = newStatement();
  const clause = clauseOf(page, stretch.columns, statement);
  const conditions = [
    parts.condition(placeholder),
    ...createdOf(selection.filter, placeholder),
    clause.condition,
  ];
  const sign = clause.direction === 'DESC' ? '>=' : '<=';
  const orderBy = `m.created_at ${clause.direction}, m.id ${clause.direction}`;
  const found = await rows<StoredToken & { isCut: boolean }>(
    tx,
    `WITH merged AS MATERIALIZED (
       SELECT m.* FROM (${parts.sql(placeholder)}) AS p CROSS JOIN LATERAL (
         SELECT w.created_at, w.id, row_number() OVER (ORDER BY ${clause.orderBy}) AS place FROM access_tokens w
         WHERE ${conditions.join(' AND ')} ORDER BY ${clause.orderBy} LIMIT ${depth}) AS m),
     cut AS MATERIALIZED (SELECT m.created_at, m.id FROM (
       (SELECT m.created_at, m.id FROM merged m WHERE m.place = ${depth} ORDER BY ${orderBy} LIMIT 1)
       UNION ALL (SELECT m.created_at, m.id FROM merged m ORDER BY ${orderBy} OFFSET ${MOST_MERGED} LIMIT 1)) AS m
       ORDER BY ${orderBy} LIMIT 1)
     SELECT shown.*, EXISTS (SELECT FROM cut) AS "isCut" FROM (SELECT) AS always LEFT JOIN LATERAL (
       SELECT ${storedColumns('NULL::timestamptz')} FROM (
         SELECT m.* FROM merged m WHERE coalesce((SELECT (m.created_at, m.id) ${sign} (cut.created_at, cut.id) FROM cut), true)
         ORDER BY ${orderBy}) AS m
       ${TOKEN_OF('m.id', source, conditionsWith(selection, placeholder))}
       ORDER BY ${orderBy} LIMIT ${clause.limit}) AS shown ON true`,
    statement,
  );
  const tokens = found.filter(({ id }) => id !== null).map(({ isCut: _, ...token }) => token);
  return tokens.length === clause.limit || !found.some(({ isCut }) => isCut) ? tokens : undefined;
}

/** The values of a statement, and what takes one more. */
export function newStatement(): { statement: unknown[]; placeholder: Placeholder } {
  const statement: unknown[] = [];
  return { statement, placeholder: (value) => `$${statement.push(value)}` };
}

/** The page of this order, its values added to the statement. */
export function clauseOf(page: Page, columns: readonly KeysetColumn[], statement: unknown[]): KeysetClause {
  const clause = keyset(page, columns, statement.length + 1);
  statement.push(...clause.parameters);
  return clause;
}

function alongWay({ table, condition, orderBy }: Way, bound?: number): string {
  const order = orderBy === '' || bound === undefined ? '' : `ORDER BY ${orderBy}`;
  const limit = bound === undefined ? '' : `LIMIT ${bound}`;
  return `(SELECT w.${table === 'token_uses' ? 'token_id' : 'id'} AS id FROM ${table} w WHERE ${condition} ${order} ${limit})`;
}

function union(ways: readonly string[]): string {
  return ways.length === 0 ? 'SELECT NULL::uuid AS id WHERE FALSE' : ways.join(' UNION ALL ');
}
