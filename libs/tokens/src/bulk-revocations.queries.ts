import { rows, type Transaction } from '@tokenwarden/database';
import type { Author } from '@tokenwarden/vocabulary';

/** Shared by whoever issues or changes tokens, wanted alone by a bulk revocation for the moment of its commit. */
export const BULK_REVOCATION_LOCK = 'bulk-revocation';

/** So many ids stand in one set: few enough to look one up quickly and to write it in one short transaction. */
const SET_SIZE = 500;

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
  // A million ids are sorted in memory, not on disk.
  await rows(tx, `SET LOCAL work_mem = '64MB'`);
  const first = selected.parameters.length + 1;
  const [row] = await rows<{ count: number }>(
    tx,
    `WITH chosen AS MATERIALIZED (SELECT array_agg(DISTINCT id) AS ids FROM (${selected.sql}) AS selected (id)),
       revocation AS (
         INSERT INTO bulk_revocations (id, revoked_at, author, reason, token_count)
         SELECT $${first}::uuid, $${first + 1}::timestamptz, $${first + 2}::jsonb, $${first + 3}::text, cardinality(ids)
         FROM chosen WHERE ids IS NOT NULL RETURNING id, token_count),
       sets AS (
         INSERT INTO bulk_revocation_sets (revocation_id, first_id, last_id, token_ids)
         SELECT revocation.id, ids[place], ids[least(place + ${SET_SIZE} - 1, token_count)], ids[place : place + ${SET_SIZE} - 1]
         FROM revocation, chosen, generate_series(1, token_count, ${SET_SIZE}) AS place)
     SELECT token_count AS count FROM revocation`,
    [...selected.parameters, id, at, JSON.stringify(author), reason],
  );
  return row?.count ?? 0;
}

/** A part of a revocation that is written into its rows at once. */
export interface WaitingSet extends BulkRevocation {
  /** The first of its ids, by which it is told from the others. */
  readonly firstId: string;
  readonly tokenIds: readonly string[];
}

/** A set that nobody else is writing, locked to the end of the transaction; null where none waits. */
export async function takeWaitingSet(tx: Transaction): Promise<WaitingSet | null> {
  const [taken] = await rows<WaitingSet>(
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
  { id, at, author, reason, firstId, tokenIds }: WaitingSet,
): Promise<{ id: string; name: string }[]> {
  await rows(
    tx,
    'UPDATE bulk_revocation_sets SET written_at = clock_timestamp() WHERE revocation_id = $1 AND first_id = $2',
    [id, firstId],
  );
  return rows(
    tx,
    `WITH hit AS (SELECT id FROM access_tokens WHERE id = ANY ($1::uuid[]) AND revoked_at IS NULL ORDER BY id FOR NO KEY UPDATE)
     UPDATE access_tokens SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
     FROM hit WHERE access_tokens.id = hit.id RETURNING access_tokens.id, access_tokens.name`,
    [tokenIds, at, JSON.stringify(author.actor), reason],
  );
}

/** A bulk revocation that is not known to be written into all its rows yet. */
export interface WaitingRevocation {
  readonly id: string;
  /** How many tokens it has hit, written or not. */
  readonly count: number;
}

/** The bulk revocations that are not written whole; a look into an empty index where there are none. */
export async function waitingRevocations(tx: Transaction): Promise<WaitingRevocation[]> {
  return rows(tx, 'SELECT id, token_count AS count FROM bulk_revocations WHERE written_at IS NULL');
}

/** Marks revocations of which no set waits any more, so that nobody looks a token up in them. */
export async function markWritten(tx: Transaction): Promise<void> {
  await rows(
    tx,
    `UPDATE bulk_revocations r SET written_at = clock_timestamp() WHERE r.written_at IS NULL AND NOT EXISTS (
       SELECT FROM bulk_revocation_sets s WHERE s.revocation_id = r.id AND s.written_at IS NULL)`,
  );
}

/**
 * Forgets revocations that were written whole longer ago than every process may still answer from memory
 * (`RESOLVE_GRACE_SECONDS` is at most five minutes).
 */
export async function deleteOldRevocations(tx: Transaction): Promise<void> {
  await rows(tx, `DELETE FROM bulk_revocations WHERE written_at < clock_timestamp() - interval '1 hour'`);
}
