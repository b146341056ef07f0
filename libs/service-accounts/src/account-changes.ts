import { databaseNow, rows, type Transaction } from '@tokenwarden/database';
import { withReason } from '@tokenwarden/tokens';
import { foldedForSearch, invalidInput, type Author } from '@tokenwarden/vocabulary';
import { noteChange } from './account-events.js';
import type { AccountDifference } from './account-update.rules.js';
import { changeAccount, withState, type AccountRecord } from './accounts.queries.js';

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
  if (added.length === 0) throw nameTaken();
  await link(tx, id, groupIds);
  const written = withState({
    ...{ id, name, description, searchText, createdAt, createdBy: by.actor },
    ...{ suspendedAt: null, orphanedAt: null, graceEndedAt: null, deletedAt: null },
  });
  await noteChange(tx, 'service-account.created', written, by, {
    groupIds,
    ...(description !== null && { description }),
  });
  return written;
}

/**
 * Brings the locked account to what was asked, with one event that says what was before; nothing is written or recorded
 * where nothing differs. Whether its author may link it to these groups was decided before.
 * @throws Problem `INVALID_INPUT` on `name` where another account that is not deleted has it; roll back
 */
export async function updateAccount(
  tx: Transaction,
  account: AccountRecord,
  { name, description, addedGroupIds, removedGroupIds, details }: AccountDifference,
  by: Author,
): Promise<AccountRecord> {
  if (Object.keys(details).length === 0) return account;
  await rows(
    tx,
    'DELETE FROM service_account_groups WHERE service_account_id = $1 AND group_id = ANY($2::uuid[])',
    [account.id, removedGroupIds],
  );
  await link(tx, account.id, addedGroupIds);
  const names = { name, description, searchText: foldedForSearch(name) };
  const updated = await changeAccount(tx, account.id, names).catch((error: unknown) => {
    throw isTakenName(error) ? nameTaken() : error;
  });
  await noteChange(tx, 'service-account.updated', updated, by, details);
  return updated;
}

/** Suspends the locked account: its tokens stay as they are and stop resolving. Repeated it records nothing. */
export async function suspendAccount(
  tx: Transaction,
  account: AccountRecord,
  by: Author,
  reason: string | null,
): Promise<AccountRecord> {
  if (account.suspendedAt !== null) return account;
  const suspended = await changeAccount(tx, account.id, { suspendedAt: await databaseNow(tx) });
  await noteChange(tx, 'service-account.suspended', suspended, by, withReason(reason));
  return suspended;
}

/** Lifts the suspension of the locked account; one whose groups are gone is ORPHANED then. Repeated it records nothing. */
export async function resumeAccount(
  tx: Transaction,
  account: AccountRecord,
  by: Author,
  reason: string | null,
): Promise<AccountRecord> {
  if (account.suspendedAt === null) return account;
  const resumed = await changeAccount(tx, account.id, { suspendedAt: null });
  await noteChange(tx, 'service-account.resumed', resumed, by, withReason(reason));
  return resumed;
}

/** Deletes the locked account, whose tokens were revoked before; its row stays, so that what shows of it has its name. */
export async function deleteAccount(
  tx: Transaction,
  account: AccountRecord,
  by: Author,
  { reason, revokedTokens }: { readonly reason: string | null; readonly revokedTokens: number },
): Promise<void> {
  const deleted = await changeAccount(tx, account.id, { deletedAt: await databaseNow(tx) });
  await noteChange(tx, 'service-account.deleted', deleted, by, { ...withReason(reason), revokedTokens });
}

async function link(tx: Transaction, accountId: string, groupIds: readonly string[]): Promise<void> {
  await rows(
    tx,
    'INSERT INTO service_account_groups (service_account_id, group_id) SELECT $1, unnest($2::uuid[])',
    [accountId, groupIds],
  );
}

function nameTaken() {
  return invalidInput('name', 'A name that no other service account has.');
}

function isTakenName(error: unknown): boolean {
  return (
    error instanceof Error && 'constraint' in error && error.constraint === 'service_accounts_name_is_unique'
  );
}
