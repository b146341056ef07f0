import type { Transaction } from '@tokenwarden/database';
import { warningDue } from '@tokenwarden/policy';
import { readingTokensNow } from '@tokenwarden/tokens';
import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';
import { RFC_3339, type Search } from '../warnings/through-ends.queries.js';
import type { WarningChannels } from '../warnings/warning-channels.js';

/**
 * The search for tokens that have passed one of these thresholds, by the ends as they are now: those that a cap has moved and that
 * no row says yet, too.
 */
export function expiringTokens(thresholds: readonly Duration[], channels: WarningChannels): Search {
  const names = thresholds.map((threshold) => [durationSeconds(threshold), threshold]);
  return {
    ...{ kind: 'EXPIRY', channels },
    lookingAt: (tx) => lookingAt(tx, thresholds),
    parameters: [JSON.stringify(Object.fromEntries(names))],
  };
}

// One pass over a part of the index of ends: that is what bounds the statement, however few are due.
async function lookingAt(tx: Transaction, thresholds: readonly Duration[]): Promise<string> {
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
