import { rows, type Transaction } from '@tokenwarden/database';
import { tokensNow } from '@tokenwarden/tokens';
import type { ExpiryForecastDay } from './expiry-forecast.types.js';
import { withinReach, type Reach } from '../token-lists/token-selection.queries.js';

/** How many live tokens of the reach end on each of `days` days in UTC, today the first; days without one included. */
export async function expiryForecast(
  tx: Transaction,
  reach: Reach,
  days: number,
): Promise<ExpiryForecastDay[]> {
  const parameters: unknown[] = [days];
  const inReach = withinReach(reach, (value) => `$${parameters.push(value)}`);
  return rows(
    tx,
    `WITH today AS (SELECT date_trunc('day', statement_timestamp(), 'UTC') AS start),
       ending AS (
         SELECT date_trunc('day', t.ends_at, 'UTC') AS day, t.kind, count(*) AS count FROM ${await tokensNow(tx)} t
         WHERE t.revoked_at IS NULL AND t.ends_at > statement_timestamp()
           AND t.ends_at < (SELECT start FROM today) + $1::integer * interval '24 hours' AND ${inReach}
         GROUP BY 1, 2)
     SELECT to_char(day.start AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS date,
       coalesce((SELECT count FROM ending WHERE ending.day = day.start AND kind = 'USER'), 0)::integer AS "userTokens",
       coalesce((SELECT count FROM ending WHERE ending.day = day.start AND kind = 'SERVICE_ACCOUNT'), 0)::integer
         AS "serviceAccountTokens"
     FROM today CROSS JOIN LATERAL (
       SELECT today.start + ahead * interval '24 hours' AS start FROM generate_series(0, $1::integer - 1) AS ahead) AS day
     ORDER BY day.start`,
    parameters,
  );
}
