import { rows, type Transaction } from '@tokenwarden/database';
import { tokensNow, type IdsSelect } from '@tokenwarden/tokens';
import { conditionsOf, type TokenSelection } from '../token-lists/token-selection.queries.js';

/** The ids of the tokens selected that are live at this moment. */
export async function liveIdsOf(tx: Transaction, selection: TokenSelection): Promise<IdsSelect> {
  const { conditions, parameters } = conditionsOf(selection);
  const live = [...conditions, 't.revoked_at IS NULL', 't.ends_at > statement_timestamp()'];
  return { sql: `SELECT t.id FROM ${await tokensNow(tx)} t WHERE ${live.join(' AND ')}`, parameters };
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
