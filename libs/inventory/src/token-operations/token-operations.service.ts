import { Injectable } from '@nestjs/common';
import { Database, databaseNow, type Transaction } from '@tokenwarden/database';
import { lockUser } from '@tokenwarden/directory';
import { accountsManagedBy, lockAccount } from '@tokenwarden/service-accounts';
import {
  findToken,
  holdOffBulkRevocations,
  isLive,
  lockToken,
  renameToken,
  requireRightTo,
  resumeToken,
  revokeToken,
  standingOf,
  suspendsByScopeAlone,
  suspendToken,
  toAccessToken,
  type AccessToken,
  type AccessTokenEntity,
  type Standing,
} from '@tokenwarden/tokens';
import {
  authorOf,
  NOBODY,
  notFound,
  principalNotActive,
  type Caller,
  type TokenAction,
} from '@tokenwarden/vocabulary';
import type { RevokeTokenInput, TokenIdInput, UpdateTokenInput } from './token-operations.types.js';

/** What people and programs do to a token that exists; each is one transaction, and gives the token as it is then. */
@Injectable()
export class TokenOperationsService {
  constructor(private readonly database: Database) {}

  /**
   * Gives it another name or description: the owner, or a member of the account's groups.
   * @throws Problem `NOT_FOUND`, `FORBIDDEN`, `NOT_A_MEMBER`, `INVALID_INPUT`
   */
  update(caller: Caller, { id, name, description }: UpdateTokenInput): Promise<AccessToken> {
    const names = {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    };
    return this.changed(async (tx) => {
      const { token } = await lockedFor('UPDATE', tx, id, caller);
      return renameToken(tx, token, names, authorOf(caller));
    });
  }

  /**
   * Revokes it for good, an expired one too; revoking it again changes and records nothing.
   * @throws Problem `NOT_FOUND`, `FORBIDDEN`
   */
  revoke(caller: Caller, { id, reason }: RevokeTokenInput): Promise<AccessToken> {
    return this.changed(async (tx) => {
      const { token } = await lockedFor('REVOKE', tx, id, caller);
      return revokeToken(tx, token, authorOf(caller), reason ?? null);
    });
  }

  /**
   * Stops it until it is resumed; suspending it again changes and records nothing.
   * @throws Problem `NOT_FOUND`, `FORBIDDEN`, `TOKEN_NOT_ACTIVE`
   */
  suspend(caller: Caller, { id, reason }: TokenIdInput): Promise<AccessToken> {
    return this.changed(async (tx) => {
      const { token, standing } = await lockedFor('SUSPEND', tx, id, caller);
      const suspension = { reason: reason ?? null, withScope: suspendsByScopeAlone(standing, caller) };
      return suspendToken(tx, token, authorOf(caller), suspension);
    });
  }

  /**
   * Lets it resolve again, once its principal is active.
   * @throws Problem `NOT_FOUND`, `FORBIDDEN`, `TOKEN_NOT_ACTIVE`, `PRINCIPAL_NOT_ACTIVE`
   */
  resume(caller: Caller, { id, reason }: TokenIdInput): Promise<AccessToken> {
    return this.changed(async (tx) => {
      const principalFault = await lockedPrincipalFault(tx, await findToken(tx, id));
      const { token } = await lockedFor('RESUME', tx, id, caller);
      if (principalFault !== undefined && isLive(token, await databaseNow(tx)))
        throw principalNotActive(principalFault);
      return resumeToken(tx, token, authorOf(caller), { reason: reason ?? null });
    });
  }

  private changed(change: (tx: Transaction) => Promise<AccessTokenEntity>): Promise<AccessToken> {
    return this.database.transaction(async (tx) => {
      await holdOffBulkRevocations(tx);
      return toAccessToken(await change(tx), await databaseNow(tx));
    });
  }
}

/**
 * The token, locked, and how the caller stands to it, once it has the right to do this. What the caller manages is asked
 * before it is known whether there is such a token: both answers take as long.
 */
async function lockedFor(
  action: TokenAction,
  tx: Transaction,
  id: string,
  caller: Caller,
): Promise<{ token: AccessTokenEntity; standing: Standing }> {
  const token = await lockToken(tx, id);
  const managed = caller.principal.kind === 'USER' ? await accountsManagedBy(tx, caller.principal.id) : [];
  const now = await databaseNow(tx);
  if (!token) throw notFound('id');
  const standing = standingOf(token, caller, new Set(managed));
  requireRightTo(action, token, standing, caller, now);
  return { token, standing };
}

/**
 * Holds the token's principal as it is and says what is wrong with it. Before the token itself is locked: whoever
 * disables a user takes the user first and its tokens then, and the two must not wait for each other.
 */
async function lockedPrincipalFault(
  tx: Transaction,
  token: AccessTokenEntity | null,
): Promise<string | undefined> {
  if (token === null) {
    await lockUser(tx, NOBODY); // it takes as long as for one that is there and hidden
    return undefined;
  }
  if (token.kind === 'USER') {
    const user = await lockUser(tx, token.principalId);
    return user?.state === 'ACTIVE' ? undefined : 'The owner of this token is not active in the directory.';
  }
  const account = await lockAccount(tx, token.principalId);
  return account?.state === 'ACTIVE' ? undefined : 'The service account of this token is not active.';
}
