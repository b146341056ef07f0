import type { Page } from '@tokenwarden/api';
import { keyset, rows, type KeysetColumn, type Transaction } from '@tokenwarden/database';
import {
  hitTokens,
  newEndOf,
  POLICY_EFFECTS,
  type ForeseenChange,
  type Placeholder,
  type PolicyEffect,
} from './effects.queries.js';

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

// By owner first: one pass gives the counts and how many owners there are.
const COUNTS = `SELECT 0 AS part, json_build_object(
    ${POLICY_EFFECTS.map((effect) => `'${effect}', coalesce(sum("${effect}"), 0)`).join(', ')},
    'tokens', coalesce(sum(tokens), 0), 'principals', count(*)) AS answer
  FROM (SELECT count(*) AS tokens, ${POLICY_EFFECTS.map((effect, bit) => `count(*) FILTER (WHERE effects & ${1 << bit} <> 0) AS "${effect}"`).join(', ')}
    FROM hit GROUP BY principal_id) AS of_principal`;

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
