import { rows, type Transaction } from '@tokenwarden/database';

/**
 * One decision over many tokens, kept with the ids of the tokens that it hits: frozen at its commit in sorted sets, each of
 * which is written into its rows later, once. From the commit on everything reads the tokens of unwritten sets as hit.
 */
export interface FrozenSets {
  /** The table of the decisions: `id`, `token_count`, `written_at` and what was decided. */
  readonly decisions: 'bulk_revocations' | 'bulk_caps';
  /** The table of their sets: the decision, `first_id`, `last_id`, `token_ids`, `written_at`. */
  readonly sets: 'bulk_revocation_sets' | 'bulk_cap_sets';
  /** The column of a set that names its decision. */
  readonly key: 'revocation_id' | 'cap_id';
}

/** The bulk revocations. */
export const REVOCATIONS: FrozenSets = {
  decisions: 'bulk_revocations',
  sets: 'bulk_revocation_sets',
  key: 'revocation_id',
};
/** What a policy change capped. */
export const CAPS: FrozenSets = { decisions: 'bulk_caps', sets: 'bulk_cap_sets', key: 'cap_id' };

/** So many ids stand in one set: few enough to look one up quickly and to write it in one short transaction. */
const SET_SIZE = 500;

/** A SELECT that gives the ids of tokens, in its first column. */
export interface IdsSelect {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** SQL: the ids of all tokens in unwritten sets. */
export const waitingIds = ({ sets }: FrozenSets) =>
  `SELECT unnest(token_ids) AS id FROM ${sets} WHERE written_at IS NULL`;

/** SQL: as `waitingIds`, each with its decision before it. */
export const waitingIdsByDecision = ({ sets, key }: FrozenSets) =>
  `SELECT ${key}, unnest(token_ids) FROM ${sets} WHERE written_at IS NULL`;

/**
 * SQL that follows SELECT: the decisions `d` that have the token of this alias in an unwritten set, looked up by its id; a look
 * into an empty index where none waits. For statements over some hundred tokens at most.
 */
// The sets of one decision do not overlap: only the one that begins last before the token can hold it.
export const fromDecisionsOn = ({ decisions, sets, key }: FrozenSets, table: string) => `
  FROM ${decisions} d CROSS JOIN LATERAL (SELECT s.last_id, s.token_ids FROM ${sets} s
    WHERE s.${key} = d.id AND s.written_at IS NULL AND s.first_id <= ${table}.id
    ORDER BY s.first_id DESC LIMIT 1) AS s
  WHERE d.written_at IS NULL AND s.last_id >= ${table}.id AND ${table}.id = ANY (s.token_ids)`;

/**
 * SQL that follows SELECT: as `fromDecisionsOn`, for statements over very many tokens: the ids of all sets are read once and
 * hashed, so that a token in none of them costs next to nothing, and one that is in some little more, however many decisions
 * wait.
 */
// IS TRUE keeps Postgres from making a join of the second question, which would read the sets again for every token.
export const fromDecisionsOnMany = (of: FrozenSets, table: string) => `
  FROM ${of.decisions} d WHERE ${table}.id IN (${waitingIds(of)}) AND d.written_at IS NULL
    AND ((d.id, ${table}.id) IN (${waitingIdsByDecision(of)})) IS TRUE`;

/** What of a decision is stored beside its id and its count, by column: `$n` as the statement has them, and their values. */
export type DecisionColumns = readonly (readonly [column: string, type: string, value: unknown])[];

/** Writes the decision and the sets of the ids selected, and gives how many those are; nothing where there are none. */
export async function freeze(
  tx: Transaction,
  { decisions, sets, key }: FrozenSets,
  decision: { readonly id: string; readonly columns: DecisionColumns },
  selected: IdsSelect,
): Promise<number> {
  // A million ids are sorted in memory, not on disk.
  await rows(tx, `SET LOCAL work_mem = '64MB'`);
  const columns: DecisionColumns = [['id', 'uuid', decision.id], ...decision.columns];
  const first = selected.parameters.length + 1;
  const values = columns.map(([, type], place) => `$${first + place}::${type}`);
  const [row] = await rows<{ count: number }>(
    tx,
    `WITH chosen AS MATERIALIZED (SELECT array_agg(DISTINCT id) AS ids FROM (${selected.sql}) AS selected (id)),
       decision AS (
         INSERT INTO ${decisions} (${columns.map(([name]) => name).join(', ')}, token_count)
         SELECT ${values.join(', ')}, cardinality(ids) FROM chosen WHERE ids IS NOT NULL RETURNING id, token_count),
       sets AS (
         INSERT INTO ${sets} (${key}, first_id, last_id, token_ids)
         SELECT decision.id, ids[place], ids[least(place + ${SET_SIZE} - 1, token_count)], ids[place : place + ${SET_SIZE} - 1]
         FROM decision, chosen, generate_series(1, token_count, ${SET_SIZE}) AS place)
     SELECT token_count AS count FROM decision`,
    [...selected.parameters, ...columns.map(([, , value]) => value)],
  );
  return row?.count ?? 0;
}

/** A set is being written, by this transaction. */
export async function markSetWritten(
  tx: Transaction,
  { sets, key }: FrozenSets,
  { id, firstId }: { readonly id: string; readonly firstId: string },
): Promise<void> {
  await rows(tx, `UPDATE ${sets} SET written_at = clock_timestamp() WHERE ${key} = $1 AND first_id = $2`, [
    id,
    firstId,
  ]);
}

/** A decision that is not known to be written into all its rows yet. */
export interface WaitingDecision {
  readonly id: string;
  /** How many tokens it has hit, written or not. */
  readonly count: number;
}

/** The decisions that are not written whole; a look into an empty index where there are none. */
export async function waitingDecisions(
  tx: Transaction,
  { decisions }: FrozenSets,
): Promise<WaitingDecision[]> {
  return rows(tx, `SELECT id, token_count AS count FROM ${decisions} WHERE written_at IS NULL`);
}

/** Marks decisions of which no set waits any more, so that nobody looks a token up in them. */
export async function markWritten(tx: Transaction, { decisions, sets, key }: FrozenSets): Promise<void> {
  await rows(
    tx,
    `UPDATE ${decisions} d SET written_at = clock_timestamp() WHERE d.written_at IS NULL AND NOT EXISTS (
       SELECT FROM ${sets} s WHERE s.${key} = d.id AND s.written_at IS NULL)`,
  );
}

/**
 * Forgets decisions that were written whole longer ago than every process may still answer from memory
 * (`RESOLVE_GRACE_SECONDS` is at most five minutes).
 */
export async function forgetOld(tx: Transaction, { decisions }: FrozenSets): Promise<void> {
  await rows(tx, `DELETE FROM ${decisions} WHERE written_at < clock_timestamp() - interval '1 hour'`);
}
