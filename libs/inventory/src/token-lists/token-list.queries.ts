import { COUNT_LIMIT, type CursorKey, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import { tokensNow, type AccessTokenEntity } from '@tokenwarden/tokens';
import { queryTooComplex } from '@tokenwarden/vocabulary';
import type { TokenOrder } from './token-list.types.js';
import { columnsOf, keyOf, stretchesOf } from './token-orders.js';
import { approachesOf, EVERYTHING, type Approach } from './token-paths.queries.js';
import { conditionsOf, type TokenSelection } from './token-selection.queries.js';
import { partsOf } from './token-parts.queries.js';
import {
  breadthOf,
  countAlong,
  gather,
  lastUseIn,
  merge,
  storedColumns,
  walk,
  type Sought,
  type StoredToken,
} from './token-walks.queries.js';

/** A token, the database's moment at which it was read (its status is that of this moment), and its cursor. */
export interface TokenOfMoment {
  readonly token: AccessTokenEntity;
  readonly now: Date;
  readonly key: CursorKey;
}

/** How many tokens are looked at for a list. */
export interface Effort {
  /** The tokens of some principals are read whole and sorted before anything else is tried, where they are so few. */
  readonly few: number;
  /** So many of the order for a page that is likely near. */
  readonly shortWalk: number;
  /** Up to so many read whole and sorted; a list of more has a page within a short walk, if it is mixed. */
  readonly gathered: number;
  /** As many more before a longer walk is tried: one principal's, for any order. */
  readonly gatheredAtLast: number;
  /** So many of the order before a list is given up. */
  readonly longWalk: number;
  /** So many to count those that are selected. */
  readonly counted: number;
}

const EFFORT: Effort = {
  few: 2_000,
  shortWalk: 4_000,
  gathered: 15_000,
  gatheredAtLast: 50_000,
  longWalk: 100_000,
  counted: 100_000,
};

/**
 * One page of the tokens selected, and one more where the list goes on. What is read is bounded, however many tokens there
 * are: near pages by walking the order, rare tokens by the index that leads to the fewest, and else by merging or a longer
 * walk.
 * @throws Problem `QUERY_TOO_COMPLEX` where none of it leads to the page
 */
export async function tokensOnPage(
  tx: Transaction,
  selection: TokenSelection,
  order: TokenOrder,
  page: Page,
  effort = EFFORT,
): Promise<TokenOfMoment[]> {
  const sought = { selection, source: await tokensNow(tx) };
  const list = { order, page };
  const approaches = approachesOf(selection);
  const found =
    (isOfSome(selection)
      ? await gathered(tx, sought, approaches.slice(0, 1), list, effort.few)
      : undefined) ??
    (await walked(tx, sought, list, effort.shortWalk)) ??
    (await gathered(tx, sought, approaches, list, effort.gathered)) ??
    (await merged(tx, sought, list)) ??
    (await gathered(tx, sought, approaches, list, effort.gatheredAtLast)) ??
    (await walked(tx, sought, list, effort.longWalk));
  if (found) return found.map((stored) => ofMoment(stored, order));
  throw queryTooComplex(
    'Too many tokens would have to be looked at for this page. Add a userId, a serviceAccountId, a bound of createdAt or endsAt, or a status to the filter, or use another order.',
    'filter',
  );
}

/** Whether it is about single tokens or about those of some principals: then the first approach leads to them. */
function isOfSome({ filter, reach }: TokenSelection): boolean {
  const { ids, userId, serviceAccountId, groupId } = filter;
  return reach !== 'all' || [ids, userId, serviceAccountId, groupId].some((asked) => asked !== undefined);
}

async function walked(
  tx: Transaction,
  sought: Sought,
  { order, page }: { order: TokenOrder; page: Page },
  bound: number,
): Promise<StoredToken[] | undefined> {
  const found: StoredToken[] = [];
  for (const stretch of stretchesOf(order, page)) {
    const limit = page.size + 1 - found.length;
    if (limit === 0) break;
    const next = await walk(tx, sought, stretch, { limit, bound });
    if (!next) return undefined;
    found.push(...next);
  }
  return found;
}

async function gathered(
  tx: Transaction,
  sought: Sought,
  approaches: readonly Approach[],
  list: { order: TokenOrder; page: Page },
  bound: number,
): Promise<StoredToken[] | undefined> {
  const narrowest = await narrowestOf(tx, approaches, bound);
  return narrowest && narrowest.breadth < bound ? gather(tx, sought, narrowest.approach, list) : undefined;
}

async function merged(
  tx: Transaction,
  sought: Sought,
  { order, page }: { order: TokenOrder; page: Page },
): Promise<StoredToken[] | undefined> {
  const parts = await partsOf(tx, sought.selection, page);
  const [only] = stretchesOf(order, page);
  if (!parts || !only || order.field !== 'CREATED_AT') return undefined;
  return merge(tx, sought, parts, { ...only, depth: parts.depth });
}

async function narrowestOf(
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

/** As `tokensOnPage` for each of many principals, in one statement: the same page of each one's own list. */
export async function tokensOnPageOfEach(
  tx: Transaction,
  principalIds: readonly string[],
  selection: TokenSelection,
  order: TokenOrder,
  page: Page,
): Promise<Map<string, TokenOfMoment[]>> {
  const { conditions, parameters } = conditionsOf(selection);
  const clause = keyset(page, columnsOf(order), parameters.length + 1);
  const all = [...parameters, ...clause.parameters, principalIds];
  const { join, column } = lastUseIn(order);
  const found = await rows<StoredToken & { place: string }>(
    tx,
    `SELECT shown.* FROM unnest($${all.length}::uuid[]) WITH ORDINALITY AS principal (id, place)
     CROSS JOIN LATERAL (
       SELECT ${storedColumns(column)}, row_number() OVER (ORDER BY ${clause.orderBy}) AS place
       FROM ${await tokensNow(tx)} t ${join}
       WHERE t.principal_id = principal.id AND ${[...conditions, clause.condition].join(' AND ')}
       ORDER BY ${clause.orderBy} LIMIT ${clause.limit}) AS shown
     ORDER BY principal.place, shown.place`,
    all,
  );
  const ofEach = new Map<string, TokenOfMoment[]>(principalIds.map((id) => [id, []]));
  for (const { place: _, ...stored } of found) ofEach.get(stored.principalId)?.push(ofMoment(stored, order));
  return ofEach;
}

/**
 * How many tokens are selected; `COUNT_LIMIT + 1` where there are more than are counted.
 * @throws Problem `QUERY_TOO_COMPLEX` where too many would have to be looked at to know
 */
export async function countTokens(
  tx: Transaction,
  selection: TokenSelection,
  effort = EFFORT,
): Promise<number> {
  const sought = { selection, source: await tokensNow(tx) };
  const most = COUNT_LIMIT + 1;
  const approaches = approachesOf(selection);
  const narrowest = await narrowestOf(
    tx,
    approaches.length === 0 ? [EVERYTHING] : approaches,
    effort.gathered,
  );
  if (!narrowest) return 0;
  const { approach, breadth } = narrowest;
  const asked = Object.entries(selection.filter).filter(([, value]) => value !== undefined);
  const isWhole = asked.every(([name]) => approach.answers.some((answered) => answered === name));
  if (isWhole && selection.reach === 'all' && breadth >= most) return most;
  const isGathered = breadth < effort.gathered;
  const bound = isGathered ? effort.gathered : effort.counted;
  const found = await countAlong(tx, sought, approach, { bound, most });
  if (found >= most || isGathered) return found;
  return (await breadthOf(tx, approach, bound + 1)) > bound ? counted(tx, sought, most) : found;
}

/** How many tokens are selected, by whatever way Postgres finds: for filters that a look at the row decides. */
async function counted(tx: Transaction, { selection, source }: Sought, most: number): Promise<number> {
  const { scope, usable, unusedSince } = selection.filter;
  if (scope !== undefined || usable !== undefined || unusedSince !== undefined) {
    throw queryTooComplex(
      'Too many tokens would have to be looked at to count these. Add a userId, a serviceAccountId, a bound of createdAt or endsAt, or a status to the filter, or do not ask for totalCount.',
      'filter',
    );
  }
  const { conditions, parameters } = conditionsOf(selection);
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM
       (SELECT FROM ${source} t WHERE ${conditions.join(' AND ')} LIMIT ${most}) AS counted`,
    parameters,
  );
  return row?.count ?? 0;
}

/** As `countTokens` for each of many principals, in one statement. */
export async function countTokensOfEach(
  tx: Transaction,
  principalIds: readonly string[],
  selection: TokenSelection,
): Promise<Map<string, number>> {
  const { conditions, parameters } = conditionsOf(selection);
  const found = await rows<{ id: string; count: number }>(
    tx,
    `SELECT principal.id, counted.count FROM unnest($${parameters.length + 1}::uuid[]) AS principal (id)
     CROSS JOIN LATERAL (
       SELECT count(*)::integer AS count FROM
         (SELECT FROM ${await tokensNow(tx)} t WHERE t.principal_id = principal.id AND ${conditions.join(' AND ')}
          LIMIT ${COUNT_LIMIT + 1}) AS chosen) AS counted`,
    [...parameters, principalIds],
  );
  return new Map(found.map(({ id, count }) => [id, count]));
}

function ofMoment({ now, lastUsedAt, ...token }: StoredToken, order: TokenOrder): TokenOfMoment {
  return { token, now, key: keyOf(order, token, lastUsedAt) };
}
