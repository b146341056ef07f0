import { rows, type Transaction } from '@tokenwarden/database';
import { IDS_BEING_REVOKED, waitingRevocations, type IdsSelect } from '@tokenwarden/tokens';
import { conditionsOf, type TokenSelection } from '../token-lists/token-selection.queries.js';

/**
 * The ids of the tokens selected that are live at this moment. What another bulk revocation has hit and not yet written is
 * taken away as a whole: looked up for each of a hundred thousand it would take seconds.
 */
export async function liveIdsOf(tx: Transaction, selection: TokenSelection): Promise<IdsSelect> {
  const { conditions, parameters } = conditionsOf(selection);
  const live = [...conditions, 't.revoked_at IS NULL', 't.ends_at > statement_timestamp()'];
  const inRows = `SELECT t.id FROM access_tokens t WHERE ${live.join(' AND ')}`;
  const isBeingWritten = (await waitingRevocations(tx)).length > 0;
  return { sql: isBeingWritten ? `${inRows} EXCEPT ${IDS_BEING_REVOKED}` : inRows, parameters };
}

/** How many ids are selected, all of them. */
export async function countIds(tx: Transaction, { sql, parameters }: IdsSelect): Promise<number> {
  const [row] = await rows<{ count: number }>(
    tx,
    `SELECT count(*)::integer AS count FROM (${sql}) AS ids`,
    parameters,
  );
  return row?.count ?? 0;
}
