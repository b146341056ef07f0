import type { CursorKey, Page } from '@tokenwarden/api';

/** One column of a list's order; `type` is what a cursor's value is cast to, so that an index can serve it. */
export interface KeysetColumn {
  readonly column: string;
  readonly descending: boolean;
  readonly type: 'timestamptz' | 'uuid' | 'text' | 'bigint' | 'integer';
  /** Rows without a value stand last, whichever way the list goes; for the first column only. */
  readonly isNullable?: boolean;
}

/** The parts of a SELECT that give one page: put `condition` into WHERE, and fetch `limit` rows by `orderBy`. */
export interface KeysetClause {
  readonly condition: string;
  readonly orderBy: string;
  /** Which way its first column is fetched. */
  readonly direction: 'ASC' | 'DESC';
  /** One more than the page holds, so that the list knows whether it goes on. */
  readonly limit: number;
  readonly parameters: readonly unknown[];
}

/**
 * Where a page begins and ends, as SQL: everything beyond its cursors in the list's order, the last column breaking ties.
 * Backward pages are fetched in the opposite order; `toConnection` turns them round. Only a column that is said to be
 * nullable may be null.
 * @param firstParameter the number of the first placeholder that is free
 */
export function keyset(page: Page, order: readonly KeysetColumn[], firstParameter: number): KeysetClause {
  const parameters: unknown[] = [];
  const conditions: string[] = [];
  for (const [key, beyond] of [
    [page.after, true],
    [page.before, false],
  ] as const) {
    if (!key) continue;
    const placeholder = (column: KeysetColumn, value: unknown) =>
      `$${firstParameter + parameters.push(value) - 1}::${column.type}`;
    const [first, ...others] = order;
    conditions.push(
      first?.isNullable
        ? beyondNullableKey(first, others, key, beyond, placeholder)
        : beyondKey(
            order,
            order.map((column, i) => placeholder(column, key[i])),
            beyond,
          ),
    );
  }
  return {
    condition: conditions.length === 0 ? 'TRUE' : conditions.join(' AND '),
    orderBy: order.flatMap((column) => orderOf(column, page.backward)).join(', '),
    direction: directionOf(order[0]?.descending ?? false, page.backward),
    limit: page.size + 1,
    parameters,
  };
}

function orderOf({ column, descending, isNullable }: KeysetColumn, backward: boolean): string[] {
  const nulls = isNullable ? [`${column} IS NULL ${backward ? 'DESC' : 'ASC'}`] : [];
  return [...nulls, `${column} ${directionOf(descending, backward)}`];
}

function directionOf(descending: boolean, backward: boolean): 'ASC' | 'DESC' {
  return descending === backward ? 'ASC' : 'DESC';
}

// The list is two: rows with a value in their order, and then those without one by the other columns.
function beyondNullableKey(
  first: KeysetColumn,
  others: readonly KeysetColumn[],
  [value, ...rest]: CursorKey,
  beyond: boolean,
  placeholder: (column: KeysetColumn, value: unknown) => string,
): string {
  const hasNone = value === null || value === undefined;
  const columns = hasNone ? others : [first, ...others];
  const items = hasNone ? rest : [value, ...rest];
  const inItsPart = beyondKey(
    columns,
    columns.map((column, i) => placeholder(column, items[i])),
    beyond,
  );
  const otherPart = `${first.column} IS ${hasNone ? 'NOT ' : ''}NULL`;
  const ownPart = `(${first.column} IS ${hasNone ? '' : 'NOT '}NULL AND ${inItsPart})`;
  const isOtherPartBeyond = hasNone !== beyond;
  return isOtherPartBeyond ? `(${ownPart} OR ${otherPart})` : ownPart;
}

// A row comparison is one range of an index, but only where all columns go the same way.
function beyondKey(order: readonly KeysetColumn[], placeholders: readonly string[], beyond: boolean): string {
  const sign = (column: KeysetColumn) => (column.descending === beyond ? '<' : '>');
  const isOneWay = order.every((column) => column.descending === order[0]?.descending);
  if (isOneWay && order[0]) {
    return `(${order.map((c) => c.column).join(', ')}) ${sign(order[0])} (${placeholders.join(', ')})`;
  }
  const alternatives = order.map((column, i) =>
    [
      ...order.slice(0, i).map((c, j) => `${c.column} = ${placeholders[j]}`),
      `${column.column} ${sign(column)} ${placeholders[i]}`,
    ].join(' AND '),
  );
  return `(${alternatives.map((a) => `(${a})`).join(' OR ')})`;
}
