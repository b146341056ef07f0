import { record, type AuditAction } from '@tokenwarden/audit';
import { databaseNow, recordChange, rows, type Transaction } from '@tokenwarden/database';
import { foldedForSearch, invalidInput, SYSTEM, type Author, type JsonObject } from '@tokenwarden/vocabulary';
import { accountsByIds, withState, type AccountRecord } from './accounts.queries.js';

/** Everything that an account begins with; whether its author may link it to these groups was decided before. */
export interface NewAccount {
  /** A new UUID. */
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** At least one, each of a live group or of one that may come back. */
  readonly groupIds: readonly string[];
}

/**
 * Writes a new account and its links, with its event and its place in the change log.
 * @throws Problem `INVALID_INPUT` on `name` where an account that is not deleted has it
 */
export async function addAccount(tx: Transaction, account: NewAccount, by: Author): Promise<AccountRecord> {
  const { id, name, description, groupIds } = account;
  const createdAt = await databaseNow(tx);
  const searchText = foldedForSearch(name);
  // Written at once instead of looked up before: of two that want the name at the same time one gets it.
  const added = await rows(
    tx,
    `INSERT INTO service_accounts (id, name, description, search_text, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING RETURNING id`,
    [id, name, description, searchText, createdAt, JSON.stringify(by.actor)],
  );
  if (added.length === 0) throw invalidInput('name', 'A name that no other service account has.');
  await rows(
    tx,
    'INSERT INTO service_account_groups (service_account_id, group_id) SELECT $1, unnest($2::uuid[])',
    [id, groupIds],
  );
  const written = withState({
    ...{ id, name, description, searchText, createdAt, createdBy: by.actor },
    ...{ suspendedAt: null, orphanedAt: null, deletedAt: null },
  });
  await note(tx, 'service-account.created', written, by, {
    groupIds,
    ...(description !== null && { description }),
  });
  return written;
}

/**
 * Marks as ORPHANED, by SYSTEM, every account that these groups leave without a live group (rule 11). Those that were
 * orphaned before stay so from then.
 */
export async function orphanAccountsOf(
  tx: Transaction,
  goneGroupIds: readonly string[],
): Promise<AccountRecord[]> {
  const ids = await rows<{ id: string }>(
    tx,
    `UPDATE service_accounts s SET orphaned_at = clock_timestamp()
     WHERE s.deleted_at IS NULL AND s.orphaned_at IS NULL
       AND s.id IN (SELECT l.service_account_id FROM service_account_groups l WHERE l.group_id = ANY($1::uuid[]))
       AND NOT EXISTS (SELECT FROM service_account_groups l JOIN groups g ON g.id = l.group_id
         WHERE l.service_account_id = s.id AND g.state = 'ACTIVE')
     RETURNING s.id`,
    [goneGroupIds],
  );
  return noteAll(tx, 'service-account.orphaned', ids);
}

/**
 * Makes every ORPHANED account of these groups, which live again, what it was before, by SYSTEM; only those that were
 * orphaned after `since`, the beginning of the grace (rule 11).
 */
export async function recoverAccountsOf(
  tx: Transaction,
  liveGroupIds: readonly string[],
  since: Date,
): Promise<AccountRecord[]> {
  const ids = await rows<{ id: string }>(
    tx,
    `UPDATE service_accounts s SET orphaned_at = NULL
     WHERE s.deleted_at IS NULL AND s.orphaned_at > $2
       AND EXISTS (SELECT FROM service_account_groups l JOIN groups g ON g.id = l.group_id
         WHERE l.service_account_id = s.id AND l.group_id = ANY($1::uuid[]) AND g.state = 'ACTIVE')
     RETURNING s.id`,
    [liveGroupIds, since],
  );
  return noteAll(tx, 'service-account.recovered', ids);
}

async function noteAll(
  tx: Transaction,
  action: AuditAction,
  changed: readonly { id: string }[],
): Promise<AccountRecord[]> {
  const accounts = [
    ...(
      await accountsByIds(
        tx,
        changed.map(({ id }) => id),
      )
    ).values(),
  ];
  for (const account of accounts) await note(tx, action, account, SYSTEM);
  return accounts;
}

async function note(
  tx: Transaction,
  action: AuditAction,
  { id, name }: AccountRecord,
  by: Author,
  details?: JsonObject,
): Promise<void> {
  await recordChange(tx, 'service-account', [id]);
  await record(tx, {
    action,
    by,
    target: { type: 'service_account', id, name },
    ...(details && { details }),
  });
}
