import { rows, type Transaction } from '@tokenwarden/database';
import { purgeDue } from '@tokenwarden/policy';
import { BEFORE_ALL, type PlaceOfEnd } from '@tokenwarden/tokens';
import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/** What a run purges by. */
export interface PurgeBy {
  readonly after: Duration;
  /** The run's own moment, so that it has an end whatever ends meanwhile. */
  readonly at: Date;
}

/** Tokens that one statement counts: some tens of milliseconds. */
const COUNTED_AT_ONCE = 10_000;

/**
 * How many tokens a run of this moment would remove, along its two ways, so many a statement that none takes long.
 * @throws what the signal says where the run is to stop
 */
export async function countDue(
  tx: Transaction,
  by: PurgeBy,
  signal: AbortSignal,
  most = COUNTED_AT_ONCE,
): Promise<number> {
  let count = 0;
  for (const way of ['ends_at', 'revoked_at'] as const) {
    let behind: PlaceOfEnd | null = BEFORE_ALL;
    while (behind !== null) {
      signal.throwIfAborted();
      const page: CountedPage = await countPage(tx, by, { way, behind, most });
      count += page.count;
      behind = page.next;
    }
  }
  return count;
}

interface CountedPage {
  readonly count: number;
  readonly next: PlaceOfEnd | null;
}

interface PageToCount {
  readonly way: 'ends_at' | 'revoked_at';
  readonly behind: PlaceOfEnd;
  readonly most: number;
}

// What ended long ago by its end is counted there, and not once more by its revocation.
async function countPage(
  tx: Transaction,
  { after, at }: PurgeBy,
  { way, behind, most }: PageToCount,
): Promise<CountedPage> {
  const before = `$1::timestamptz - interval '${durationSeconds(after)} seconds'`;
  const isNew = way === 'ends_at' ? 'true' : `(page.ends_at < ${before}) IS NOT TRUE`;
  const [counted] = await rows<CountedPage>(
    tx,
    `WITH page AS MATERIALIZED (SELECT t.id, t.ends_at, t.revoked_at FROM access_tokens t
       WHERE t.${way} < ${before} AND (t.${way}, t.id) > ($2::timestamptz, $3::uuid) ORDER BY t.${way}, t.id LIMIT $4::integer)
     SELECT count(*) FILTER (WHERE ${purgeDue('page', after, '$1::timestamptz')} AND ${isNew})::integer AS count,
       CASE WHEN count(*) = $4 THEN (SELECT jsonb_build_object('moment', ${way}::text, 'id', id)
         FROM page ORDER BY ${way} DESC, id DESC LIMIT 1) END AS next
     FROM page`,
    [at, behind.moment, behind.id, most],
  );
  if (!counted) throw new Error('A statement that counts gave nothing.');
  return counted;
}
