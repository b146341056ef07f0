import { agreeOn, rows, type Transaction } from '@tokenwarden/database';
import { CannotStartError } from '@tokenwarden/embedded';
import type { Settings } from '@tokenwarden/settings';
import { tokensNow } from '@tokenwarden/tokens';

/** How many live tokens were issued by another PUBLIC_URL, or for audiences none of which is in force any more. */
export async function liveTokensNotInForce(tx: Transaction, settings: Settings): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM ${await tokensNow(tx)} t
     WHERE revoked_at IS NULL AND ends_at > clock_timestamp() AND (issuer <> $1 OR NOT audiences && $2::text[])`,
    [settings.publicUrl, settings.audiences],
  );
  return row?.count ?? 0;
}

/**
 * Holds up issuer and audiences for as long as this process lives: a token that resolves here must resolve on every
 * instance that runs at the same time.
 * @returns what lets go of them
 * @throws CannotStartError when an instance that runs on this database has others
 */
export async function agreeOnWhatIsInForce(
  directUrl: string,
  { publicUrl, audiences }: Settings,
): Promise<() => Promise<void>> {
  const agreement = await agreeOn(directUrl, JSON.stringify([publicUrl, [...audiences].sort()]));
  if (agreement) return () => agreement.end();
  throw new CannotStartError(
    `Another instance runs on this database with another PUBLIC_URL or other AUDIENCES than this one (PUBLIC_URL=${publicUrl} AUDIENCES=${audiences.join(',')}): give all of them the same, or stop that one first.`,
  );
}
