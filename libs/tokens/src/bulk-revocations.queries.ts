import { rows, type Transaction } from '@tokenwarden/database';
import type { Author } from '@tokenwarden/vocabulary';

/** Shared by whoever issues or changes tokens, wanted alone by a bulk revocation for the moment of its commit. */
export const BULK_REVOCATION_LOCK = 'bulk-revocation';

/** So many ids stand in one set: few enough to look one up quickly and to write it in one short transaction. */
const SET_SIZE = 500;

/**
 * A SELECT of the ids of all tokens whose revocation stands in a set and not yet in their rows: for a statement over very
 * many tokens, which takes them away, or counts them as revoked, as a whole. For few tokens `tokensNow` looks up each.
 */
export const IDS_BEING_REVOKED = 'SELECT unnest(token_ids) AS id FROM bulk_revocation_sets WHERE written_at IS NULL';

/** A SELECT that gives the ids of tokens, in its first column. */
export interface IdsSelect {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** One decision over many tokens. */
export interface BulkRevocation {
  readonly id: string;
  readonly at: Date;
  readonly author: Author;
  readonly reason: string | null;
}

/** Writes the revocation and the sets of the ids selected, and gives how many those are; nothing where there are none. */
export async function insertRevocation(
  tx: Transaction,
  { id, at, author, reason }: BulkRevocation,
  selected: IdsSelect,
): Promise<number> {
  const first = selected.parameters.length + 1;
  const [row] = await rows<{ count: number }>(
    tx,
    `WITH chosen AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM (${selected.sql}) AS ids (id)),
       revocation AS (
         INSERT INTO bulk_revocations (id, revoked_at, author, reason, token_count)
         SELECT $${first}::uuid, $${first + 1}::timestamptz, $${first + 2}::jsonb, $${first + 3}::text, count(*)::integer
         FROM chosen HAVING count(*) > 0 RETURNING id, token_count),
       sets AS (
         INSERT INTO bulk_revocation_sets (revocation_id, first_id, last_id, token_ids)
         SELECT revocation.id, (ids)[1], (ids)[cardinality(ids)], ids FROM revocation,
           (SELECT array_agg(id ORDER BY id) AS ids FROM chosen GROUP BY place / ${SET_SIZE}) AS packed)
     SELECT token_count AS count FROM revocation`,
    [...selected.parameters, id, at, JSON.stringify(author), reason],
  );
  return row?.count ?? 0;
}

/** A set that nobody else is writing, locked to the end of the transaction; null where none waits. */
export async function takeWaitingSet(
  tx: Transaction,
): Promise<(BulkRevocation & { readonly firstId: string; readonly tokenIds: string[] }) | null> {
  const [taken] = await rows<BulkRevocation & { firstId: string; tokenIds: string[] }>(
    tx,
    `SELECT r.id, r.revoked_at AS at, r.author, r.reason, s.first_id AS "firstId", s.token_ids AS "tokenIds"
     FROM bulk_revocation_sets s JOIN bulk_revocations r ON r.id = s.revocation_id
     WHERE s.written_at IS NULL ORDER BY r.revoked_at, s.first_id LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
  );
  return taken ?? null;
}

/** Writes the revocation into the rows of the set that have none, and gives those. */
export async function writeSet(
  tx: Transaction,
  { id, at, author, reason }: BulkRevocation,
  set: { readonly firstId: string; readonly tokenIds: readonly string[] },
): Promise<{ id: string; name: string }[]> {
  await rows(
    tx,
    'UPDATE bulk_revocation_sets SET written_at = clock_timestamp() WHERE revocation_id = $1 AND first_id = $2',
    [id, set.firstId],
  );
  return rows(
    tx,
    `WITH hit AS (SELECT id FROM access_tokens WHERE id = ANY ($1::uuid[]) AND revoked_at IS NULL ORDER BY id FOR UPDATE)
     UPDATE access_tokens SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
     FROM hit WHERE access_tokens.id = hit.id RETURNING access_tokens.id, access_tokens.name`,
    [set.tokenIds, at, JSON.stringify(author.actor), reason],
  );
}

/**
 * Forgets revocations that were written whole longer ago than every process may still answer from memory
 * (`RESOLVE_GRACE_SECONDS` is at most five minutes).
 */
export async function deleteOldRevocations(tx: Transaction): Promise<void> {
  await rows(
    tx,
    `DELETE FROM bulk_revocations r WHERE r.revoked_at < clock_timestamp() - interval '1 hour' AND NOT EXISTS (
       SELECT FROM bulk_revocation_sets s WHERE s.revocation_id = r.id
         AND (s.written_at IS NULL OR s.written_at > clock_timestamp() - interval '1 hour'))`,
  );
}
