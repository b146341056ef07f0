import { rows, type Transaction } from '@tokenwarden/database';
import { absencesInWords } from './absences.rules.js';
import { faultsAgainst } from './answer-faults.rules.js';
import { tollOf, type Toll } from './brake.rules.js';
import { NotWhole, type WholeAnswer } from './directory-answer.js';
import { whatChanges, type DirectoryChanges } from './directory-changes.rules.js';
import { readCopy } from './directory-copy.queries.js';
import { Slices } from './slices.js';

/** What a whole answer would change, and what it would take away. */
export interface Comparison {
  readonly changes: DirectoryChanges;
  readonly toll: Toll;
}

/**
 * Compares a whole answer with the copy as it is at this moment; nothing is written or held. For a run that only says what
 * it would do: `applyAnswer` compares for itself.
 * @param readFrom the database's time before the answer was read: what was learned later by a sign-in is newer
 * @throws NotWhole where the copy shows that the answer cannot be right
 */
export async function compareAnswer(
  tx: Transaction,
  answer: WholeAnswer,
  readFrom: Date,
): Promise<Comparison> {
  // Postgres ends a transaction in which nothing is asked for seconds.
  const slices = new Slices({ everySecond: () => rows(tx, 'SELECT') });
  const copy = await readCopy(tx, answer, slices);
  const faults = faultsAgainst(copy, answer);
  if (faults.length > 0) throw new NotWhole(faults);
  const difference = await slices.resultOf(whatChanges(copy, answer, readFrom));
  const toll = tollOf(copy, answer, difference);
  const warnings = absencesInWords(toll.absences);
  return { changes: warnings.length > 0 ? { ...difference, warnings } : difference, toll };
}
