import { rows, type Transaction } from '@tokenwarden/database';
import type { EndingCount, TokenCount } from '@tokenwarden/telemetry';
import { tokensNow } from '@tokenwarden/tokens';

/** All tokens that have a row, by kind and status at this moment. */
export async function countByStatus(tx: Transaction): Promise<TokenCount[]> {
  return rows(
    tx,
    `SELECT kind, CASE WHEN revoked_at IS NOT NULL THEN 'REVOKED'
         WHEN ends_at <= statement_timestamp() THEN 'EXPIRED'
         WHEN suspended_at IS NOT NULL THEN 'SUSPENDED' ELSE 'ACTIVE' END AS status, count(*)::integer AS count
     FROM ${await tokensNow(tx)} t GROUP BY 1, 2`,
  );
}

/** The live tokens that end within a day, a week and thirty days from this moment, by kind; each span holds the shorter ones. */
export async function countEnding(tx: Transaction): Promise<EndingCount[]> {
  return rows(
    tx,
    `SELECT kind, span.within, count(*)::integer AS count
     FROM ${await tokensNow(tx)} t
       JOIN (VALUES ('P1D', interval '24 hours'), ('P7D', interval '168 hours'), ('P30D', interval '720 hours'))
         AS span (within, length) ON ends_at <= statement_timestamp() + span.length
     WHERE revoked_at IS NULL AND ends_at > statement_timestamp() AND ends_at <= statement_timestamp() + interval '720 hours'
     GROUP BY kind, span.within`,
  );
}
