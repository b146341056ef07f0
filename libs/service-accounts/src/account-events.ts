import { record, recordAll, type AuditAction } from '@tokenwarden/audit';
import { recordChange, type Transaction } from '@tokenwarden/database';
import type { Author, JsonObject } from '@tokenwarden/vocabulary';

/** What every change of an account leaves behind, in its transaction: its place in the change log and its event (rule 20). */
export async function noteChange(
  tx: Transaction,
  action: AuditAction,
  { id, name }: { readonly id: string; readonly name: string },
  by: Author,
  details: JsonObject = {},
): Promise<void> {
  await recordChange(tx, 'service-account', [id]);
  const target = { type: 'service_account', id, name } as const;
  await record(tx, { action, by, target, ...(Object.keys(details).length > 0 && { details }) });
}

/**
 * As `noteChange`, of many accounts that changed in the same way: when all groups of a company are gone, by few statements.
 * @param detailsOf what the event of the account with this id says beyond that
 */
export async function noteChanges(
  tx: Transaction,
  action: AuditAction,
  accounts: readonly { readonly id: string; readonly name: string }[],
  by: Author,
  detailsOf: (id: string) => JsonObject,
): Promise<void> {
  if (accounts.length === 0) return;
  await recordChange(
    tx,
    'service-account',
    accounts.map(({ id }) => id),
  );
  await recordAll(
    tx,
    accounts.map(({ id, name }) => ({
      ...{ action, by, details: detailsOf(id) },
      target: { type: 'service_account', id, name } as const,
    })),
  );
}
