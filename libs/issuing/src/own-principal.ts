import type { Transaction } from '@tokenwarden/database';
import { heldPermissionsOfUser, lockUser } from '@tokenwarden/directory';
import { principalNotActive, type Scope } from '@tokenwarden/vocabulary';
import { lockIssuing, lockOwnIssuing, lockRequest } from './issuing.queries.js';
import type { Principal } from './token-issuer.js';

/**
 * The user as somebody who is issued a token by themselves: they, and their issuing, held to the end of the transaction
 * that this begins. Their groups are held only where scopes are named, and then before their issuing, as everybody does.
 * @param requestLock as `lockRequest` takes it
 * @throws Problem `PRINCIPAL_NOT_ACTIVE`
 */
export async function holdOwnPrincipal(
  tx: Transaction,
  userId: string,
  requestLock: string | undefined,
  { namesScopes }: { namesScopes: boolean },
): Promise<Principal> {
  if (!namesScopes) {
    refuseInactive(await lockOwnIssuing(tx, userId, requestLock));
    return principalOf(userId, undefined);
  }
  await lockRequest(tx, requestLock);
  refuseInactive((await lockUser(tx, userId))?.state);
  const permissions = await heldPermissionsOfUser(tx, userId);
  await lockIssuing(tx, userId);
  return principalOf(userId, permissions);
}

function refuseInactive(state: string | undefined): void {
  if (state !== 'ACTIVE') throw principalNotActive('Only an active user is issued tokens.');
}

function principalOf(id: string, permissions: readonly Scope[] | undefined): Principal {
  return { kind: 'USER', id, permissions, whose: 'You do not hold it.', target: undefined };
}
