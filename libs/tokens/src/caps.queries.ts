import { rows, type Transaction } from '@tokenwarden/database';
import type { Author } from '@tokenwarden/vocabulary';
import { capEndOf } from './cap-end.queries.js';
import { CAPS, freeze, fromDecisionsOn, markSetWritten, type IdsSelect } from './frozen-sets.queries.js';

/** One decision that ends many tokens earlier (rule 15). */
export interface Cap {
  readonly id: string;
  readonly author: Author;
  readonly reason: string | null;
  /** Of the policy that it came with; of two caps the later one has the higher. */
  readonly policyVersion: number;
  /** In whole seconds. */
  readonly enforceFrom: Date;
  /** The maximum of each profile in seconds. */
  readonly maxima: Readonly<Record<string, number>>;
}

/** The ids of the live tokens whose end this would move, of those in `source`, where tokens are read as they are now. */
export function tokensToCap(
  source: string,
  { maxima, enforceFrom }: Pick<Cap, 'maxima' | 'enforceFrom'>,
): IdsSelect {
  return {
    sql: `SELECT t.id FROM ${source} t WHERE t.revoked_at IS NULL AND t.ends_at > (SELECT clock_timestamp())
      AND ${capEndOf('t', '$1::jsonb', '$2::timestamptz')} < t.ends_at`,
    parameters: [JSON.stringify(maxima), enforceFrom],
  };
}

/** Writes the cap and the sets of the ids selected, and gives how many those are; nothing where there are none. */
export async function insertCap(
  tx: Transaction,
  { id, author, reason, policyVersion, enforceFrom, maxima }: Cap,
  at: Date,
  selected: IdsSelect,
): Promise<number> {
  const columns = [
    ['decided_at', 'timestamptz', at],
    ['author', 'jsonb', JSON.stringify(author)],
    ['reason', 'text', reason],
    ['policy_version', 'integer', policyVersion],
    ['enforce_from', 'timestamptz', enforceFrom],
    ['maxima', 'jsonb', JSON.stringify(maxima)],
  ] as const;
  return freeze(tx, CAPS, { id, columns }, selected);
}

const COLUMNS = `d.id, d.author, d.reason, d.policy_version AS "policyVersion", d.enforce_from AS "enforceFrom", d.maxima`;

/** A part of a cap that is written into its rows at once. */
export interface CapSet extends Cap {
  /** The first of its ids, by which it is told from the others. */
  readonly firstId: string;
  readonly tokenIds: readonly string[];
}

/**
 * A set that nobody else is writing, locked to the end of the transaction; null where none waits. A later cap waits for the
 * earlier one: each moves an end from where the one before it left it.
 */
export async function takeCapSet(tx: Transaction): Promise<CapSet | null> {
  const [taken] = await rows<CapSet>(
    tx,
    `SELECT ${COLUMNS}, s.first_id AS "firstId", s.token_ids AS "tokenIds" FROM bulk_cap_sets s JOIN bulk_caps d ON d.id = s.cap_id
     WHERE s.written_at IS NULL AND d.id = (SELECT c.id FROM bulk_caps c WHERE c.written_at IS NULL
       AND EXISTS (SELECT FROM bulk_cap_sets w WHERE w.cap_id = c.id AND w.written_at IS NULL) ORDER BY c.policy_version LIMIT 1)
     ORDER BY s.first_id LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
  );
  return taken ?? null;
}

/** A token whose row a cap has just changed. */
export interface CappedToken {
  readonly id: string;
  readonly name: string;
  readonly endsAtBefore: Date;
  readonly endsAt: Date;
}

/** Writes the cap into those rows of these tokens that end later, and gives those. */
export async function updateCapped(
  tx: Transaction,
  { maxima, enforceFrom }: Pick<Cap, 'maxima' | 'enforceFrom'>,
  tokenIds: readonly string[],
): Promise<CappedToken[]> {
  const end = capEndOf('t', '$2::jsonb', '$3::timestamptz');
  return rows(
    tx,
    `WITH hit AS (SELECT t.id, t.ends_at AS before, ${end} AS ends_at FROM access_tokens t
       WHERE t.id = ANY ($1::uuid[]) AND ${end} < t.ends_at ORDER BY t.id FOR NO KEY UPDATE)
     UPDATE access_tokens SET ends_at = hit.ends_at FROM hit WHERE access_tokens.id = hit.id
     RETURNING access_tokens.id, access_tokens.name, hit.before AS "endsAtBefore", access_tokens.ends_at AS "endsAt"`,
    [tokenIds, JSON.stringify(maxima), enforceFrom],
  );
}

/** The set of this cap is written, by this transaction. */
export async function markCapSetWritten(tx: Transaction, set: CapSet): Promise<void> {
  await markSetWritten(tx, CAPS, set);
}

/** The caps that have this token in a set which waits to be written, in the order in which they were decided. */
export async function capsWaitingFor(tx: Transaction, tokenId: string): Promise<Cap[]> {
  return rows(
    tx,
    `SELECT ${COLUMNS} FROM (SELECT $1::uuid AS id) AS t CROSS JOIN LATERAL (SELECT d.* ${fromDecisionsOn(CAPS, 't')}) AS d
     ORDER BY d.policy_version`,
    [tokenId],
  );
}
