import { rows, type Transaction } from '@tokenwarden/database';
import { idleToMark, idleToRevoke, markStands } from '@tokenwarden/policy';
import { tokensNow, USES_WHOLE_SINCE } from '@tokenwarden/tokens';
import { durationSeconds, NOBODY, type Duration } from '@tokenwarden/vocabulary';
import type { Found, Reach } from '../expiry-warnings/collecting.queries.js';
import { addressWarnings, decideWarnings } from '../warnings/addressing.queries.js';
import type { WarningChannels } from '../warnings/warning-channels.js';

const AT = 'statement_timestamp()';
const RFC_3339 = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** From when on a token can be known to be idle: uses have been recorded whole for so long; and whether that is yet to come. */
export async function idleKnownFrom(
  tx: Transaction,
  after: Duration,
): Promise<{ readonly from: Date; readonly isToCome: boolean }> {
  const from = `(${USES_WHOLE_SINCE}) + interval '${durationSeconds(after)} seconds'`;
  const [row] = await rows<{ from: Date; isToCome: boolean }>(
    tx,
    `SELECT ${from} AS "from", ${from} > ${AT} AS "isToCome"`,
  );
  if (!row) throw new Error('Nobody knows since when uses are written down.');
  return row;
}

/** Where a run is among the marks. */
export interface PlaceOfMark {
  /** As Postgres writes it: a Date would round it. */
  readonly moment: string;
  readonly tokenId: string;
}

/** A part of the marks: behind this place, so many. */
export interface ReachOfMarks {
  readonly behind: PlaceOfMark | null;
  readonly most: number;
}

/** The tokens of a part of the marks. */
export interface MarkedTokens {
  readonly ids: readonly string[];
  /** The last mark that was looked at; null where there is none behind it. */
  readonly next: PlaceOfMark | null;
}

const BEHIND = `mark.kind = 'IDLE' AND (mark.decided_at, mark.token_id) > ($1::timestamptz, $2::uuid)`;

/** Of the next marks the tokens that are to be revoked as it looks at this moment, in the order of their ids. */
export async function markedToRevoke(
  tx: Transaction,
  after: Duration,
  reach: ReachOfMarks,
): Promise<MarkedTokens> {
  const source = await tokensNow(tx);
  return marked(
    tx,
    reach,
    `SELECT t.id FROM looked JOIN ${source} t ON t.id = looked.token_id WHERE ${idleToRevoke('t', after, AT)} ORDER BY t.id`,
  );
}

/**
 * Takes away those of the next marks that do not stand any more: their token was used, may have been, or has ended. What is
 * still to be told of them is told to nobody.
 */
export async function releaseMarks(tx: Transaction, reach: ReachOfMarks): Promise<MarkedTokens> {
  const source = await tokensNow(tx);
  return marked(
    tx,
    reach,
    `DELETE FROM token_warnings mark USING looked WHERE mark.id = looked.id AND NOT (${markStands('mark')}
       AND EXISTS (SELECT FROM ${source} t WHERE t.id = mark.token_id AND t.revoked_at IS NULL AND t.ends_at > ${AT}))
     RETURNING mark.token_id AS id`,
  );
}

async function marked(tx: Transaction, { behind, most }: ReachOfMarks, hit: string): Promise<MarkedTokens> {
  const [found] = await rows<MarkedTokens>(
    tx,
    `WITH looked AS MATERIALIZED (SELECT mark.id, mark.token_id, mark.decided_at FROM token_warnings mark WHERE ${BEHIND}
       ORDER BY mark.decided_at, mark.token_id LIMIT $3),
     hit AS (${hit})
     SELECT ARRAY(SELECT id FROM hit) AS ids, (SELECT jsonb_build_object('moment', decided_at::text, 'tokenId', token_id)
       FROM looked ORDER BY decided_at DESC, token_id DESC OFFSET 0 LIMIT CASE WHEN (SELECT count(*) FROM looked) < $3 THEN 0 ELSE 1 END) AS next`,
    [behind?.moment ?? '-infinity', behind?.tokenId ?? NOBODY, most],
  );
  if (!found) throw new Error('A statement over marks gave nothing.');
  return found;
}

/** Those of these tokens, which are locked, that are still to be revoked. */
export async function stillToRevoke(
  tx: Transaction,
  ids: readonly string[],
  after: Duration,
): Promise<string[]> {
  const source = await tokensNow(tx);
  const found = await rows<{ id: string }>(
    tx,
    `SELECT t.id FROM ${source} t WHERE t.id = ANY ($1::uuid[]) AND ${idleToRevoke('t', after, AT)}`,
    [ids],
  );
  return found.map(({ id }) => id);
}

/** Takes the marks of these tokens away. */
export async function forgetMarks(tx: Transaction, tokenIds: readonly string[]): Promise<void> {
  await rows(tx, `DELETE FROM token_warnings WHERE kind = 'IDLE' AND token_id = ANY ($1::uuid[])`, [
    tokenIds,
  ]);
}

/** What is looked for. */
export interface IdleSought {
  readonly after: Duration;
  readonly channels: WarningChannels;
}

/** Marks the next tokens by end that are idle: writes the marks, who is told of each, and their events, by one statement. */
export async function markIdle(tx: Transaction, sought: IdleSought, reach: Reach): Promise<Found> {
  const sql = `${await lookingAt(tx, sought)}, ${decideWarnings('IDLE', sought.channels)}
    SELECT ${FOUND}, ARRAY[]::uuid[] AS recipients`;
  return found(tx, sql, reach);
}

/** What `markIdle` would find, and nothing is written. */
export async function foreseeIdle(tx: Transaction, sought: IdleSought, reach: Reach): Promise<Found> {
  const sql = `${await lookingAt(tx, sought)}, ${addressWarnings(sought.channels)}
    SELECT ${FOUND}, ARRAY(SELECT DISTINCT user_id FROM addressees) AS recipients`;
  return found(tx, sql, reach);
}

const FOUND = `(SELECT count(*)::int FROM looked) AS examined, (SELECT count(*)::int FROM due) AS due,
  ARRAY(SELECT username FROM unreachable) AS "withoutEmail",
  (SELECT jsonb_build_object('endsAt', extract(epoch FROM ends_at) * 1000, 'id', id)
   FROM looked ORDER BY ends_at DESC, id DESC LIMIT 1) AS last`;

// One pass over the part of the index of ends that is still to come: that is what bounds the statement, however few are idle.
async function lookingAt(tx: Transaction, { after }: IdleSought): Promise<string> {
  const seconds = durationSeconds(after);
  const revokedFrom = `to_char((${AT} + interval '${seconds} seconds') AT TIME ZONE 'UTC', ${RFC_3339})`;
  return `WITH looked AS MATERIALIZED (
      SELECT a.id, a.ends_at FROM access_tokens a
      WHERE a.revoked_at IS NULL AND (a.ends_at, a.id) > ($1::timestamptz, $2::uuid) AND a.ends_at > ${AT}
      ORDER BY a.ends_at, a.id LIMIT $3),
    due AS MATERIALIZED (
      SELECT gen_random_uuid() AS warning_id, t.id AS token_id, t.name AS token_name, t.user_id, t.service_account_id,
        NULL::timestamptz AS ends_at, ${seconds}::bigint AS threshold_seconds,
        jsonb_build_object('kind', 'IDLE', 'after', '${after}', 'revokedFrom', ${revokedFrom}) AS details
      FROM looked JOIN ${await tokensNow(tx)} t ON t.id = looked.id WHERE ${idleToMark('t', after, AT)})`;
}

interface Row extends Omit<Found, 'last'> {
  readonly last: { readonly endsAt: number; readonly id: string } | null;
}

async function found(tx: Transaction, sql: string, { behind, most }: Reach): Promise<Found> {
  const [row] = await rows<Row>(tx, sql, [behind?.endsAt ?? new Date(0), behind?.id ?? NOBODY, most]);
  if (!row) throw new Error('A statement that counts gave nothing.');
  return { ...row, last: row.last && { id: row.last.id, endsAt: new Date(row.last.endsAt) } };
}
