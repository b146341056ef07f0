import { rows, type Transaction } from '@tokenwarden/database';
import { purgeDue } from '@tokenwarden/policy';
import { durationSeconds, type Duration } from '@tokenwarden/vocabulary';

/**
 * The moments by which a token can have ended, each with an index: one after the other they lead to all that are due. By both at
 * once Postgres would go through everything that is due for every batch.
 */
export const ENDS = ['ends_at', 'revoked_at'] as const;
/** See `ENDS`. */
export type EndedBy = (typeof ENDS)[number];

/** A token that ended long ago, and its place among those by the same end. */
export interface EndedToken {
  readonly id: string;
  /** As Postgres writes it: a Date would round it. */
  readonly moment: string;
}

/** What a run purges by. */
export interface PurgeBy {
  readonly after: Duration;
  /** The run's own moment, so that it has an end whatever ends meanwhile. */
  readonly at: Date;
}

/** So many tokens that ended by this end longer ago than `after`, in order, from behind that place on. */
export async function tokensEndedBefore(
  tx: Transaction,
  by: EndedBy,
  { after, at }: PurgeBy,
  page: { readonly behind: EndedToken | undefined; readonly most: number },
): Promise<EndedToken[]> {
  return rows(
    tx,
    `SELECT t.id, t.${by}::text AS moment FROM access_tokens t
     WHERE t.${by} < $1::timestamptz - $2::bigint * interval '1 second'
       AND (t.${by}, t.id) > (coalesce($3::timestamptz, '-infinity'), coalesce($4::uuid, '00000000-0000-0000-0000-000000000000'))
     ORDER BY t.${by}, t.id LIMIT $5`,
    [at, durationSeconds(after), page.behind?.moment, page.behind?.id, page.most],
  );
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
