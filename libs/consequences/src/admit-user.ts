import type { Transaction } from '@tokenwarden/database';
import { applySignIn, NotWhole, userById, type DirectoryUser, type UserEntity } from '@tokenwarden/directory';
import { directoryUnavailable } from '@tokenwarden/vocabulary';
import { applyConsequences } from './apply-consequences.js';

/**
 * Brings the copy to what the entry of somebody who signs in says, by the same checks and with the same consequences as
 * a sync, and gives the user, held to the end of the transaction; whether they are still ACTIVE is to be looked at now.
 * @throws Problem `DIRECTORY_UNAVAILABLE` where the entry has the id of an account, a token or a group; roll back
 */
export async function admitUser(tx: Transaction, entry: DirectoryUser): Promise<UserEntity> {
  try {
    // A sign-in touches no group: there is none to come back within a grace.
    await applyConsequences(tx, await applySignIn(tx, entry), 'PT0S');
  } catch (error) {
    if (!(error instanceof NotWhole)) throw error;
    throw directoryUnavailable('The directory contradicts itself. Ask an administrator.', error);
  }
  const user = await userById(tx, entry.id);
  if (!user) throw new Error('A user who was just written is not there.');
  return user;
}
