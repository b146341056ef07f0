import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/** Which tokens somebody is to be warned of, as the parts of a SELECT. */
export interface WarningDue {
  /** Goes into FROM, behind the table of the tokens. */
  readonly join: string;
  /** Goes into WHERE. Never null. */
  readonly condition: string;
  /** SQL of a bigint: the threshold in seconds of the warning that is due, where the condition holds. */
  readonly threshold: string;
}

/** An end that a token does not have yet, but would have under a change. */
export interface EndUnderChange {
  /** SQL of a timestamptz. */
  readonly endsAt: string;
  /** Sets its parts apart from those of the tokens as they are, in one statement with them. */
  readonly alias: string;
}

/**
 * The tokens that a run of EXPIRY_WARNINGS at the moment `at` would warn of: `mostUrgentDue` as SQL, for a table or an alias with
 * the columns `id`, `created_at`, `ends_at`, `revoked_at` and `rotated_at` of `access_tokens`. The ends that it can concern are
 * a range from `at` on, which an index by end serves.
 * @param at SQL of a timestamptz
 * @param end what is looked at instead of `ends_at`
 */
export function warningDue(
  table: string,
  thresholds: readonly Duration[],
  at: string,
  end: EndUnderChange = { endsAt: `${table}.ends_at`, alias: `${table}_due` },
): WarningDue {
  const { endsAt, alias } = end;
  const seconds = thresholds.map(durationSeconds).sort((a, b) => a - b);
  // OFFSET keeps it a look into the index for each token: as a join it would go through all warnings that there are, where many were
  // decided since Postgres last counted them.
  return {
    join: `CROSS JOIN LATERAL (SELECT ${mostUrgentPassed(table, endsAt, seconds, at)} AS threshold_seconds) AS ${alias}`,
    condition: `${table}.revoked_at IS NULL AND ${table}.rotated_at IS NULL
      AND ${endsAt} > ${at} AND ${endsAt} <= ${at} + ${interval(seconds.at(-1) ?? 0)}
      AND ${alias}.threshold_seconds IS NOT NULL
      AND NOT EXISTS (SELECT FROM token_warnings decided WHERE decided.token_id = ${table}.id AND decided.kind = 'EXPIRY'
        AND decided.ends_at = ${endsAt} AND decided.threshold_seconds <= ${alias}.threshold_seconds
        OFFSET 0)`,
    threshold: `${alias}.threshold_seconds`,
  };
}

/**
 * SQL of a bigint: the most urgent threshold that has passed for a token and is shorter than its whole life, or null.
 * @param ascending the thresholds in seconds, the shortest first
 */
function mostUrgentPassed(table: string, endsAt: string, ascending: readonly number[], at: string): string {
  const cases = ascending.map(
    (seconds) => `WHEN ${endsAt} <= ${at} + ${interval(seconds)}
      AND ${endsAt} > ${table}.created_at + ${interval(seconds)} THEN ${seconds}::bigint`,
  );
  return cases.length === 0 ? 'NULL::bigint' : `CASE ${cases.join('\n      ')} END`;
}

// In seconds, whatever they are: a day of Postgres is as long as its calendar has it, ours has 86,400 seconds.
const interval = (seconds: number) => `interval '${seconds} seconds'`;
