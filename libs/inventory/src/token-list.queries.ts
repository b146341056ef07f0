import { COUNT_LIMIT, type CursorKey, type Page } from '@tokenwarden/api';
import { keyset, rows, type KeysetColumn, type Transaction } from '@tokenwarden/database';
import { tokenColumns, type AccessTokenEntity } from '@tokenwarden/tokens';
import { foldedForSearch, isIdentifier, type TokenStatus } from '@tokenwarden/vocabulary';
import type { TokenFilter, TokenOrder, TokenOrderField } from './token-list.types.js';

/** Whose tokens a list may hold at all: everybody's, those of these principals, or this one token. */
export type Reach = 'all' | { readonly principalIds: readonly string[] } | { readonly tokenId: string };

/** All that decides which tokens are in a list, beside its page. */
export interface TokenSelection {
  readonly reach: Reach;
  readonly filter: TokenFilter;
}

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

// Rule 3's order, as `statusOf` has it; statement_timestamp() is one moment for all rows and lets an index serve.
const STATUSES: Readonly<Record<TokenStatus, string>> = {
  REVOKED: 't.revoked_at IS NOT NULL',
  EXPIRED: '(t.revoked_at IS NULL AND t.ends_at <= statement_timestamp())',
  SUSPENDED: '(t.revoked_at IS NULL AND t.ends_at > statement_timestamp() AND t.suspended_at IS NOT NULL)',
  ACTIVE: '(t.revoked_at IS NULL AND t.ends_at > statement_timestamp() AND t.suspended_at IS NULL)',
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
    `SELECT ${SHOWN} FROM access_tokens t WHERE ${[...conditions, clause.condition].join(' AND ')}
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
       (SELECT FROM access_tokens t WHERE ${conditions.join(' AND ')} LIMIT ${COUNT_LIMIT + 1}) AS counted`,
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
         (SELECT FROM access_tokens t WHERE t.principal_id = principal.id AND ${conditions.join(' AND ')}
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

function conditionsOf({ reach, filter }: TokenSelection): { conditions: string[]; parameters: unknown[] } {
  const conditions: string[] = ['TRUE'];
  const parameters: unknown[] = [];
  const add = (value: unknown, condition: (placeholder: string) => string) => {
    if (value === undefined) return;
    parameters.push(value);
    conditions.push(condition(`$${parameters.length}`));
  };
  // An id that is none is one that nothing has.
  const addId = (id: string | undefined, condition: (placeholder: string) => string) => {
    if (id !== undefined && !isIdentifier(id)) conditions.push('FALSE');
    else add(id, condition);
  };
  if (reach !== 'all' && 'tokenId' in reach) add(reach.tokenId, (id) => `t.id = ${id}::uuid`);
  if (reach !== 'all' && 'principalIds' in reach)
    add(reach.principalIds, (ids) => `t.principal_id = ANY (${ids}::uuid[])`);
  add(filter.ids?.filter(isIdentifier), (ids) => `t.id = ANY (${ids}::uuid[])`);
  add(filter.kind, (kind) => `t.kind = ${kind}`);
  if (filter.status) {
    const any = [...new Set(filter.status)].map((status) => STATUSES[status]);
    conditions.push(any.length === 0 ? 'FALSE' : `(${any.join(' OR ')})`);
  }
  addId(filter.userId, (id) => `t.principal_id = ${id}::uuid AND t.user_id IS NOT NULL`);
  addId(filter.serviceAccountId, (id) => `t.principal_id = ${id}::uuid AND t.service_account_id IS NOT NULL`);
  addId(
    filter.groupId,
    (id) => `t.principal_id IN (
      SELECT user_id FROM group_members WHERE group_id = ${id}::uuid
      UNION ALL SELECT service_account_id FROM service_account_groups WHERE group_id = ${id}::uuid)`,
  );
  add(filter.profile, (profile) => `t.profile = ${profile}`);
  // strpos instead of LIKE: "%" and "_" are characters like all others.
  add(
    filter.search === undefined ? undefined : foldedForSearch(filter.search),
    (text) => `strpos(t.search_text, ${text}) > 0`,
  );
  add(filter.createdAfter, (moment) => `t.created_at > ${moment}::timestamptz`);
  add(filter.createdBefore, (moment) => `t.created_at < ${moment}::timestamptz`);
  add(filter.endsAfter, (moment) => `t.ends_at > ${moment}::timestamptz`);
  add(filter.endsBefore, (moment) => `t.ends_at < ${moment}::timestamptz`);
  if (filter.unscoped !== undefined)
    conditions.push(filter.unscoped ? 't.scopes IS NULL' : 't.scopes IS NOT NULL');
  return { conditions, parameters };
}
