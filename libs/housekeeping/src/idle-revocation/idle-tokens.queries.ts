import type { Transaction } from '@tokenwarden/database';
import { idleToMark } from '@tokenwarden/policy';
import { tokensNow } from '@tokenwarden/tokens';
import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';
import { RFC_3339, type Search } from '../warnings/through-ends.queries.js';
import type { WarningChannels } from '../warnings/warning-channels.js';

/** The search for live tokens that nobody has used for `after` and that bear no mark: what is decided of one is its mark. */
export function idleTokens(after: Duration, channels: WarningChannels): Search {
  return { kind: 'IDLE', channels, lookingAt: (tx) => lookingAt(tx, after), parameters: [] };
}

// One pass over the part of the index of ends that is still to come: that is what bounds the statement, however few are idle.
async function lookingAt(tx: Transaction, after: Duration): Promise<string> {
  const at = 'statement_timestamp()';
  const seconds = durationSeconds(after);
  const revokedFrom = `to_char((${at} + interval '${seconds} seconds') AT TIME ZONE 'UTC', ${RFC_3339})`;
  return `WITH looked AS MATERIALIZED (
      SELECT a.id, a.ends_at FROM access_tokens a
      WHERE a.revoked_at IS NULL AND (a.ends_at, a.id) > ($1::timestamptz, $2::uuid) AND a.ends_at > ${at}
      ORDER BY a.ends_at, a.id LIMIT $3),
    due AS MATERIALIZED (
      SELECT gen_random_uuid() AS warning_id, t.id AS token_id, t.name AS token_name, t.user_id, t.service_account_id,
        NULL::timestamptz AS ends_at, ${seconds}::bigint AS threshold_seconds,
        jsonb_build_object('kind', 'IDLE', 'after', '${after}', 'revokedFrom', ${revokedFrom}) AS details
      FROM looked JOIN ${await tokensNow(tx)} t ON t.id = looked.id WHERE ${idleToMark('t', after, at)})`;
}
