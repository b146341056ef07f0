import type { Page } from '@tokenwarden/api';
import { rows, type Transaction } from '@tokenwarden/database';
import { TOKEN_KINDS } from '@tokenwarden/vocabulary';
import { endsOf, principalsOf, withoutLatestEnd, type Approached } from './token-paths.queries.js';
import type { Placeholder } from './token-selection.queries.js';
import type { Parts } from './token-walks.queries.js';

/** So many tokens are read of each part where the filter asks more than the parts do. */
const DEPTH = 400;
/** Of more principals than this only what needs no more than a page of each is merged. */
const MOST_PRINCIPALS = 1_000;

// As the index has it.
const WEEK = (moment: string) => `date_bin('7 days', ${moment}, '2000-01-01T00:00:00Z')`;

/**
 * How the order of creation is cut into parts for a selection whose tokens lie far from each other in it: by principal, or
 * by the week in which the tokens end, old ones and new ones apart. Undefined where neither says anything.
 */
export async function partsOf(
  tx: Transaction,
  { selection, areEndsMoving }: Approached,
  page: Page,
): Promise<(Parts & { readonly depth: number }) | undefined> {
  const { filter } = selection;
  const principals = principalsOf(selection);
  const isAll = Object.values(filter).every((value) => value === undefined);
  if (principals && (isAll || !(await areMoreThan(MOST_PRINCIPALS, tx, principals)))) {
    const depth = isAll ? page.size + 1 : DEPTH;
    return {
      sql: (value) => `SELECT DISTINCT id FROM (${principals(value)}) AS listed`,
      condition: () => 'w.principal_id = p.id',
      depth,
    };
  }
  // Of ends that are moving only the earliest can be said of the rows: what ends before a moment may stand far behind it.
  const boundsOf = (value: Placeholder) => endsOf(areEndsMoving ? withoutLatestEnd(filter) : filter, value);
  if (boundsOf(String).length === 0) return undefined;
  const bounds = (value: Placeholder) => boundsOf(value).join(' AND ');
  const weeks = await weeksWithin(tx, bounds);
  if (!weeks) return undefined;
  const kinds = filter.kind === undefined ? TOKEN_KINDS : [filter.kind];
  return {
    sql: (value) => `SELECT kind.kind, week.week FROM unnest(${value(kinds)}::text[]) AS kind (kind)
      CROSS JOIN generate_series(${value(weeks.first)}::timestamptz, ${value(weeks.last)}::timestamptz, interval '7 days') AS week (week)`,
    condition: (value) => `w.kind = p.kind AND ${WEEK('w.ends_at')} = p.week AND ${bounds(value)}`,
    depth: DEPTH,
  };
}

async function areMoreThan(
  most: number,
  tx: Transaction,
  principals: (placeholder: Placeholder) => string,
): Promise<boolean> {
  const parameters: unknown[] = [];
  const listed = principals((value) => `$${parameters.push(value)}`);
  return (
    (await rows(tx, `SELECT 1 FROM (${listed}) AS listed OFFSET ${most} LIMIT 1`, parameters)).length > 0
  );
}

async function weeksWithin(
  tx: Transaction,
  bounds: (placeholder: Placeholder) => string,
): Promise<{ first: Date; last: Date } | undefined> {
  const parameters: unknown[] = [];
  const condition = bounds((value) => `$${parameters.push(value)}`);
  const [span] = await rows<{ first: Date | null; last: Date | null }>(
    tx,
    `SELECT ${WEEK('min(w.ends_at)')} AS first, ${WEEK('max(w.ends_at)')} AS last FROM access_tokens w WHERE ${condition}`,
    parameters,
  );
  return span?.first && span.last ? { first: span.first, last: span.last } : undefined;
}
