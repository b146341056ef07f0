import { recordingOfSelected } from '@tokenwarden/audit';
import { rows, type Transaction } from '@tokenwarden/database';
import { CAPS, fromDecisionsOn, REVOCATIONS } from './frozen-sets.queries.js';
import { IDS_BEING_CAPPED, IDS_BEING_REVOKED } from './tokens-now.queries.js';

/** What must be so of a token of the alias `t`; its parameters are `$1` and so on. */
export interface TokenCondition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The moments by which a token can have ended, each of which has an index. */
export type EndedBy = 'ends_at' | 'revoked_at';

/** A place in the order of tokens by one of their ends. */
export interface PlaceOfEnd {
  /** As Postgres writes it: a Date would round it. */
  readonly moment: string;
  readonly id: string;
}

/** A part of the tokens that ended before a moment. */
export interface PageOfEnded {
  readonly by: EndedBy;
  readonly before: Date;
  readonly behind: PlaceOfEnd;
  /** The most that are removed. */
  readonly most: number;
}

/** What came of a page. */
export interface PurgedPage {
  readonly purged: number;
  /** Tokens of the page that were left as they are; very many are cut. */
  readonly passedOver: readonly string[];
  /** Behind which the next page begins; null where this one was the last. */
  readonly next: PlaceOfEnd | null;
}

/** Before every token. */
export const BEFORE_ALL: PlaceOfEnd = { moment: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

const MOST_PASSED_OVER = 10_000;

// As in the events of everything else: the moment as RFC 3339 in UTC. least() leaves a revocation out that is not there.
const ENDED_AT = `to_char(least(t.ends_at, t.revoked_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

// What one decision did to many tokens has an event for each of them, which comes with the row that it is written into.
const AWAITS_NOTHING = [REVOCATIONS, CAPS]
  .map((decisions) => `NOT EXISTS (SELECT ${fromDecisionsOn(decisions, 't')})`)
  .join(' AND ');

// Who writes uses down, or changes the successor, holds these rows and may want the token's next: whoever waited for them
// with the token in hand would stand in a circle. The ids are an array, here and where rows are deleted, so that they are
// looked up one by one whatever Postgres thinks of how many tokens there are.
const IDS_HELD = 'ANY (ARRAY(SELECT id FROM held))';
const BUSY = `
  successors AS MATERIALIZED (SELECT s.predecessor_id AS id FROM access_tokens s WHERE s.predecessor_id = ${IDS_HELD}
    FOR NO KEY UPDATE SKIP LOCKED),
  uses AS MATERIALIZED (SELECT u.token_id AS id FROM token_uses u WHERE u.token_id = ${IDS_HELD} FOR UPDATE SKIP LOCKED),
  busy AS (
    SELECT s.predecessor_id AS id FROM access_tokens s
    WHERE s.predecessor_id = ${IDS_HELD} AND s.predecessor_id NOT IN (SELECT id FROM successors)
    UNION ALL
    SELECT u.token_id FROM token_uses u WHERE u.token_id = ${IDS_HELD} AND u.token_id NOT IN (SELECT id FROM uses))`;

// Postgres looks nothing up by it: it would go through all that is due for every batch where it takes that for little.
const isTrue = ({ sql }: TokenCondition) => `((${sql}) IS TRUE)`;

/**
 * SQL that deletes the tokens of these places, an array, as a WITH query `purged`, and records `token.purged` for each. That they
 * are due is asked of the very row that goes, should it have been changed on the way.
 */
const purgedAt = (places: string, isDue: TokenCondition) => `
  purged AS (DELETE FROM access_tokens t WHERE t.ctid = ANY (${places}) AND ${isTrue(isDue)}
    RETURNING t.id AS target_id, t.name AS target_name, jsonb_strip_nulls(jsonb_build_object('kind', t.kind,
      'principalId', t.principal_id, 'endedAt', ${ENDED_AT}, 'predecessorId', t.predecessor_id)) AS details),
  recorded AS (${recordingOfSelected({ action: 'token.purged', targetType: 'token', from: 'purged' })})`;

/**
 * The beginning of a statement that deletes tokens: `held` are those that it holds, by `id` and `place`, and `purged` those of
 * them that are gone, by `target_id`. A token that was changed since the statement began has another place by now, and stays.
 */
const purgingOf = (
  held: string,
  isDue: TokenCondition,
) => `WITH held AS MATERIALIZED (${held} FOR UPDATE OF t SKIP LOCKED), ${BUSY},
  ${purgedAt('ARRAY(SELECT place FROM held WHERE id NOT IN (SELECT id FROM busy))', isDue)}`;

/**
 * As `purgePage`, of these tokens, a thousand a call: those that were passed over before. Deletes those of which `isDue` is true
 * and which nobody else holds, and says which are due and stay. Call `holdOffBulkRevocations` first.
 */
export async function purgeTokens(
  tx: Transaction,
  ids: readonly string[],
  isDue: TokenCondition,
): Promise<Omit<PurgedPage, 'next'>> {
  const areDue = `t.id = ANY ($${isDue.parameters.length + 1}::uuid[]) AND ${isTrue(isDue)}`;
  const said = await rows<Omit<PurgedPage, 'next'>>(
    tx,
    `${purgingOf(`SELECT t.id, t.ctid AS place FROM access_tokens t WHERE ${areDue} AND ${AWAITS_NOTHING}`, isDue)}
     SELECT (SELECT count(*) FROM purged)::integer AS purged, ARRAY(SELECT t.id FROM access_tokens t
       WHERE ${areDue} AND t.id NOT IN (SELECT target_id FROM purged)) AS "passedOver"`,
    [...isDue.parameters, ids],
  );
  return onlyRow(said);
}

/** Of what is behind a place in a page, with the parameters that follow those of the condition. */
function behindPlace({ by, before, behind, most }: PageOfEnded, isDue: TokenCondition) {
  const first = isDue.parameters.length + 1;
  return {
    isBehind: `t.${by} < $${first}::timestamptz AND (t.${by}, t.id) > ($${first + 1}::timestamptz, $${first + 2}::uuid)`,
    most: `$${first + 3}::integer`,
    parameters: [...isDue.parameters, before, behind.moment, behind.id, most],
  };
}

const nextOf = (table: string) =>
  `(SELECT json_build_object('moment', moment::text, 'id', id) FROM ${table} ORDER BY moment DESC, id DESC LIMIT 1)`;

/** Deletes the tokens of a page of which `isDue` is true and which nobody else holds, and says which of the page stay. */
export async function deletePage(
  tx: Transaction,
  page: PageOfEnded,
  isDue: TokenCondition,
): Promise<PurgedPage> {
  const { by } = page;
  const { isBehind, most, parameters } = behindPlace(page, isDue);
  const said = await rows<PurgedPage>(
    tx,
    `${purgingOf(
      `SELECT t.id, t.ctid AS place, t.${by} AS moment FROM access_tokens t
       WHERE ${isBehind} AND ${isTrue(isDue)} AND ${AWAITS_NOTHING} ORDER BY t.${by}, t.id LIMIT ${most}`,
      isDue,
    )},
     last AS (SELECT moment, id FROM held ORDER BY moment DESC, id DESC LIMIT 1),
     ending AS (SELECT (SELECT count(*) FROM held) < ${most} AS is_last),
     passed AS (SELECT t.id FROM access_tokens t WHERE ${isBehind}
       AND ((SELECT is_last FROM ending) OR (t.${by}, t.id) <= (SELECT moment, id FROM last))
       AND t.id NOT IN (SELECT target_id FROM purged) LIMIT ${MOST_PASSED_OVER})
     SELECT (SELECT count(*) FROM purged)::integer AS purged, ARRAY(SELECT id FROM passed) AS "passedOver",
       CASE WHEN NOT is_last THEN ${nextOf('last')} END AS next
     FROM ending`,
    parameters,
  );
  return onlyRow(said);
}

/**
 * As `deletePage`, where nobody else holds anything of the page and nothing is still to be written, at half the price; else it
 * fails as storage in trouble does, within less than Postgres waits before it looks for two that wait for each other.
 */
export async function deleteFreePage(
  tx: Transaction,
  page: PageOfEnded,
  isDue: TokenCondition,
): Promise<PurgedPage> {
  const { by } = page;
  const { isBehind, most, parameters } = behindPlace(page, isDue);
  await rows(tx, `SET LOCAL lock_timeout = '200ms'`);
  const said = await rows<PurgedPage>(
    tx,
    `WITH found AS MATERIALIZED (SELECT t.id, t.ctid AS place, t.${by} AS moment FROM access_tokens t
       WHERE ${isBehind} AND ${isTrue(isDue)} ORDER BY t.${by}, t.id LIMIT ${most}),
     ${purgedAt('ARRAY(SELECT place FROM found)', isDue)}
     SELECT (SELECT count(*) FROM purged)::integer AS purged,
       ARRAY(SELECT id FROM found WHERE id NOT IN (SELECT target_id FROM purged)) AS "passedOver",
       CASE WHEN (SELECT count(*) FROM found) = ${most} THEN ${nextOf('found')} END AS next`,
    parameters,
  );
  return onlyRow(said);
}

/** Whether a bulk revocation or a cap is still to be written into rows. */
export async function isSomethingToBeWritten(tx: Transaction): Promise<boolean> {
  const [row] = await rows<{ is: boolean }>(
    tx,
    `SELECT EXISTS (${IDS_BEING_REVOKED}) OR EXISTS (${IDS_BEING_CAPPED}) AS is`,
  );
  return row?.is ?? true;
}

function onlyRow<T>([row]: readonly T[]): T {
  if (!row) throw new Error('Tokens were purged by a statement that said nothing.');
  return row;
}
