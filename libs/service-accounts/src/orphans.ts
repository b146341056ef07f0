import type { AuditAction } from '@tokenwarden/audit';
import { rows, type Transaction } from '@tokenwarden/database';
import { hasMoreLiveRowsThan } from '@tokenwarden/tokens';
import { SYSTEM, type Author } from '@tokenwarden/vocabulary';
import { noteChange, noteChanges } from './account-events.js';
import { accountsByIds, changeAccount, groupIdsOfAccounts, type AccountRecord } from './accounts.queries.js';

/**
 * Marks as ORPHANED, by SYSTEM, every account that these groups leave without a live group (rule 11). Those that were
 * orphaned before stay so from then. The groups are held for their change.
 */
export async function orphanAccountsOf(
  tx: Transaction,
  goneGroupIds: readonly string[],
): Promise<AccountRecord[]> {
  const linked = await rows<{ id: string }>(
    tx,
    `SELECT s.id FROM service_accounts s
     WHERE s.id IN (SELECT l.service_account_id FROM service_account_groups l WHERE l.group_id = ANY($1::uuid[]))
     ORDER BY s.id FOR UPDATE OF s`,
    [goneGroupIds],
  );
  // Looked at by a statement of its own, once they are held: one that was being linked to another group has it now.
  const orphaned = await rows<{ id: string }>(
    tx,
    `UPDATE service_accounts s SET orphaned_at = clock_timestamp()
     WHERE s.id = ANY($1::uuid[]) AND s.deleted_at IS NULL AND s.orphaned_at IS NULL
       AND NOT EXISTS (SELECT FROM service_account_groups l JOIN groups g ON g.id = l.group_id
         WHERE l.service_account_id = s.id AND g.state = 'ACTIVE')
     RETURNING s.id`,
    [linked.map(({ id }) => id)],
  );
  return noteAll(tx, 'service-account.orphaned', orphaned, goneGroupIds);
}

/**
 * Makes every ORPHANED account of these groups, which live again, what it was before, by SYSTEM; only those that were
 * orphaned after `since`, the beginning of the grace (rule 11). They are locked in the order in which everybody locks them.
 */
export async function recoverAccountsOf(
  tx: Transaction,
  liveGroupIds: readonly string[],
  since: Date,
): Promise<AccountRecord[]> {
  const ids = await rows<{ id: string }>(
    tx,
    `WITH hit AS (
       SELECT s.id FROM service_accounts s
       WHERE s.deleted_at IS NULL AND s.orphaned_at > $2
         AND EXISTS (SELECT FROM service_account_groups l JOIN groups g ON g.id = l.group_id
           WHERE l.service_account_id = s.id AND l.group_id = ANY($1::uuid[]) AND g.state = 'ACTIVE')
       ORDER BY s.id FOR UPDATE OF s)
     UPDATE service_accounts s SET orphaned_at = NULL, grace_ended_at = NULL FROM hit WHERE s.id = hit.id RETURNING s.id`,
    [liveGroupIds, since],
  );
  return noteAll(tx, 'service-account.recovered', ids, liveGroupIds);
}

/** Makes the locked account, which has been linked to these live groups, what it was before it was orphaned. */
export async function recoverAccount(
  tx: Transaction,
  account: AccountRecord,
  liveGroupIds: readonly string[],
  by: Author,
): Promise<AccountRecord> {
  const recovered = await changeAccount(tx, account.id, { orphanedAt: null, graceEndedAt: null });
  await noteChange(tx, 'service-account.recovered', recovered, by, { groupIds: liveGroupIds });
  return recovered;
}

/**
 * The accounts, by id, that were orphaned at `since` or before and still have live tokens, locked: the grace in which they
 * could come back is over (rule 11), suspended ones among them. One that somebody else has in hand at this moment is left
 * out, so that nobody is waited for. What an account is stays as it is; its tokens are for the caller to end.
 */
export async function lockAccountsPastGrace(tx: Transaction, since: Date): Promise<AccountRecord[]> {
  const found = await rows<{ id: string }>(
    tx,
    `SELECT s.id FROM service_accounts s
     WHERE s.deleted_at IS NULL AND s.orphaned_at <= $1 AND ${hasMoreLiveRowsThan('s.id', '0')}
     ORDER BY s.id FOR UPDATE OF s SKIP LOCKED`,
    [since],
  );
  const ids = found.map(({ id }) => id);
  const accounts = await accountsByIds(tx, ids);
  return ids.flatMap((id) => accounts.get(id) ?? []);
}

/**
 * Notes that the grace of the accounts is over that were orphaned at `since` or before, and gives those of which that was not
 * noted before: once for each time that an account is orphaned. One that somebody else has in hand is left to the next time.
 */
export async function noteEndedGraces(
  tx: Transaction,
  since: Date,
): Promise<{ readonly id: string; readonly name: string }[]> {
  return rows(
    tx,
    `WITH over AS (
       SELECT s.id FROM service_accounts s
       WHERE s.deleted_at IS NULL AND s.orphaned_at <= $1 AND s.grace_ended_at IS NULL
       ORDER BY s.id FOR UPDATE OF s SKIP LOCKED)
     UPDATE service_accounts s SET grace_ended_at = clock_timestamp() FROM over WHERE s.id = over.id
     RETURNING s.id, s.name`,
    [since],
  );
}

// Each event names those of the groups that left, or came back, to which its account is linked.
async function noteAll(
  tx: Transaction,
  action: AuditAction,
  changed: readonly { id: string }[],
  groupIds: readonly string[],
): Promise<AccountRecord[]> {
  const ids = changed.map(({ id }) => id);
  const accounts = [...(await accountsByIds(tx, ids)).values()];
  const linked = await groupIdsOfAccounts(tx, ids);
  const concerned = new Set(groupIds);
  await noteChanges(tx, action, accounts, SYSTEM, (id) => ({
    groupIds: (linked.get(id) ?? []).filter((groupId) => concerned.has(groupId)),
  }));
  return accounts;
}
