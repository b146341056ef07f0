import type { CursorItem, CursorKey, Page } from '@tokenwarden/api';
import type { KeysetColumn } from '@tokenwarden/database';
import type { AccessTokenEntity } from '@tokenwarden/tokens';
import type { TokenOrder, TokenOrderField } from './token-list.types.js';

/** The order of a list for which none was asked. */
export const NEWEST_FIRST: TokenOrder = { field: 'CREATED_AT', direction: 'DESC' };

/**
 * One stretch of an order in which an index holds the tokens one after the other, as rows `w` of its table. LAST_USED_AT
 * has two: the uses by moment, and behind them, whichever way it goes, the tokens that have none.
 */
export interface Stretch {
  readonly field: TokenOrderField | 'NEVER_USED';
  readonly table: 'access_tokens' | 'token_uses';
  /** The token's id in `w`. */
  readonly id: string;
  /** Columns of `w`; the last tells rows apart. */
  readonly columns: readonly KeysetColumn[];
  /** What lies in this stretch at all. */
  readonly condition: string;
}

const COLUMNS: Readonly<Record<TokenOrderField, Omit<KeysetColumn, 'descending'>>> = {
  CREATED_AT: { column: 't.created_at', type: 'timestamptz' },
  ENDS_AT: { column: 't.ends_at', type: 'timestamptz' },
  LAST_USED_AT: { column: 'used.last_used_at', type: 'timestamptz', isNullable: true },
  NAME: { column: 't.name', type: 'text' },
};

/** The order's columns for tokens `t` with their last use `used`; the id, in the same direction, tells equals apart. */
export function columnsOf({ field, direction }: TokenOrder): readonly KeysetColumn[] {
  const descending = direction === 'DESC';
  return [
    { ...COLUMNS[field], descending },
    { column: 't.id', descending, type: 'uuid' },
  ];
}

/** What a cursor of this order holds. */
export function cursorItemsOf(order: TokenOrder): readonly CursorItem[] {
  return columnsOf(order).map(({ type, isNullable = false }) => ({ type, isNullable }));
}

/** The cursor of a token in this order; `lastUsedAt` as Postgres writes it, to the microsecond. */
export function keyOf({ field }: TokenOrder, token: AccessTokenEntity, lastUsedAt: string | null): CursorKey {
  const value = {
    CREATED_AT: token.createdAt.toISOString(),
    ENDS_AT: token.endsAt.toISOString(),
    LAST_USED_AT: lastUsedAt,
    NAME: token.name,
  }[field];
  return [value, token.id];
}

/** The stretches that a page of this order can lie in, in the order in which they are fetched, each with its own cursor. */
export function stretchesOf(order: TokenOrder, page: Page): readonly { stretch: Stretch; page: Page }[] {
  const descending = order.direction === 'DESC';
  if (order.field !== 'LAST_USED_AT') {
    const { column, type } = COLUMNS[order.field];
    const columns = [
      { column: column.replace('t.', 'w.'), type, descending },
      { column: 'w.id', type: 'uuid', descending } as const,
    ];
    const stretch = {
      field: order.field,
      table: 'access_tokens',
      id: 'w.id',
      columns,
      condition: 'TRUE',
    } as const;
    return [{ stretch, page }];
  }
  const used: Stretch = {
    field: 'LAST_USED_AT',
    table: 'token_uses',
    id: 'w.token_id',
    columns: [
      { column: 'w.last_used_at', type: 'timestamptz', descending },
      { column: 'w.token_id', type: 'uuid', descending },
    ],
    condition: 'TRUE',
  };
  const neverUsed: Stretch = {
    field: 'NEVER_USED',
    table: 'access_tokens',
    id: 'w.id',
    columns: [{ column: 'w.id', type: 'uuid', descending }],
    condition: 'w.first_used_at IS NULL',
  };
  const cursor = page.after ?? page.before;
  const { after: _, before: __, ...whole } = page;
  const at = (key: CursorKey) => ({ ...whole, ...(page.after ? { after: key } : { before: key }) });
  const [first, second] = page.backward ? [neverUsed, used] : [used, neverUsed];
  if (cursor === undefined) return [first, second].map((stretch) => ({ stretch, page: whole }));
  const isInUsed = cursor[0] !== null && cursor[0] !== undefined;
  const own = isInUsed
    ? { stretch: used, page: at(cursor) }
    : { stretch: neverUsed, page: at(cursor.slice(1)) };
  return own.stretch === first ? [own, { stretch: second, page: whole }] : [own];
}
