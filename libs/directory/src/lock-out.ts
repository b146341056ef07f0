import { lockFor, type Transaction } from '@tokenwarden/database';
import { wouldLockOut } from '@tokenwarden/vocabulary';
import { countAdministrators } from './users.queries.js';

/** Whoever changes what a group grants, or must know that nobody does so meanwhile, is alone with it. */
export const GRANTS_LOCK = 'grants';

/**
 * Makes a change that somebody asked for, and refuses it where no active user holds `*:*` after it although one did
 * before. It is for what a person decides: an answer of the directory that nobody has to accept is never refused.
 * @param field the input that the refusal names
 * @throws Problem `WOULD_LOCK_OUT` on `field`; roll back
 */
export async function refuseLockOut<T>(tx: Transaction, field: string, change: () => Promise<T>): Promise<T> {
  // Two changes that each leave the other's administrators as the last ones would lock everybody out together.
  await lockFor(tx, GRANTS_LOCK);
  const hadAdministrators = (await countAdministrators(tx)) > 0;
  const changed = await change();
  if (hadAdministrators && (await countAdministrators(tx)) === 0) {
    throw wouldLockOut(field, 'After this no active user would hold "*:*". Grant it to another group first.');
  }
  return changed;
}
