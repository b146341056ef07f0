import type { Page } from '@tokenwarden/api';

/** One column of a list's order; `type` is what a cursor's value is cast to, so that an index can serve it. */
export interface KeysetColumn {
  readonly column: string;
  readonly descending: boolean;
  readonly type: 'timestamptz' | 'uuid' | 'text' | 'bigint' | 'integer';
}

/** The parts of a SELECT that give one page: put `condition` into WHERE, and fetch `limit` rows by `orderBy`. */
export interface KeysetClause {
  readonly condition: string;
  readonly orderBy: string;
  /** One more than the page holds, so that the list knows whether it goes on. */
  readonly limit: number;
  readonly parameters: readonly unknown[];
}

/**
 * Where a page begins and ends, as SQL: everything beyond its cursors in the list's order, the last column breaking ties.
 * Backward pages are fetched in the opposite order; `toConnection` turns them round. No column may be null.
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
    const placeholders = order.map(
      (column, i) => `$${firstParameter + parameters.length + i}::${column.type}`,
    );
    parameters.push(...key);
    conditions.push(beyondKey(order, placeholders, beyond));
  }
  return {
    condition: conditions.length === 0 ? 'TRUE' : conditions.join(' AND '),
    orderBy: order
      .map(({ column, descending }) => `${column} ${descending !== page.backward ? 'DESC' : 'ASC'}`)
      .join(', '),
    limit: page.size + 1,
    parameters,
  };
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
