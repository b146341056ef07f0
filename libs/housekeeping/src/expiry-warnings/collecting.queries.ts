import { rows, type Transaction } from '@tokenwarden/database';
import { warningDue } from '@tokenwarden/policy';
import { readingTokensNow } from '@tokenwarden/tokens';
import { durationSeconds, NOBODY, type Duration } from '@tokenwarden/vocabulary';
import { addressWarnings, decideWarnings } from '../warnings/addressing.queries.js';
import type { WarningChannels } from '../warnings/warning-channels.js';

/** Where in the order of ends a run is. */
export interface Place {
  readonly endsAt: Date;
  readonly id: string;
}

/** What is looked for. */
export interface Sought {
  readonly thresholds: readonly Duration[];
  readonly channels: WarningChannels;
}

/** How far one statement goes: behind this place, so many tokens. */
export interface Reach {
  readonly behind: Place | null;
  readonly most: number;
}

/** What one statement found. */
export interface Found {
  /** Tokens that end within the longest threshold and were looked at. */
  readonly examined: number;
  readonly due: number;
  /** Names of those who would be told and have no address. */
  readonly withoutEmail: readonly string[];
  /** Of a dry run: the ids of those who would get mail. */
  readonly recipients: readonly string[];
  /** The last token that was looked at. */
  readonly last: Place | null;
}

/**
 * Decides the warnings of the next tokens by end: writes them, who is told of each, and their events, by one statement. It goes by
 * the ends as they are now, and warns of them: those that a cap has moved and that no row says yet, too.
 */
export async function decideDue(tx: Transaction, sought: Sought, reach: Reach): Promise<Found> {
  const sql = `${await lookingAt(tx, sought)}, ${decideWarnings('EXPIRY', sought.channels)}
    SELECT ${FOUND}, ARRAY[]::uuid[] AS recipients`;
  return found(tx, sql, sought, reach);
}

/** What `decideDue` would find, and nothing is written. */
export async function foreseeDue(tx: Transaction, sought: Sought, reach: Reach): Promise<Found> {
  const sql = `${await lookingAt(tx, sought)}, ${addressWarnings(sought.channels)}
    SELECT ${FOUND}, ARRAY(SELECT DISTINCT user_id FROM addressees) AS recipients`;
  return found(tx, sql, sought, reach);
}

const FOUND = `(SELECT count(*)::int FROM looked) AS examined, (SELECT count(*)::int FROM due) AS due,
  ARRAY(SELECT username FROM unreachable) AS "withoutEmail",
  (SELECT jsonb_build_object('endsAt', extract(epoch FROM ends_at) * 1000, 'id', id)
   FROM looked ORDER BY ends_at DESC, id DESC LIMIT 1) AS last`;

const RFC_3339 = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

// One pass over a part of the index of ends: that is what bounds the statement, however few are due.
async function lookingAt(tx: Transaction, { thresholds }: Sought): Promise<string> {
  const { join, condition, threshold } = warningDue('t', thresholds, 'statement_timestamp()');
  const longest = Math.max(...thresholds.map(durationSeconds));
  const { source, byEnd } = await readingTokensNow(tx);
  return `WITH looked AS MATERIALIZED (
      SELECT a.id, a.ends_at FROM ${byEnd} a
      WHERE a.revoked_at IS NULL AND (a.ends_at, a.id) > ($1::timestamptz, $2::uuid)
        AND a.ends_at > statement_timestamp() AND a.ends_at <= statement_timestamp() + interval '${longest} seconds'
      ORDER BY a.ends_at, a.id LIMIT $3),
    due AS MATERIALIZED (
      SELECT gen_random_uuid() AS warning_id, t.id AS token_id, t.name AS token_name, t.user_id, t.service_account_id, t.ends_at,
        ${threshold} AS threshold_seconds, jsonb_build_object('kind', 'EXPIRY', 'threshold', $4::jsonb ->> ${threshold}::text,
          'endsAt', to_char(t.ends_at AT TIME ZONE 'UTC', ${RFC_3339})) AS details
      FROM looked JOIN ${source} t ON t.id = looked.id ${join} WHERE ${condition})`;
}

interface Row extends Omit<Found, 'last'> {
  readonly last: { readonly endsAt: number; readonly id: string } | null;
}

async function found(tx: Transaction, sql: string, sought: Sought, { behind, most }: Reach): Promise<Found> {
  const names = sought.thresholds.map((threshold) => [durationSeconds(threshold), threshold]);
  const [row] = await rows<Row>(tx, sql, [
    behind?.endsAt ?? new Date(0),
    behind?.id ?? NOBODY,
    most,
    JSON.stringify(Object.fromEntries(names)),
  ]);
  if (!row) throw new Error('A statement that counts gave nothing.');
  const { last } = row;
  return { ...row, last: last && { id: last.id, endsAt: new Date(last.endsAt) } };
}
