import { rows, type Transaction } from '@tokenwarden/database';

/** A warning that a token ends, once decided: one for each token, end and threshold (rule 17). */
export interface DecidedWarning {
  readonly tokenId: string;
  /** The end that was warned of. */
  readonly endsAt: Date;
  readonly thresholdSeconds: number;
  /** When the run decided it. */
  readonly decidedAt: Date;
  /** How many were, or are, told; null before that is known. */
  readonly recipients: number | null;
  /** When the last recipient was told or given up; null before. */
  readonly sentAt: Date | null;
}

/** The warnings of expiry that were decided for these tokens, of earlier ends too, by the token's id; those without one are missing. */
export async function decidedWarningsOf(
  tx: Transaction,
  ids: readonly string[],
): Promise<Map<string, DecidedWarning[]>> {
  const found = await rows<DecidedWarning>(
    tx,
    `SELECT token_id AS "tokenId", ends_at AS "endsAt", threshold_seconds::float8 AS "thresholdSeconds", decided_at AS "decidedAt",
       recipients, sent_at AS "sentAt"
     FROM token_warnings WHERE kind = 'EXPIRY' AND token_id = ANY ($1::uuid[]) ORDER BY token_id, decided_at, threshold_seconds DESC`,
    [ids],
  );
  const byToken = new Map<string, DecidedWarning[]>();
  for (const warning of found) {
    const of = byToken.get(warning.tokenId);
    if (of) of.push(warning);
    else byToken.set(warning.tokenId, [warning]);
  }
  return byToken;
}
