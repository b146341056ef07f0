import type { Transaction } from '@tokenwarden/database';
import { applySignIn, NotWhole, userById, type DirectoryUser, type UserEntity } from '@tokenwarden/directory';
import { directoryUnavailable } from '@tokenwarden/vocabulary';
import { applyConsequences } from './apply-consequences.js';

/**
 * Brings the copy to what the entry of somebody who signs in says, by the same checks and with the same consequences as
 * a sync, and gives the user; one who is ACTIVE is held to the end of the transaction. Whoever is not, or is undefined
 * because the copy has a newer answer without them, is refused: an entry that may be older than the copy changes nothing.
 * @param readFrom the database's time before the entry was read
 * @throws Problem `DIRECTORY_UNAVAILABLE` where the entry has the id of an account, a token or a group; roll back
 */
export async function admitUser(
  tx: Transaction,
  entry: DirectoryUser,
  readFrom: Date,
): Promise<UserEntity | undefined> {
  try {
    // A sign-in touches no group: there is none to come back within a grace.
    await applyConsequences(tx, await applySignIn(tx, entry, readFrom), 'PT0S');
  } catch (error) {
    if (!(error instanceof NotWhole)) throw error;
    throw directoryUnavailable('The directory contradicts itself. Ask an administrator.', error);
  }
  return (await userById(tx, entry.id)) ?? undefined;
}
