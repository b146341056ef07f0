import { COUNT_LIMIT } from '@tokenwarden/api';
import { rows, type Transaction } from '@tokenwarden/database';
import { queryTooComplex } from '@tokenwarden/vocabulary';
import type { TokenFilter } from './token-list.types.js';
import { approachesOf, EVERYTHING } from './token-paths.queries.js';
import { conditionsOf, type TokenSelection } from './token-selection.queries.js';
import { breadthOf, countAlong, narrowestOf, soughtNow, type Sought } from './token-walks.queries.js';

/** How many tokens are looked at to count those that are selected. */
export interface CountEffort {
  /** Counted to the end along the narrowest index, where that leads to fewer. */
  readonly gathered: number;
  /** So many along the narrowest index for filters that take more than a look at the row. */
  readonly counted: number;
  /** So many read one after the other as they are stored, for filters that a look at the row decides. */
  readonly scanned: number;
}

const EFFORT: CountEffort = { gathered: 15_000, counted: 50_000, scanned: 1_500_000 };

/** What needs more than a look at the token's row, or costs as much. */
const COSTLY: readonly (keyof TokenFilter)[] = ['scope', 'usable', 'unusedSince', 'exceedsPolicy', 'groupId'];

/**
 * How many tokens are selected; `COUNT_LIMIT + 1` where there are more than are counted.
 * @throws Problem `QUERY_TOO_COMPLEX` where too many would have to be looked at to know
 */
export async function countTokens(
  tx: Transaction,
  selection: TokenSelection,
  effort = EFFORT,
): Promise<number> {
  const sought = await soughtNow(tx, selection);
  const most = COUNT_LIMIT + 1;
  const approaches = approachesOf(sought);
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
  const bound = isGathered || isByRow(selection) ? effort.gathered : effort.counted;
  const found = await countAlong(tx, sought, approach, { bound, most });
  if (found >= most || isGathered) return found;
  return (await breadthOf(tx, approach, bound + 1)) > bound ? scanned(tx, sought, most, effort) : found;
}

function isByRow({ filter }: TokenSelection): boolean {
  return COSTLY.every((name) => filter[name] === undefined);
}

async function scanned(
  tx: Transaction,
  { selection, source }: Sought,
  most: number,
  { scanned: bound }: CountEffort,
): Promise<number> {
  if (isByRow(selection)) {
    const { conditions, parameters } = conditionsOf(selection);
    const [row] = await rows<{ count: number }>(
      tx,
      `SELECT count(*)::integer AS count FROM (SELECT FROM (SELECT * FROM ${source} t LIMIT ${bound}) AS t
         WHERE ${conditions.join(' AND ')} LIMIT ${most}) AS counted`,
      parameters,
    );
    const found = row?.count ?? 0;
    if (found >= most || (await breadthOf(tx, EVERYTHING, bound + 1)) <= bound) return found;
  }
  throw queryTooComplex(
    'Too many tokens would have to be looked at to count these. Add a userId, a serviceAccountId, a bound of createdAt or endsAt, or a status to the filter, or do not ask for totalCount.',
    'filter',
  );
}
