import { rows, type Transaction } from '@tokenwarden/database';
import type { Author } from '@tokenwarden/vocabulary';
import { freeze, markSetWritten, REVOCATIONS, type IdsSelect } from './frozen-sets.queries.js';

/** Shared by whoever issues or changes tokens, wanted alone by a bulk revocation or a cap for the moment of its commit. */
export const BULK_REVOCATION_LOCK = 'bulk-revocation';

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
  const columns = [
    ['revoked_at', 'timestamptz', at],
    ['author', 'jsonb', JSON.stringify(author)],
    ['reason', 'text', reason],
  ] as const;
  return freeze(tx, REVOCATIONS, { id, columns }, selected);
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
export async function writeSet(tx: Transaction, set: WaitingSet): Promise<{ id: string; name: string }[]> {
  const { at, author, reason, tokenIds } = set;
  await markSetWritten(tx, REVOCATIONS, set);
  return rows(
    tx,
    `WITH hit AS (SELECT id FROM access_tokens WHERE id = ANY ($1::uuid[]) AND revoked_at IS NULL ORDER BY id FOR NO KEY UPDATE)
     UPDATE access_tokens SET revoked_at = $2, revoked_by = $3, revoked_reason = $4
     FROM hit WHERE access_tokens.id = hit.id RETURNING access_tokens.id, access_tokens.name`,
    [tokenIds, at, JSON.stringify(author.actor), reason],
  );
}
