import { COUNT_LIMIT, type CursorKey, type Page } from '@tokenwarden/api';
import { keyset, rows, type KeysetColumn, type Transaction } from '@tokenwarden/database';
import { tokenColumns, tokensNow, type AccessTokenEntity } from '@tokenwarden/tokens';
import type { TokenOrder, TokenOrderField } from './token-list.types.js';
import { conditionsOf, type TokenSelection } from './token-selection.queries.js';

/** A token and the database's moment at which it was read: its status is that of this moment. */
export interface TokenOfMoment {
  readonly token: AccessTokenEntity;
  readonly now: Date;
}

const ORDERS: Readonly<Record<TokenOrderField, { column: string; type: 'timestamptz' | 'text' }>> = {
  CREATED_AT: { column: 't.created_at', type: 'timestamptz' },
  ENDS_AT: { column: 't.ends_at', type: 'timestamptz' },
  NAME: { column: 't.name', type: 'text' },
};

/** The columns of a list's order; the id, in the same direction, tells equals apart. */
export function columnsOf({ field, direction }: TokenOrder): readonly KeysetColumn[] {
  const descending = direction === 'DESC';
  return [
    { ...ORDERS[field], descending },
    { column: 't.id', descending, type: 'uuid' },
  ];
}

/** The cursor of a token in this order. */
export function keyOf({ field }: TokenOrder, token: AccessTokenEntity): CursorKey {
  const value = { CREATED_AT: token.createdAt, ENDS_AT: token.endsAt, NAME: token.name }[field];
  return [value instanceof Date ? value.toISOString() : value, token.id];
}

/** One page of the tokens selected, and one more where the list goes on. */
export async function tokensOnPage(
  tx: Transaction,
  selection: TokenSelection,
  order: TokenOrder,
  page: Page,
): Promise<TokenOfMoment[]> {
  const { conditions, parameters } = conditionsOf(selection);
  const clause = keyset(page, columnsOf(order), parameters.length + 1);
  const found = await rows<Stored>(
    tx,
    `SELECT ${SHOWN} FROM ${await tokensNow(tx)} t WHERE ${[...conditions, clause.condition].join(' AND ')}
     ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`,
    [...parameters, ...clause.parameters],
  );
  return found.map(ofMoment);
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
  const found = await rows<Stored>(
    tx,
    `SELECT shown.* FROM unnest($${all.length}::uuid[]) WITH ORDINALITY AS principal (id, place)
     CROSS JOIN LATERAL (
       SELECT ${SHOWN}, row_number() OVER (ORDER BY ${clause.orderBy}) AS place FROM access_tokens t
       WHERE t.principal_id = principal.id AND ${[...conditions, clause.condition].join(' AND ')}
       ORDER BY ${clause.orderBy} LIMIT ${clause.limit}) AS shown
     ORDER BY principal.place, shown.place`,
    all,
  );
  const ofEach = new Map<string, TokenOfMoment[]>(principalIds.map((id) => [id, []]));
  for (const row of found) ofEach.get(row.principalId)?.push(ofMoment(row));
  return ofEach;
}

/** How many tokens are selected; `COUNT_LIMIT + 1` where there are more than are counted. */
export async function countTokens(tx: Transaction, selection: TokenSelection): Promise<number> {
  const { conditions, parameters } = conditionsOf(selection);
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM
       (SELECT FROM ${await tokensNow(tx)} t WHERE ${conditions.join(' AND ')} LIMIT ${COUNT_LIMIT + 1}) AS counted`,
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

type Stored = AccessTokenEntity & { now: Date; place?: string };

const SHOWN = `${tokenColumns('t')}, statement_timestamp() AS now`;

function ofMoment({ now, place: _, ...token }: Stored): TokenOfMoment {
  return { token, now };
}
