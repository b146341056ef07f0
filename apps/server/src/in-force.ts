import { rows, type Transaction } from '@tokenwarden/database';
import type { Settings } from '@tokenwarden/settings';

/** How many live tokens were issued by another PUBLIC_URL, or for audiences none of which is in force any more. */
export async function liveTokensNotInForce(tx: Transaction, settings: Settings): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM access_tokens
      WHERE revoked_at IS NULL AND ends_at > clock_timestamp() AND (issuer <> $1 OR NOT audiences && $2::text[])`,
    [settings.publicUrl, settings.audiences],
  );
  return row?.count ?? 0;
}
