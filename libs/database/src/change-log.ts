import { rows } from './rows.js';
import type { Transaction } from './database.js';

/** What changed so that an answer of resolving may be another one now. */
export type ChangeKind =
  | 'token'
  | 'user'
  | 'group'
  | 'service-account'
  | 'signing-key'
  | 'directory'
  /** Its subject is the revocation: one change for the many tokens that it names. */
  | 'bulk-revocation';

/**
 * Writes into the change log that these subjects are no longer what they were. Call it in the transaction of the
 * change itself: whoever answers from memory learns of it by this row alone. Without subjects, all of the kind changed.
 */
export async function recordChange(
  tx: Transaction,
  kind: ChangeKind,
  subjectIds: readonly string[],
): Promise<void> {
  await rows(tx, 'INSERT INTO changes (kind, subject_ids) VALUES ($1, $2)', [kind, subjectIds]);
}
