import type { CursorKey, Page } from '@tokenwarden/api';
import type { Transaction } from '@tokenwarden/database';
import type { AccessTokenEntity } from '@tokenwarden/tokens';
import { queryTooComplex } from '@tokenwarden/vocabulary';
import type { TokenOrder } from './token-list.types.js';
import { keyOf, stretchesOf } from './token-orders.js';
import { approachesOf, type Approach } from './token-paths.queries.js';
import type { TokenSelection } from './token-selection.queries.js';
import { partsOf } from './token-parts.queries.js';
import {
  gather,
  merge,
  narrowestOf,
  soughtNow,
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

/** How many tokens are looked at for a page. */
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
}

const EFFORT: Effort = {
  few: 2_000,
  shortWalk: 4_000,
  gathered: 15_000,
  gatheredAtLast: 40_000,
  longWalk: 60_000,
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
  const sought = await soughtNow(tx, selection);
  const list = { order, page };
  const approaches = approachesOf(sought);
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
  const parts = await partsOf(tx, sought, page);
  const [only] = stretchesOf(order, page);
  if (!parts || !only || order.field !== 'CREATED_AT') return undefined;
  return merge(tx, sought, parts, { ...only, depth: parts.depth });
}

/** A token as it was read, with its cursor in this order. */
export function ofMoment({ now, lastUsedAt, ...token }: StoredToken, order: TokenOrder): TokenOfMoment {
  return { token, now, key: keyOf(order, token, lastUsedAt) };
}
