import { invalidInput } from '@tokenwarden/vocabulary';
import type { Connection } from './connection.types.js';
import {
  bindingOf,
  readCursor,
  writeCursor,
  type CursorItem,
  type CursorItemType,
  type CursorKey,
} from './cursor.js';
import type { PageArgs } from './page.args.js';

/** The most objects of one page. */
export const LARGEST_PAGE = 100;
/** The size of a page for which none was asked. */
export const DEFAULT_PAGE = 50;
/** Up to here totalCount is exact. Whoever counts stops one above it. */
export const COUNT_LIMIT = 10_000;

/** One page that was asked for, checked: fetch `size + 1` rows beyond its cursors, from the end where it is backward. */
export interface Page {
  /** 1 to 100. */
  readonly size: number;
  /** Whether the rows come from the end of the list backwards (`last`). */
  readonly backward: boolean;
  readonly after?: CursorKey;
  readonly before?: CursorKey;
  /** The fingerprint of the list, its filter and its order. */
  readonly binding: string;
}

/**
 * The page that these arguments ask for. `boundTo` is all that a cursor must not outlive: which list it is, its filter,
 * its order. `items` are the cursor's, as Postgres has them; with them, no made-up cursor gets that far.
 * @throws Problem `INVALID_INPUT` on `first`, `last`, `after` or `before`
 */
export function pageOf(
  args: PageArgs,
  boundTo: unknown,
  items?: readonly (CursorItemType | CursorItem)[],
): Page {
  const first = pageSize(args.first, 'first');
  const last = pageSize(args.last, 'last');
  const after = args.after ?? undefined;
  const before = args.before ?? undefined;
  if (first !== undefined && last !== undefined)
    throw invalidInput('last', 'Either first or last, not both.');
  if (last !== undefined && after !== undefined) {
    throw invalidInput('after', 'after goes with first; with last it is before.');
  }
  if (before !== undefined && (first !== undefined || after !== undefined)) {
    throw invalidInput('before', 'before goes with last; with first it is after.');
  }
  const binding = bindingOf(boundTo);
  const cursor = (text: string | undefined, field: 'after' | 'before') => {
    if (text === undefined) return {};
    const key = readCursor(text, binding, items);
    if (key) return { [field]: key };
    throw invalidInput(field, 'A cursor of this very list, with the same filter and order.');
  };
  return {
    size: first ?? last ?? DEFAULT_PAGE,
    backward: last !== undefined || before !== undefined,
    ...cursor(after, 'after'),
    ...cursor(before, 'before'),
    binding,
  };
}

function pageSize(size: number | null | undefined, field: 'first' | 'last'): number | undefined {
  if (size === null || size === undefined) return undefined;
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) {
    throw invalidInput(field, `This must be a whole number from 1 to ${LARGEST_PAGE}.`);
  }
  return size;
}

/**
 * The page as GraphQL gives it. `rows` are up to `page.size + 1` in the order in which they were fetched (backward pages
 * from the end); `keyOf` gives a row's cursor key. `count` is called once at most, and only where a query asks: it may
 * stop at `COUNT_LIMIT + 1`, or give an estimate above.
 */
export function toConnection<T>(
  page: Page,
  rows: readonly T[],
  keyOf: (row: T) => CursorKey,
  count: () => Promise<number> = () => Promise.reject(new Error('This list is not counted.')),
): Connection<T> {
  const goesOn = rows.length > page.size;
  const nodes = rows.slice(0, page.size);
  if (page.backward) nodes.reverse();
  const edges = nodes.map((node) => ({ cursor: writeCursor(keyOf(node), page.binding), node }));
  let counted: Promise<number> | undefined;
  const countOnce = () => (counted ??= count());
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: page.backward ? page.before !== undefined : goesOn,
      hasPreviousPage: page.backward ? goesOn : page.after !== undefined,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    get totalCount() {
      return countOnce();
    },
    get totalCountIsExact() {
      return countOnce().then((total) => total <= COUNT_LIMIT);
    },
  };
}
