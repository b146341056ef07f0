import { rows, type Transaction } from '@tokenwarden/database';
import type { ActorRef } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import type { IdsSelect } from './frozen-sets.queries.js';
import { tokenColumns } from './token-columns.js';
import { endNowOf, endNowOfMany, IDS_BEING_REVOKED, isBeingRevoked } from './tokens-now.queries.js';

// Asked once for the statement, so that an index can be read up to it.
const NOW = '(SELECT clock_timestamp())';
// What a bulk revocation has taken, or a cap has ended, and not yet written looks live in its row.
const livingRows = (owned: string, at = NOW) =>
  `access_tokens t WHERE ${owned} AND t.revoked_at IS NULL AND t.ends_at > ${at}`;
const OF_PRINCIPALS = 't.principal_id = ANY($1::uuid[])';
const isLiveNow = (at = NOW) => `NOT ${isBeingRevoked('t')} AND ${endNowOf('t')} > ${at}`;
// Of very many tokens: what waits to be written is read once and hashed, not looked up for each.
const amongManyIsLiveNow = (at = NOW) =>
  `(t.id IN (${IDS_BEING_REVOKED})) IS NOT TRUE AND ${endNowOfMany('t')} > ${at}`;
const IS_NOT_SUSPENDED = 't.suspended_at IS NULL';

/** How tokens are locked that somebody else has in hand at this very moment: waited for, or left as they are. */
export type HeldTokens = 'waited for' | 'left out';

// Locked in the order of ids, so that two of these never wait for each other in a circle.
const locked = (condition: string, held: HeldTokens = 'waited for') =>
  `SELECT id FROM ${livingRows(OF_PRINCIPALS, '$2')} AND ${isLiveNow('$2')} AND ${condition} ORDER BY id
   FOR NO KEY UPDATE OF t ${held === 'left out' ? 'SKIP LOCKED' : ''}`;

/** Revokes every live token of the principals and gives them. */
export async function updateLiveRevoked(
  tx: Transaction,
  principalIds: readonly string[],
  revocation: { at: Date; by: ActorRef; reason: string | null; held: HeldTokens },
): Promise<AccessTokenEntity[]> {
  return rows(
    tx,
    `WITH hit AS (${locked('TRUE', revocation.held)})
     UPDATE access_tokens SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
     FROM hit WHERE access_tokens.id = hit.id RETURNING ${tokenColumns()}`,
    [principalIds, revocation.at, JSON.stringify(revocation.by), revocation.reason],
  );
}

/** Suspends every ACTIVE token of the principals and gives them. */
export async function updateActiveSuspended(
  tx: Transaction,
  principalIds: readonly string[],
  suspension: { at: Date; by: ActorRef },
): Promise<AccessTokenEntity[]> {
  return rows(
    tx,
    `WITH hit AS (${locked(IS_NOT_SUSPENDED)})
     UPDATE access_tokens SET suspended_at = $2, suspended_by = $3, suspended_with_scope = false
     FROM hit WHERE access_tokens.id = hit.id RETURNING ${tokenColumns()}`,
    [principalIds, suspension.at, JSON.stringify(suspension.by)],
  );
}

/** A principal whose tokens were suspended at a moment, though not yet in their rows. */
export interface SuspendedPrincipal {
  readonly id: string;
  readonly at: Date;
}

/** Suspends those of these tokens that are ACTIVE and of these principals, each as of its principal's moment, and gives them. */
export async function updateTheseSuspended(
  tx: Transaction,
  ids: readonly string[],
  principals: readonly SuspendedPrincipal[],
  by: ActorRef,
): Promise<Pick<AccessTokenEntity, 'id' | 'name'>[]> {
  const owned = 't.id = ANY($1::uuid[]) AND t.principal_id = principal.id';
  return rows(
    tx,
    `WITH hit AS (
       SELECT t.id, principal.at FROM unnest($2::uuid[], $3::timestamptz[]) AS principal (id, at), ${livingRows(owned)}
         AND ${IS_NOT_SUSPENDED} AND ${isLiveNow()} ORDER BY t.id FOR NO KEY UPDATE OF t)
     UPDATE access_tokens SET suspended_at = hit.at, suspended_by = $4, suspended_with_scope = false
     FROM hit WHERE access_tokens.id = hit.id RETURNING access_tokens.id, access_tokens.name`,
    [ids, principals.map(({ id }) => id), principals.map(({ at }) => at), JSON.stringify(by)],
  );
}

/** An ACTIVE token and whose it is. */
export interface OwnedToken {
  readonly id: string;
  readonly principalId: string;
}

// Not sorted: then Postgres would go over all tokens of all principals, not only until there are enough.
/** ACTIVE tokens of these principals, so many at most: those of the first one, then of the second one, and so on. */
export async function activeTokensOf(
  tx: Transaction,
  principalIds: readonly string[],
  most: number,
): Promise<OwnedToken[]> {
  const active = `${livingRows('t.principal_id = principal.id')} AND ${IS_NOT_SUSPENDED} AND ${isLiveNow()}`;
  return rows(
    tx,
    `SELECT token.id, principal.id AS "principalId" FROM unnest($1::uuid[]) AS principal (id)
     CROSS JOIN LATERAL (SELECT t.id FROM ${active} LIMIT $2) AS token LIMIT $2`,
    [principalIds, most],
  );
}

/** Whether a principal has a token that is ACTIVE: a condition. `principalId` is SQL, a column with its table. */
export function hasActiveRows(principalId: string): string {
  return `EXISTS (SELECT FROM ${livingRows(`t.principal_id = ${principalId}`)} AND ${IS_NOT_SUSPENDED}
    AND ${isLiveNow()})`;
}

/** The ids of the live tokens of these principals, in order, so many at most of those behind `after`. */
export async function selectLiveIds(
  tx: Transaction,
  principalIds: readonly string[],
  after: string | null,
  most: number,
): Promise<string[]> {
  const sql = `SELECT t.id FROM ${livingRows(OF_PRINCIPALS)} AND ($2::uuid IS NULL OR t.id > $2) ORDER BY t.id LIMIT $3`;
  return (await rows<{ id: string }>(tx, sql, [principalIds, after, most])).map(({ id }) => id);
}

/**
 * Locks these tokens in the order of their ids, as `lockToken` does each: call `holdOffBulkRevocations` before, and look at them
 * again by a later statement. Whoever has more than some hundred goes through their ids in order.
 */
export async function lockTokens(tx: Transaction, ids: readonly string[]): Promise<void> {
  await rows(tx, 'SELECT FROM access_tokens WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [ids]);
}

/**
 * The tokens of principals that are live at this moment: neither revoked nor ended, nor being so. For whoever has many of them:
 * what waits to be written is read once and not for each.
 */
export function liveTokensOf(principalIds: readonly string[], at: Date): IdsSelect {
  const sql = `SELECT t.id FROM ${livingRows(OF_PRINCIPALS, '$2::timestamptz')} AND ${amongManyIsLiveNow('$2::timestamptz')}`;
  return { sql, parameters: [principalIds, at] };
}

/**
 * Whether a principal has more than so many tokens that look live: a condition, cheaper than a count, for whoever asks
 * `liveCountOf` only then. Both are SQL, such as a parameter.
 */
export function hasMoreLiveRowsThan(principalId: string, count: string): string {
  return `EXISTS (SELECT FROM ${livingRows(`t.principal_id = ${principalId}::uuid`)} OFFSET ${count})`;
}

/** How many live tokens a principal has, counted up to the bound. */
export async function liveCountOf(tx: Transaction, principalId: string, bound: number): Promise<number> {
  const live = livingRows('t.principal_id = $1::uuid');
  const count = await counted(tx, live, principalId, bound);
  // Only whoever has reached the bound is worth the look at what is decided and not yet written.
  return count < bound ? count : counted(tx, `${live} AND ${isLiveNow()}`, principalId, bound);
}

// As many principals as are counted, with all that they have, well within the time of a statement.
const COUNTED_AT_ONCE = 2_000;

/** How many live tokens each of these principals has; those without one are missing. */
export async function liveCountsOf(
  tx: Transaction,
  principalIds: readonly string[],
): Promise<Map<string, number>> {
  return countsOf(tx, principalIds, 'true');
}

/** How many ACTIVE tokens these principals have together. */
export async function activeCountOf(tx: Transaction, principalIds: readonly string[]): Promise<number> {
  const counts = await countsOf(tx, principalIds, IS_NOT_SUSPENDED);
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

async function countsOf(
  tx: Transaction,
  principalIds: readonly string[],
  condition: string,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let start = 0; start < principalIds.length; start += COUNTED_AT_ONCE) {
    const found = await rows<{ id: string; count: number }>(
      tx,
      `SELECT t.principal_id AS id, count(*)::integer AS count FROM ${livingRows(OF_PRINCIPALS)}
         AND ${condition} AND ${amongManyIsLiveNow()} GROUP BY t.principal_id`,
      [principalIds.slice(start, start + COUNTED_AT_ONCE)],
    );
    for (const { id, count } of found) counts.set(id, count);
  }
  return counts;
}

async function counted(tx: Transaction, live: string, principalId: string, bound: number): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM (SELECT FROM ${live} LIMIT $2) AS live`,
    [principalId, bound],
  );
  if (!row) throw new Error('The database counted nothing.');
  return row.count;
}
