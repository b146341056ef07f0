import type { Page } from '@tokenwarden/api';
import { keyset, rows, type KeysetColumn, type Transaction } from '@tokenwarden/database';
import { capEndOf, tokensNow } from '@tokenwarden/tokens';
import { isDeepStrictEqual } from 'node:util';
import type { PreparedCap } from '../change/prepare-change.js';
import { idleToMark, idleToRevoke } from '../due/idle-due.queries.js';
import { purgeDue } from '../due/purge-due.queries.js';
import { warningDue, type WarningDue } from '../due/warning-due.queries.js';
import { exceedsPolicy } from '../exceeding.queries.js';
import type { PolicyDocument } from '../policy-document.rules.js';

/** What a change can do to a token, in the order in which it is said. */
export const POLICY_EFFECTS = ['EXCEEDS_MAXIMUM', 'CUT_SHORT', 'WARNED', 'PURGED', 'IDLE_REVOKED'] as const;
/** See `POLICY_EFFECTS`. */
export type PolicyEffect = (typeof POLICY_EFFECTS)[number];

/** A change that is not made, beside what it would change. */
export interface ForeseenChange {
  readonly today: PolicyDocument;
  readonly changed: PolicyDocument;
  /** Null where tokens that were issued keep their ends. */
  readonly cap: PreparedCap | null;
  /** The moment that all of it is foreseen for, by the database's clock. */
  readonly at: Date;
}

/** How many tokens each effect hits, over all; and how many different users and service accounts are hit by any. */
export type ImpactCounts = Readonly<Record<PolicyEffect, number>> & {
  readonly tokens: number;
  readonly principals: number;
};

/** A token that the change hits. */
export interface HitToken {
  readonly id: string;
  readonly effects: readonly PolicyEffect[];
  /** When it ends under the change; as it does today where the change moves no end. */
  readonly newEndsAt: Date;
  /** By what its list is ordered before its id: its new end, as it was when the first page was read. */
  readonly orderedBy: Date;
}

/** What a change would do: the counts, and each page that was asked for with one token more where it goes on. */
export interface Impact {
  readonly counts: ImpactCounts;
  readonly pages: readonly (readonly HitToken[])[];
}

/** What a cursor of the list holds: what it is ordered by, and the moment from which a cap counted when the list began. */
export const IMPACT_CURSOR = [
  { type: 'timestamptz' },
  { type: 'uuid' },
  { type: 'timestamptz', isNullable: true },
] as const;

type Placeholder = (value: unknown) => string;

/**
 * What the change would do to all tokens as they are in the transaction's snapshot, by one pass over them: however many are hit,
 * and however many pages of them are asked for. Nothing is written.
 */
export async function readImpact(
  tx: Transaction,
  change: ForeseenChange,
  pages: readonly Page[],
): Promise<Impact> {
  const parameters: unknown[] = [];
  const place: Placeholder = (value) => `$${parameters.push(value)}`;
  const hit = await hitTokens(tx, change, place);
  const selected = pages.map((page, index) => selectionOfPage(page, index + 1, change, place, parameters));
  const answers = await rows<{ part: number; answer: unknown }>(
    tx,
    `WITH hit AS MATERIALIZED (${hit}) ${[COUNTS, ...selected].join('\nUNION ALL ')}`,
    parameters,
  );
  const answerOf = (part: number) => answers.find((one) => one.part === part)?.answer;
  return {
    counts: answerOf(0) as ImpactCounts,
    pages: pages.map((_, index) => (answerOf(index + 1) as StoredHit[]).map(hitTokenOf)),
  };
}

/** Whether the cap of a change would move the end of any token. */
export async function capHitsAny(tx: Transaction, change: ForeseenChange): Promise<boolean> {
  const parameters: unknown[] = [];
  const place: Placeholder = (value) => `$${parameters.push(value)}`;
  const at = `${place(change.at)}::timestamptz`;
  const newEnd = newEndOf('t', change.cap, place);
  const [row] = await rows<{ hits: boolean }>(
    tx,
    `SELECT EXISTS (SELECT FROM ${await tokensNow(tx)} t WHERE ${isLive('t', at)} AND ${newEnd} < t.ends_at) AS hits`,
    parameters,
  );
  return row?.hits ?? false;
}

const COUNTS = `SELECT 0 AS part, json_build_object(
  ${POLICY_EFFECTS.map((effect) => `'${effect}', count(*) FILTER (WHERE '${effect}' = ANY (effects))`).join(', ')},
  'tokens', count(*), 'principals', (SELECT count(*) FROM (SELECT DISTINCT principal_id FROM hit) AS principal)) AS answer FROM hit`;

/** A SELECT of every token that is hit, with its new end and its effects. */
async function hitTokens(tx: Transaction, change: ForeseenChange, place: Placeholder): Promise<string> {
  const at = `${place(change.at)}::timestamptz`;
  const { joins, flags } = effectsOf(change, at, place);
  // Only a purge looks at tokens that have ended.
  const looksAtAll = flags.PURGED !== 'false';
  const named = POLICY_EFFECTS.map((effect) => `CASE WHEN ${flags[effect]} THEN '${effect}' END`);
  // OFFSET keeps Postgres from computing every condition twice, once to decide and once to show.
  return `SELECT * FROM (
    SELECT t.id, t.principal_id, t.profile, t.created_at, t.ends_at, t.revoked_at, changed.ends_at AS new_ends_at,
      array_remove(ARRAY[${named.join(',\n')}], NULL) AS effects
    FROM ${await tokensNow(tx)} t
    CROSS JOIN LATERAL (SELECT t.id, t.created_at, t.revoked_at, t.rotated_at, ${newEndOf('t', change.cap, place)} AS ends_at
      OFFSET 0) AS changed ${joins}
    WHERE ${looksAtAll ? 'TRUE' : isLive('t', at)} OFFSET 0) AS looked_at
    WHERE cardinality(effects) > 0`;
}

/** The condition of each effect, of a token as it is as `t` and as it would be as `changed`. */
function effectsOf({ today, changed }: ForeseenChange, at: string, place: Placeholder) {
  const now = warningsOf(today, 't', at);
  const then = warningsOf(changed, 'changed', at);
  const live = isLive('t', at);
  const flags: Record<PolicyEffect, string> = {
    EXCEEDS_MAXIMUM: `${live} AND ${exceedsPolicy('t', changed.profiles, place)}`,
    CUT_SHORT: `${live} AND changed.ends_at < t.ends_at`,
    WARNED: onlyThen(then?.condition, now?.condition),
    // A cap ends no token before now: it makes none that has ended longer ago, or was used longer ago.
    PURGED: isDeepStrictEqual(today.purge, changed.purge)
      ? 'false'
      : onlyThen(purgedBy(changed, 'changed', at), purgedBy(today, 't', at)),
    IDLE_REVOKED: isDeepStrictEqual(today.idleRevocation, changed.idleRevocation)
      ? 'false'
      : onlyThen(touchedAsIdle(changed, 'changed', at), touchedAsIdle(today, 't', at)),
  };
  return { joins: `${now?.join ?? ''} ${then?.join ?? ''}`, flags };
}

/** What the next run would do under the change and would not do today; undefined where the task is off. */
function onlyThen(then: string | undefined, today: string | undefined): string {
  if (then === undefined) return 'false';
  return today === undefined ? `(${then})` : `(${then}) AND (${today}) IS NOT TRUE`;
}

function warningsOf({ expiryWarnings }: PolicyDocument, table: string, at: string): WarningDue | undefined {
  return expiryWarnings.enabled ? warningDue(table, expiryWarnings.thresholds, at) : undefined;
}

function purgedBy({ purge }: PolicyDocument, table: string, at: string): string | undefined {
  return purge.enabled ? purgeDue(table, purge.after, at) : undefined;
}

function touchedAsIdle({ idleRevocation }: PolicyDocument, table: string, at: string): string | undefined {
  const { enabled, after } = idleRevocation;
  return enabled ? `${idleToMark(table, after, at)} OR ${idleToRevoke(table, after, at)}` : undefined;
}

/** SQL of a timestamptz: when a token ends under the cap, or as it does where none is. A cap leaves what was revoked. */
function newEndOf(table: string, cap: PreparedCap | null, place: Placeholder): string {
  if (cap === null) return `${table}.ends_at`;
  const maxima = `${place(JSON.stringify(cap.maxima))}::jsonb`;
  const capEnd = capEndOf(table, maxima, `${place(cap.enforceFrom)}::timestamptz`);
  return `CASE WHEN ${table}.revoked_at IS NULL THEN least(${table}.ends_at, ${capEnd}) ELSE ${table}.ends_at END`;
}

const isLive = (table: string, at: string) => `(${table}.revoked_at IS NULL AND ${table}.ends_at > ${at})`;

/**
 * A SELECT of one page of what is hit, by new end. A cap that counts from now would move the ends between one page and the next,
 * and a token would be there twice: the list goes on in the order that it began with.
 */
function selectionOfPage(
  page: Page,
  part: number,
  { cap }: ForeseenChange,
  place: Placeholder,
  parameters: unknown[],
): string {
  const begunFrom = page.after?.[2];
  const orderCap = cap && typeof begunFrom === 'string' ? { ...cap, enforceFrom: new Date(begunFrom) } : cap;
  const order: KeysetColumn[] = [
    { column: newEndOf('hit', orderCap, place), descending: false, type: 'timestamptz' },
    { column: 'hit.id', descending: false, type: 'uuid' },
  ];
  const clause = keyset(page, order, parameters.length + 1);
  parameters.push(...clause.parameters);
  return `SELECT ${part}, coalesce(json_agg(listed ORDER BY listed."orderedBy", listed.id), '[]') FROM (
    SELECT hit.id, hit.effects, hit.new_ends_at AS "newEndsAt", ${order[0]?.column} AS "orderedBy" FROM hit
    WHERE ${clause.condition} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}) AS listed`;
}

interface StoredHit {
  readonly id: string;
  readonly effects: readonly PolicyEffect[];
  readonly newEndsAt: string;
  readonly orderedBy: string;
}

function hitTokenOf({ newEndsAt, orderedBy, ...hit }: StoredHit): HitToken {
  return { ...hit, newEndsAt: new Date(newEndsAt), orderedBy: new Date(orderedBy) };
}
