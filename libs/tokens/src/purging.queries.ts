import { recordingOfSelected } from '@tokenwarden/audit';
import { rows, type Transaction } from '@tokenwarden/database';
import { CAPS, fromDecisionsOn, REVOCATIONS } from './frozen-sets.queries.js';

/** What must be so of a token of the alias `t`; its parameters are `$2` and so on. */
export interface TokenCondition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

// As in the events of everything else: the moment as RFC 3339 in UTC. least() leaves a revocation out that is not there.
const ENDED_AT = `to_char(least(t.ends_at, t.revoked_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

// What one decision did to many tokens has an event for each of them, which comes with the row that it is written into.
const AWAITS_NOTHING = [REVOCATIONS, CAPS]
  .map((decisions) => `NOT EXISTS (SELECT ${fromDecisionsOn(decisions, 't')})`)
  .join(' AND ');

// Who writes uses down, or changes the successor, holds these rows and may want the token's next: whoever waited for them
// with the token in hand would stand in a circle.
const SUCCESSORS = `SELECT s.predecessor_id AS id FROM held JOIN access_tokens s ON s.predecessor_id = held.id
    FOR NO KEY UPDATE OF s SKIP LOCKED`;
const USES =
  'SELECT u.token_id AS id FROM held JOIN token_uses u ON u.token_id = held.id FOR UPDATE OF u SKIP LOCKED';
const IS_FREE = `(NOT EXISTS (SELECT FROM access_tokens s WHERE s.predecessor_id = t.id) OR t.id IN (SELECT id FROM successors))
  AND (NOT EXISTS (SELECT FROM token_uses u WHERE u.token_id = t.id) OR t.id IN (SELECT id FROM uses))`;

/**
 * Deletes those of these tokens of which `isDue` is true and which nobody else holds, with the event `token.purged` for each,
 * by one statement. Uses, usage days and warnings go with them, and a successor has no predecessor any more.
 * @returns the ids that were deleted
 */
export async function deleteDue(
  tx: Transaction,
  ids: readonly string[],
  isDue: TokenCondition,
): Promise<string[]> {
  const deleted = await rows<{ id: string }>(
    tx,
    `WITH held AS MATERIALIZED (SELECT t.id FROM access_tokens t WHERE t.id = ANY ($1::uuid[]) AND (${isDue.sql})
         AND ${AWAITS_NOTHING} FOR UPDATE OF t SKIP LOCKED),
       successors AS MATERIALIZED (${SUCCESSORS}),
       uses AS MATERIALIZED (${USES}),
       purged AS (DELETE FROM access_tokens t USING held WHERE t.id = held.id AND ${IS_FREE}
         RETURNING t.id AS target_id, t.name AS target_name, jsonb_strip_nulls(jsonb_build_object('kind', t.kind,
           'principalId', t.principal_id, 'endedAt', ${ENDED_AT}, 'predecessorId', t.predecessor_id)) AS details),
       recorded AS (${recordingOfSelected({ action: 'token.purged', targetType: 'token', from: 'purged' })})
     SELECT target_id AS id FROM purged`,
    [ids, ...isDue.parameters],
  );
  return deleted.map(({ id }) => id);
}
