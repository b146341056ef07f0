import { record, type AuditAction } from '@tokenwarden/audit';
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
