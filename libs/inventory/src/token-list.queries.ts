import { COUNT_LIMIT, type CursorKey, type Page } from '@tokenwarden/api';
import { keyset, rows, type Transaction } from '@tokenwarden/database';
import { tokensNow, type AccessTokenEntity } from '@tokenwarden/tokens';
import { queryTooComplex } from '@tokenwarden/vocabulary';
import type { TokenOrder } from './token-list.types.js';
import { columnsOf, keyOf, stretchesOf } from './token-orders.js';
import { approachesOf, type Approach } from './token-paths.queries.js';
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

/** The tokens of some principals are read whole and sorted before anything else is tried, where they are so few. */
const FEW = 2_000;
/** So many tokens of the order are looked at for a page that is likely near. */
const SHORT_WALK = 4_000;
/** Up to so many tokens are read whole and sorted for a page; a list of more has one within a short walk, if it is mixed. */
const GATHERED = 15_000;
/** As many more are read before a longer walk is tried: one principal's, for any order. */
const GATHERED_AT_LAST = 50_000;
/** So many tokens of the order are looked at before a list is given up. */
const LONG_WALK = 100_000;
/** So many tokens are looked at to count those that are selected. */
const COUNTED = 100_000;

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
): Promise<TokenOfMoment[]> {
  const sought = { selection, source: await tokensNow(tx) };
  const list = { order, page };
  const approaches = approachesOf(selection);
  const found =
    (await gatheredByPrincipal(tx, sought, approaches, list)) ??
    (await walked(tx, sought, list, SHORT_WALK)) ??
    (await gathered(tx, sought, approaches, list, GATHERED)) ??
    (await merged(tx, sought, list)) ??
    (await gathered(tx, sought, approaches, list, GATHERED_AT_LAST)) ??
    (await walked(tx, sought, list, LONG_WALK));
  if (found) return found.map((stored) => ofMoment(stored, order));
  throw queryTooComplex(
    'Too many tokens would have to be looked at for this page. Add a userId, a serviceAccountId, a bound of createdAt or endsAt, or a status to the filter, or use another order.',
    'filter',
  );
}

/** What to do when a list's own tokens are few: then they alone are read. */
async function gatheredByPrincipal(
  tx: Transaction,
  sought: Sought,
  approaches: readonly Approach[],
  list: { order: TokenOrder; page: Page },
): Promise<StoredToken[] | undefined> {
  const [first] = approaches;
  if (!isOfSome(sought.selection) || !first) return undefined;
  return (await breadthOf(tx, first, FEW)) < FEW ? gather(tx, sought, first, list) : undefined;
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
export async function countTokens(tx: Transaction, selection: TokenSelection): Promise<number> {
  const sought = { selection, source: await tokensNow(tx) };
  const most = COUNT_LIMIT + 1;
  const narrowest = await narrowestOf(tx, approachesOf(selection), GATHERED);
  if (!narrowest) return counted(tx, sought, most);
  const asked = Object.entries(selection.filter).filter(([, value]) => value !== undefined);
  const isWhole = asked.every(([name]) => narrowest.approach.answers.some((answered) => answered === name));
  if (isWhole && selection.reach === 'all' && narrowest.breadth >= most) return most;
  const bound = narrowest.breadth < GATHERED ? GATHERED : COUNTED;
  const found = await countAlong(tx, sought, narrowest.approach, { bound, most });
  if (found >= most || narrowest.breadth < GATHERED) return found;
  const breadth = await breadthOf(tx, narrowest.approach, COUNTED + 1);
  return breadth > COUNTED ? counted(tx, sought, most) : found;
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
