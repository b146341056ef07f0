import type { Transaction } from './database.js';
import { writeTogether, type Write } from './writes.js';

/** What changed so that an answer of resolving may be another one now. */
export type ChangeKind =
  | 'token'
  | 'user'
  | 'group'
  | 'service-account'
  | 'signing-key'
  | 'directory'
  /** Its subject is the revocation: one change for the many tokens that it names. */
  | 'bulk-revocation'
  /** Its subject is the cap: one change for the many tokens whose ends a policy change moved. */
  | 'bulk-cap';

/**
 * Writes into the change log that these subjects are no longer what they were. Call it in the transaction of the
 * change itself: whoever answers from memory learns of it by this row alone. Without subjects, all of the kind changed.
 */
export async function recordChange(
  tx: Transaction,
  kind: ChangeKind,
  subjectIds: readonly string[],
): Promise<void> {
  let start = 0;
  do {
    await writeTogether(tx, [changeOf(kind, subjectIds.slice(start, start + SUBJECTS_AT_ONCE))]);
    start += SUBJECTS_AT_ONCE;
  } while (start < subjectIds.length);
}

// A row takes many subjects, yet not a whole company.
const SUBJECTS_AT_ONCE = 1_000;

/** What `recordChange` writes, for a statement that makes the change as well. */
export function changeOf(kind: ChangeKind, subjectIds: readonly string[]): Write {
  return { sql: 'INSERT INTO changes (kind, subject_ids) VALUES ($1, $2)', parameters: [kind, subjectIds] };
}
