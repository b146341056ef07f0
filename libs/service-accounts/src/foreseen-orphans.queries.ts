import { rows, type Transaction } from '@tokenwarden/database';
import type { NamedEntry } from '@tokenwarden/directory';
import { hasMoreLiveRowsThan } from '@tokenwarden/tokens';

/** Groups that a change of the directory would take away and bring back, by ids. */
export interface ForeseenGroups {
  readonly gone: readonly string[];
  readonly returned: readonly string[];
}

const LINKED_TO = (groups: string) => `EXISTS (SELECT FROM service_account_groups l
  WHERE l.service_account_id = s.id AND l.group_id = ANY(${groups}::uuid[]))`;

/** The accounts that would be orphaned, by id: what `orphanAccountsOf` would find then. Nothing is held. */
export async function accountsToOrphan(tx: Transaction, groups: ForeseenGroups): Promise<NamedEntry[]> {
  return accountsThat(
    tx,
    `s.orphaned_at IS NULL AND ${LINKED_TO('$1')}
     AND NOT EXISTS (SELECT FROM service_account_groups l JOIN groups g ON g.id = l.group_id
       WHERE l.service_account_id = s.id AND (g.id = ANY($2::uuid[]) OR (g.state = 'ACTIVE' AND g.id <> ALL($1::uuid[]))))`,
    [groups.gone, groups.returned],
  );
}

/** The accounts that would be what they were before, by id: what `recoverAccountsOf` would find then. Nothing is held. */
export async function accountsToRecover(
  tx: Transaction,
  returnedGroupIds: readonly string[],
  since: Date,
): Promise<NamedEntry[]> {
  return accountsThat(tx, `s.orphaned_at > $2 AND ${LINKED_TO('$1')}`, [returnedGroupIds, since]);
}

/** The ids of the accounts that `lockAccountsPastGrace` would find. Nothing is held. */
export async function accountsPastGrace(tx: Transaction, since: Date): Promise<string[]> {
  const condition = `s.orphaned_at <= $1 AND ${hasMoreLiveRowsThan('s.id', '0')}`;
  return (await accountsThat(tx, condition, [since])).map(({ id }) => id);
}

async function accountsThat(
  tx: Transaction,
  condition: string,
  parameters: readonly unknown[],
): Promise<NamedEntry[]> {
  const sql = `SELECT s.id, s.name FROM service_accounts s WHERE s.deleted_at IS NULL AND ${condition} ORDER BY s.id`;
  return rows(tx, sql, parameters);
}
