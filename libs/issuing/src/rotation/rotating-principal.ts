import { databaseNow, type Transaction } from '@tokenwarden/database';
import { heldPermissionsOfUser, holdCaller, lockUser } from '@tokenwarden/directory';
import { lockAccount, permissionsOfAccount } from '@tokenwarden/service-accounts';
import { findToken, requireRightTo, type AccessTokenEntity } from '@tokenwarden/tokens';
import { NOBODY, notFound, type Caller } from '@tokenwarden/vocabulary';
import { holdMembership } from '../account-access.js';
import type { Principal } from '../token-issuer.js';
import { targetOf } from './rotation.rules.js';

/** Whom a token acts as, once the caller has the right to rotate it; held to the end of the transaction. */
export interface RotatingPrincipal extends Principal {
  readonly isActive: boolean;
}

/**
 * Holds the principal of a token that the caller may rotate (rules 6 and 7): its owner, or a member of its account's groups
 * now, in a session; the token itself by `tokens:rotate-self`. Everything but the token is locked here, in the order in
 * which everybody does; the token's kind and principal never change. Whoever may not see it is answered as if there were
 * none, after as many statements. What the principal may do is read only where scopes are named.
 * `successorId` is what this very request was given already: where the token itself was purged, its principal is known by that.
 * @throws Problem `NOT_FOUND` on `id`, `NOT_A_MEMBER`, `FORBIDDEN`
 */
export async function holdRotatingPrincipal(
  tx: Transaction,
  id: string,
  caller: Caller,
  { namesScopes, successorId }: { namesScopes: boolean; successorId: string | undefined },
): Promise<RotatingPrincipal> {
  const token = (await findToken(tx, id)) ?? (successorId ? await findToken(tx, successorId) : null);
  const now = await databaseNow(tx);
  const held =
    caller.carrier === 'token' ? await heldByItself(tx, caller) : await heldForSession(tx, token, caller);
  if (!token) throw notFound('id');
  requireRightTo('ROTATE', token, held.standing, held.caller, now);
  return {
    kind: token.kind,
    id: token.principalId,
    isActive: held.isActive,
    permissions: namesScopes ? await permissionsOf(tx, token) : undefined,
    whose:
      token.kind === 'USER' ? 'Its owner does not hold it.' : "The service account's groups do not hold it.",
    target: targetOf(token),
  };
}

/** How the caller stands to the token, and whether the principal is active. */
interface Held {
  readonly standing: { readonly owns: boolean; readonly member: boolean };
  readonly isActive: boolean;
  /** With what it may do now. */
  readonly caller: Caller;
}

async function heldForSession(
  tx: Transaction,
  token: AccessTokenEntity | null,
  caller: Caller,
): Promise<Held> {
  if (token?.kind === 'USER' && token.principalId === caller.principal.id) {
    const isActive = (await lockUser(tx, caller.principal.id))?.state === 'ACTIVE';
    return { standing: { owns: true, member: false }, isActive, caller };
  }
  const accountId = token?.kind === 'SERVICE_ACCOUNT' ? token.principalId : NOBODY;
  const { account, isMember } = await holdMembership(tx, accountId, caller);
  return { standing: { owns: false, member: isMember }, isActive: account?.state === 'ACTIVE', caller };
}

async function heldByItself(tx: Transaction, caller: Caller): Promise<Held> {
  // What it may do is read again: the scope for this may have been taken since the request began.
  const { permissions } = await holdCaller(tx, caller, [], 'SHARE');
  const { id, kind } = caller.principal;
  const principal = await (kind === 'USER' ? lockUser : lockAccount)(tx, id);
  return {
    standing: { owns: false, member: false },
    isActive: principal?.state === 'ACTIVE',
    caller: { ...caller, permissions },
  };
}

async function permissionsOf(tx: Transaction, { kind, principalId }: AccessTokenEntity) {
  return kind === 'USER' ? heldPermissionsOfUser(tx, principalId) : permissionsOfAccount(tx, principalId);
}
