import type { Transaction } from '@tokenwarden/database';
import type { Scope } from '@tokenwarden/vocabulary';
import { lockGroups, permissionsOfGroups } from './groups.queries.js';
import { groupsOfUser } from './users.queries.js';

/**
 * What the user may do, and it stays so to the end of the transaction: whoever changes a grant does so before or after.
 * The user must be held already (`lockUser`), so that they neither join nor leave a group meanwhile. Everybody takes
 * users first, then groups by id, then service accounts, then tokens, or two would wait for each other.
 */
export async function heldPermissionsOfUser(tx: Transaction, userId: string): Promise<Scope[]> {
  const groupIds = (await groupsOfUser(tx, userId)).map(({ id }) => id);
  await lockGroups(tx, groupIds);
  return permissionsOfGroups(tx, groupIds);
}
