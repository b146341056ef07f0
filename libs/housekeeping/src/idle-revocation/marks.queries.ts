import { rows, type Transaction } from '@tokenwarden/database';
import { idleToRevoke, markStands } from '@tokenwarden/policy';
import { tokensNow, USES_WHOLE_SINCE } from '@tokenwarden/tokens';
import { durationSeconds, NOBODY, type Duration } from '@tokenwarden/vocabulary';

const AT = 'statement_timestamp()';

/** From when on a token can be known to be idle: uses have been recorded whole for so long; and whether that is yet to come. */
export async function idleKnownFrom(
  tx: Transaction,
  after: Duration,
): Promise<{ readonly from: Date; readonly isToCome: boolean }> {
  const from = `(${USES_WHOLE_SINCE}) + interval '${durationSeconds(after)} seconds'`;
  const [row] = await rows<{ from: Date; isToCome: boolean }>(
    tx,
    `SELECT ${from} AS "from", ${from} > ${AT} AS "isToCome"`,
  );
  if (!row) throw new Error('Nobody knows since when uses are written down.');
  return row;
}

/** Where a run is among the marks. */
export interface PlaceOfMark {
  /** As Postgres writes it: a Date would round it. */
  readonly moment: string;
  readonly tokenId: string;
}

/** A part of the marks: behind this place, so many. */
export interface ReachOfMarks {
  readonly behind: PlaceOfMark | null;
  readonly most: number;
}

/** The tokens of a part of the marks. */
export interface MarkedTokens {
  readonly ids: readonly string[];
  /** The last mark that was looked at; null where there is none behind it. */
  readonly next: PlaceOfMark | null;
}

const BEHIND = `mark.kind = 'IDLE' AND (mark.decided_at, mark.token_id) > ($1::timestamptz, $2::uuid)`;

/** Of the next marks the tokens that are to be revoked as it looks at this moment, in the order of their ids. */
export async function markedToRevoke(
  tx: Transaction,
  after: Duration,
  reach: ReachOfMarks,
): Promise<MarkedTokens> {
  const source = await tokensNow(tx);
  return marked(
    tx,
    reach,
    `SELECT t.id FROM looked JOIN ${source} t ON t.id = looked.token_id WHERE ${idleToRevoke('t', after, AT)} ORDER BY t.id`,
  );
}

/**
 * Takes away those of the next marks that do not stand any more: their token was used, may have been, or has ended. What is
 * still to be told of them is told to nobody.
 */
export async function releaseMarks(tx: Transaction, reach: ReachOfMarks): Promise<MarkedTokens> {
  const source = await tokensNow(tx);
  return marked(
    tx,
    reach,
    `DELETE FROM token_warnings mark USING looked WHERE mark.id = looked.id AND NOT (${markStands('mark')}
       AND EXISTS (SELECT FROM ${source} t WHERE t.id = mark.token_id AND t.revoked_at IS NULL AND t.ends_at > ${AT}))
     RETURNING mark.token_id AS id`,
  );
}

async function marked(tx: Transaction, { behind, most }: ReachOfMarks, hit: string): Promise<MarkedTokens> {
  const [found] = await rows<MarkedTokens>(
    tx,
    `WITH looked AS MATERIALIZED (SELECT mark.id, mark.token_id, mark.decided_at FROM token_warnings mark WHERE ${BEHIND}
       ORDER BY mark.decided_at, mark.token_id LIMIT $3),
     hit AS (${hit})
     SELECT ARRAY(SELECT id FROM hit) AS ids, (SELECT jsonb_build_object('moment', decided_at::text, 'tokenId', token_id)
       FROM looked ORDER BY decided_at DESC, token_id DESC OFFSET 0 LIMIT CASE WHEN (SELECT count(*) FROM looked) < $3 THEN 0 ELSE 1 END) AS next`,
    [behind?.moment ?? '-infinity', behind?.tokenId ?? NOBODY, most],
  );
  if (!found) throw new Error('A statement over marks gave nothing.');
  return found;
}

/** Those of these tokens, which are locked, that are still to be revoked. */
export async function stillToRevoke(
  tx: Transaction,
  ids: readonly string[],
  after: Duration,
): Promise<string[]> {
  const source = await tokensNow(tx);
  const found = await rows<{ id: string }>(
    tx,
    `SELECT t.id FROM ${source} t WHERE t.id = ANY ($1::uuid[]) AND ${idleToRevoke('t', after, AT)}`,
    [ids],
  );
  return found.map(({ id }) => id);
}

/** Takes the marks of these tokens away. */
export async function forgetMarks(tx: Transaction, tokenIds: readonly string[]): Promise<void> {
  await rows(tx, `DELETE FROM token_warnings WHERE kind = 'IDLE' AND token_id = ANY ($1::uuid[])`, [
    tokenIds,
  ]);
}
