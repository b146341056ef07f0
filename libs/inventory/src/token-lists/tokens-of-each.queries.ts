import { COUNT_LIMIT, type Page } from '@tokenwarden/api';
import { rows, type Transaction } from '@tokenwarden/database';
import { isIdentifier, queryTooComplex } from '@tokenwarden/vocabulary';
import { ofMoment, type TokenOfMoment } from './token-list.queries.js';
import type { TokenOrder } from './token-list.types.js';
import { columnsOf, stretchesOf } from './token-orders.js';
import { createdOf, endsOf, principalsOf } from './token-paths.queries.js';
import { conditionsWith, type Placeholder, type TokenSelection } from './token-selection.queries.js';
import {
  clauseOf,
  lastUseIn,
  newStatement,
  soughtNow,
  storedColumns,
  TOKEN_OF,
  TOKEN_OF_OR_NONE,
  type Sought,
  type StoredToken,
} from './token-walks.queries.js';

/**
 * So many tokens are looked at for all principals together, of each as many; and then again for those who have too many for
 * that, who are fewer.
 */
const LOOKED_AT = 30_000;

interface List {
  readonly order: TokenOrder;
  readonly page: Page;
}
type Found = StoredToken & { readonly place: string };
/** Looks at up to `bound` tokens of each, and gives what it asks of those of whom that was enough. */
type Look<T> = (ids: readonly string[], bound: number) => Promise<Map<string, T>>;

/**
 * As `tokensOnPage` for each of many principals, by as many statements for all as for one: the same page of each one's own
 * list.
 * @throws Problem `QUERY_TOO_COMPLEX` where too many tokens of one would have to be looked at
 */
export async function tokensOnPageOfEach(
  tx: Transaction,
  principalIds: readonly string[],
  selection: TokenSelection,
  order: TokenOrder,
  page: Page,
  lookedAt = LOOKED_AT,
): Promise<Map<string, TokenOfMoment[]>> {
  const sought = await soughtNow(tx, selection);
  const list = { order, page };
  const gathered: Look<Found[]> = (ids, bound) => gatherOfEach(tx, sought, ids, list, bound);
  const walked: Look<Found[]> = (ids, bound) => walkOfEach(tx, sought, ids, list, bound);
  const isWalked = order.field === 'CREATED_AT' || order.field === 'ENDS_AT';
  const looks = [...(isWalked ? [walked] : []), gathered, gathered];
  const ofEach = await lookInTurn(principalIds, looks, { lookedAt, atLeast: page.size + 1 });
  return new Map(
    [...ofEach].map(([id, found]) => [
      id,
      found
        .toSorted((a, b) => Number(a.place) - Number(b.place))
        .map(({ place: _, ...stored }) => ofMoment(stored, order)),
    ]),
  );
}

/**
 * As `countTokens` for each of many principals, by as many statements for all as for one.
 * @throws Problem `QUERY_TOO_COMPLEX` where too many tokens of one would have to be looked at
 */
export async function countTokensOfEach(
  tx: Transaction,
  principalIds: readonly string[],
  selection: TokenSelection,
  lookedAt = LOOKED_AT,
): Promise<Map<string, number>> {
  const sought = await soughtNow(tx, selection);
  const isWhole = Object.values(selection.filter).every((value) => value === undefined);
  const count: Look<number> = (ids, bound) => countOfEach(tx, sought, ids, bound);
  // Nothing but the index is looked at where nothing is asked.
  const atLeast = isWhole ? COUNT_LIMIT + 1 : 1;
  return lookInTurn(principalIds, [count, count], { lookedAt, atLeast });
}

async function lookInTurn<T>(
  principalIds: readonly string[],
  looks: readonly Look<T>[],
  { lookedAt, atLeast }: { lookedAt: number; atLeast: number },
): Promise<Map<string, T>> {
  const known = new Map<string, T>();
  let left = [...new Set(principalIds)];
  for (const look of looks) {
    if (left.length === 0) return known;
    const found = await look(left, Math.max(atLeast, Math.floor(lookedAt / left.length)));
    for (const [id, answer] of found) known.set(id, answer);
    left = left.filter((id) => !known.has(id));
  }
  if (left.length === 0) return known;
  throw queryTooComplex(
    'Too many tokens of one owner would have to be looked at. Add a bound of createdAt or endsAt or the status ACTIVE to the filter, use the order CREATED_AT, or ask for fewer owners at once.',
    'filter',
  );
}

/** The first tokens of each in an order that has an index: enough where they fill the page, or where there are no more. */
async function walkOfEach(
  tx: Transaction,
  sought: Sought,
  ids: readonly string[],
  { order, page }: List,
  bound: number,
): Promise<Map<string, Found[]>> {
  const { selection, source } = sought;
  const { statement, placeholder } = newStatement();
  const columns = stretchesOf(order, page).flatMap(({ stretch }) => stretch.columns);
  const clause = clauseOf(page, columns, statement);
  const bounds = (order.field === 'CREATED_AT' ? createdOf : endsOf)(selection.filter, placeholder);
  const principals = principalsAmong(ids, selection, placeholder);
  const walked = `${tokensOf(sought, placeholder)} AND ${[clause.condition, ...bounds].join(' AND ')} ORDER BY ${clause.orderBy}`;
  const before = [...statement];
  const found = await rows<Found>(
    tx,
    `SELECT shown.* FROM ${principals} CROSS JOIN LATERAL (
       SELECT ${storedColumns('NULL::timestamptz')}, row_number() OVER (ORDER BY ${clause.orderBy}) AS place
       FROM (${walked} LIMIT ${bound}) AS w ${TOKEN_OF('w.id', source, conditionsWith(selection, placeholder))}
       ORDER BY ${clause.orderBy} LIMIT ${clause.limit}) AS shown`,
    statement,
  );
  const ofEach = byPrincipal(ids, found);
  const isFull = (id: string) => ofEach.get(id)?.length === clause.limit;
  if (ids.every(isFull)) return ofEach;
  const longer = await rows<{ id: string }>(tx, whoseGoesOn(principals, walked, bound), before);
  for (const { id } of longer) if (!isFull(id)) ofEach.delete(id);
  return ofEach;
}

/** All tokens of each, sorted: enough where there are no more than are looked at. */
async function gatherOfEach(
  tx: Transaction,
  sought: Sought,
  ids: readonly string[],
  { order, page }: List,
  bound: number,
): Promise<Map<string, Found[]>> {
  const { selection, source } = sought;
  const longer = await whoHasMore(tx, sought, ids, bound);
  const whole = ids.filter((id) => !longer.has(id));
  const { statement, placeholder } = newStatement();
  const clause = clauseOf(page, columnsOf(order), statement);
  const { join, column } = lastUseIn(order);
  const found = await rows<Found>(
    tx,
    `SELECT shown.* FROM ${principalsAmong(whole, selection, placeholder)} CROSS JOIN LATERAL (
       SELECT ${storedColumns(column)}, row_number() OVER (ORDER BY ${clause.orderBy}) AS place
       FROM (${withinBounds(sought, placeholder)} LIMIT ${bound}) AS led
       ${TOKEN_OF('led.id', source, conditionsWith(selection, placeholder))} ${join}
       WHERE ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}) AS shown`,
    statement,
  );
  return byPrincipal(whole, found);
}

async function whoHasMore(
  tx: Transaction,
  sought: Sought,
  ids: readonly string[],
  bound: number,
): Promise<Set<string>> {
  const { statement, placeholder } = newStatement();
  const principals = principalsAmong(ids, sought.selection, placeholder);
  const sql = whoseGoesOn(principals, withinBounds(sought, placeholder), bound);
  return new Set((await rows<{ id: string }>(tx, sql, statement)).map(({ id }) => id));
}

async function countOfEach(
  tx: Transaction,
  sought: Sought,
  ids: readonly string[],
  bound: number,
): Promise<Map<string, number>> {
  const { selection, source } = sought;
  const { statement, placeholder } = newStatement();
  const principals = principalsAmong(ids, selection, placeholder);
  const isWhole = Object.values(selection.filter).every((value) => value === undefined);
  const chosen = isWhole ? '' : TOKEN_OF_OR_NONE('led.id', source, conditionsWith(selection, placeholder));
  const found = await rows<{ id: string; lookedAt: number; count: number }>(
    tx,
    `SELECT principal.id, counted.* FROM ${principals} CROSS JOIN LATERAL (
       SELECT count(*)::integer AS "lookedAt", count(${isWhole ? 'led' : 't'}.id)::integer AS count
       FROM (${withinBounds(sought, placeholder)} LIMIT ${bound}) AS led ${chosen}) AS counted`,
    statement,
  );
  const known = new Map(ids.map((id) => [id, 0]));
  for (const { id, lookedAt, count } of found) {
    if (lookedAt < bound || count > COUNT_LIMIT) known.set(id, Math.min(count, COUNT_LIMIT + 1));
    else known.delete(id);
  }
  return known;
}

// Those of whom something can be selected at all: of others nothing is looked at, however many tokens they have.
function principalsAmong(
  ids: readonly string[],
  selection: TokenSelection,
  placeholder: Placeholder,
): string {
  const only = principalsOf(selection);
  const condition = only ? `WHERE asked.id IN (${only(placeholder)})` : '';
  return `(SELECT asked.id FROM unnest(${placeholder(ids)}::uuid[]) AS asked (id) ${condition}) AS principal`;
}

// Of ends that are moving the rows say too little: then all of one principal are read as they are now.
function tokensOf(
  { selection: { filter, reach }, source, areEndsMoving }: Sought,
  placeholder: Placeholder,
): string {
  const ids = reach !== 'all' && 'tokenId' in reach ? [reach.tokenId] : filter.ids?.filter(isIdentifier);
  const among = ids ? ` AND w.id = ANY (${placeholder(ids)}::uuid[])` : '';
  return `SELECT w.* FROM ${areEndsMoving ? source : 'access_tokens'} w WHERE w.principal_id = principal.id${among}`;
}

function withinBounds(sought: Sought, placeholder: Placeholder): string {
  const { filter } = sought.selection;
  const bounds = [...endsOf(filter, placeholder), ...createdOf(filter, placeholder)];
  return [tokensOf(sought, placeholder), ...bounds].join(' AND ');
}

const whoseGoesOn = (principals: string, tokens: string, bound: number) =>
  `SELECT principal.id FROM ${principals} WHERE EXISTS (SELECT FROM (${tokens} OFFSET ${bound} LIMIT 1) AS beyond)`;

function byPrincipal(ids: readonly string[], found: readonly Found[]): Map<string, Found[]> {
  const ofEach = new Map<string, Found[]>(ids.map((id) => [id, []]));
  for (const token of found) ofEach.get(token.principalId)?.push(token);
  return ofEach;
}
