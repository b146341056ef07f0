import { rows, type Transaction } from '@tokenwarden/database';
import { purgeDue } from '@tokenwarden/policy';
import type { Duration } from '@tokenwarden/vocabulary';

/** What a run purges by. */
export interface PurgeBy {
  readonly after: Duration;
  /** The run's own moment, so that it has an end whatever ends meanwhile. */
  readonly at: Date;
}

/** How many tokens a run of this moment would remove. */
export async function countDue(tx: Transaction, { after, at }: PurgeBy): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM access_tokens t WHERE ${purgeDue('t', after, '$1::timestamptz')}`,
    [at],
  );
  return row?.count ?? 0;
}
