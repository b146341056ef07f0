import type { Page } from '@tokenwarden/api';
import { keyset, rows, type KeysetColumn, type Transaction } from '@tokenwarden/database';
import { capEndOf, tokensNow } from '@tokenwarden/tokens';
import type { PreparedCap } from '../change/prepare-change.js';
import { idleToMark, idleToRevoke } from '../due/idle-due.queries.js';
import { purgeDue } from '../due/purge-due.queries.js';
import { warningDue, type EndUnderChange, type WarningDue } from '../due/warning-due.queries.js';
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

// By owner first: one pass gives the counts and how many owners there are.
const COUNTS = `SELECT 0 AS part, json_build_object(
    ${POLICY_EFFECTS.map((effect) => `'${effect}', coalesce(sum("${effect}"), 0)`).join(', ')},
    'tokens', coalesce(sum(tokens), 0), 'principals', count(*)) AS answer
  FROM (SELECT count(*) AS tokens, ${POLICY_EFFECTS.map((effect, bit) => `count(*) FILTER (WHERE effects & ${1 << bit} <> 0) AS "${effect}"`).join(', ')}
    FROM hit GROUP BY principal_id) AS of_principal`;

/**
 * A SELECT of every token that is hit, with its new end and its effects as the bits of a number. It looks at every token there is,
 * once, and is as cheap as that can be: OFFSET keeps Postgres from computing what it has computed already, and the rows of what
 * is hit are narrow, for they may be a million.
 */
async function hitTokens(tx: Transaction, change: ForeseenChange, place: Placeholder): Promise<string> {
  const at = `${place(change.at)}::timestamptz`;
  const { joins, flags } = effectsOf(change, at, place);
  // Only a purge looks at tokens that have ended.
  const looked = flags.PURGED === 'false' ? isLive('a', at) : 'TRUE';
  const bits = POLICY_EFFECTS.map((effect, bit) => `CASE WHEN ${flags[effect]} THEN ${1 << bit} ELSE 0 END`);
  const forOrder = change.cap ? 't.profile, t.created_at, t.ends_at, t.revoked_at, ' : '';
  return `SELECT * FROM (
    SELECT t.id, t.principal_id, ${forOrder}t.new_ends_at, ${bits.join('\n + ')} AS effects FROM (
      SELECT a.id, a.principal_id, a.profile, a.created_at, a.ends_at, a.revoked_at, a.rotated_at,
        ${newEndOf('a', change.cap, place)} AS new_ends_at
      FROM ${await tokensNow(tx)} a WHERE ${looked} OFFSET 0) AS t ${joins}
    OFFSET 0) AS looked_at WHERE effects <> 0`;
}

/** The condition of each effect, of a token as it is and as it would be. */
function effectsOf({ today, changed, cap }: ForeseenChange, at: string, place: Placeholder) {
  const live = isLive('t', at);
  const now = warningsOf(today, at);
  const isAlike = cap === null && warningsOf(changed, at)?.condition === now?.condition;
  const then = isAlike ? now : warningsOf(changed, at, { endsAt: 't.new_ends_at', alias: 'due_then' });
  // A cap ends no token before now: it makes none that has ended longer ago, and none that was used longer ago.
  const idle = onlyThen(touchedAsIdle(changed, at), touchedAsIdle(today, at));
  const flags: Record<PolicyEffect, string> = {
    EXCEEDS_MAXIMUM: `${live} AND ${exceedsPolicy('t', changed.profiles, place)}`,
    CUT_SHORT: cap ? `${live} AND t.new_ends_at < t.ends_at` : 'false',
    WARNED: onlyThen(then?.condition, now?.condition),
    PURGED: onlyThen(purgedBy(changed, at), purgedBy(today, at)),
    IDLE_REVOKED: cap ? `t.new_ends_at > ${at} AND ${idle}` : idle,
  };
  return { joins: isAlike ? '' : `${now?.join ?? ''} ${then?.join ?? ''}`, flags };
}

/** What the next run would do under the change and would not do today; undefined where the task is off. */
function onlyThen(then: string | undefined, today: string | undefined): string {
  if (then === undefined || then === today) return 'false';
  return today === undefined ? `(${then})` : `(${then}) AND (${today}) IS NOT TRUE`;
}

function warningsOf(
  { expiryWarnings }: PolicyDocument,
  at: string,
  end?: EndUnderChange,
): WarningDue | undefined {
  return expiryWarnings.enabled ? warningDue('t', expiryWarnings.thresholds, at, end) : undefined;
}

function purgedBy({ purge }: PolicyDocument, at: string): string | undefined {
  return purge.enabled ? purgeDue('t', purge.after, at) : undefined;
}

function touchedAsIdle({ idleRevocation }: PolicyDocument, at: string): string | undefined {
  const { enabled, after } = idleRevocation;
  return enabled ? `(${idleToMark('t', after, at)} OR ${idleToRevoke('t', after, at)})` : undefined;
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
    {
      column: orderCap ? newEndOf('hit', orderCap, place) : 'hit.new_ends_at',
      descending: false,
      type: 'timestamptz',
    },
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
  readonly effects: number;
  readonly newEndsAt: string;
  readonly orderedBy: string;
}

function hitTokenOf({ id, effects, newEndsAt, orderedBy }: StoredHit): HitToken {
  return {
    id,
    effects: POLICY_EFFECTS.filter((_, bit) => (effects & (1 << bit)) !== 0),
    newEndsAt: new Date(newEndsAt),
    orderedBy: new Date(orderedBy),
  };
}
