import { Injectable } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { permissionsOfAccount } from '@tokenwarden/service-accounts';
import { Settings } from '@tokenwarden/settings';
import { authorOf, forbidden, principalNotActive, type Caller } from '@tokenwarden/vocabulary';
import { lockAccountForMember } from './account-access.js';
import { audiencesInForce, checkedToken, type AskedToken, type CheckedToken } from './asked-token.rules.js';
import { Idempotency, requestLock, requestOf } from './idempotency/idempotency.js';
import { lockIssuing, lockRequest } from './issuing.queries.js';
import { holdOwnPrincipal } from './own-principal.js';
import { TokenIssuer, type IssuedToken, type TokenToIssue } from './token-issuer.js';

/** A wish for a token, and the key by which its repeats are known. */
export interface AskedOnce extends AskedToken {
  readonly idempotencyKey?: string | undefined;
}

/** Tokens for whoever is signed in: for themselves, and for the service accounts of their groups. */
@Injectable()
export class IssuingService {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly issuer: TokenIssuer,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Issues a token that acts as the caller, who is signed in.
   * @throws Problem `FORBIDDEN` by token (rule 7), `INVALID_INPUT`, `PRINCIPAL_NOT_ACTIVE`, `LIFETIME_EXCEEDS_POLICY`,
   * `SCOPE_NOT_GRANTED` on `scopes.N`, `RATE_LIMITED`, `IDEMPOTENCY_CONFLICT`
   */
  async issueUserToken(caller: Caller, { idempotencyKey, ...asked }: AskedOnce): Promise<IssuedToken> {
    refuseTokens(caller);
    const checked = checkedToken(asked);
    const { id } = caller.principal;
    const request = requestOf(caller, 'createUserToken', idempotencyKey, { ...asked });
    return this.database.transaction(async (tx) => {
      const namesScopes = checked.scopes !== undefined;
      const principal = await holdOwnPrincipal(tx, id, requestLock(request), { namesScopes });
      return this.idempotency.once(tx, request, async () => {
        const conditions = await this.issuer.conditions(tx, id);
        return this.issuer.issue(tx, conditions, principal, this.toIssue(checked), authorOf(caller));
      });
    });
  }

  /**
   * Issues a token that acts as a service account, for a member of one of its groups (rule 6).
   * @throws Problem as `issueUserToken`; `NOT_FOUND` on `serviceAccountId`, `NOT_A_MEMBER`
   */
  async issueServiceAccountToken(
    caller: Caller,
    serviceAccountId: string,
    { idempotencyKey, ...asked }: AskedOnce,
  ): Promise<IssuedToken> {
    refuseTokens(caller);
    const checked = checkedToken(asked);
    const input = { ...asked, serviceAccountId };
    const request = requestOf(caller, 'createServiceAccountToken', idempotencyKey, input);
    return this.database.transaction(async (tx) => {
      await lockRequest(tx, requestLock(request));
      const account = await lockAccountForMember(tx, serviceAccountId, caller);
      return this.idempotency.once(tx, request, async () => {
        if (account.state !== 'ACTIVE') {
          throw principalNotActive(
            'Only an active service account is issued tokens: resume it, or link it to a group.',
          );
        }
        const principal = {
          kind: 'SERVICE_ACCOUNT',
          id: account.id,
          permissions: checked.scopes && (await permissionsOfAccount(tx, account.id)),
          whose: "The service account's groups do not hold it.",
          target: { type: 'service_account', id: account.id, name: account.name },
        } as const;
        await lockIssuing(tx, account.id);
        const conditions = await this.issuer.conditions(tx, account.id);
        return this.issuer.issue(tx, conditions, principal, this.toIssue(checked), authorOf(caller));
      });
    });
  }

  private toIssue({ description, profile, ...asked }: CheckedToken): TokenToIssue {
    const audiences = audiencesInForce(asked.audiences, this.settings.audiences);
    return { ...asked, description: description ?? null, profile, audiences };
  }
}

/** Rule 7, also where a caller got here by another way than the access table. */
function refuseTokens(caller: Caller): void {
  if (caller.carrier !== 'session') throw forbidden('An access token creates no tokens; sign in for that.');
}
