import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, lockFor, type Transaction } from '@tokenwarden/database';
import { heldPermissionsOfUser, lockUser } from '@tokenwarden/directory';
import { currentPolicyForIssuing, endOfNewToken, profileFor, requireNamedScopes } from '@tokenwarden/policy';
import { permissionsOfAccount } from '@tokenwarden/service-accounts';
import { Settings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { addToken, issuanceOf, type AccessTokenEntity } from '@tokenwarden/tokens';
import {
  authorOf,
  claimsFor,
  firstNotCovered,
  forbidden,
  principalNotActive,
  scopeNotGranted,
  wholeSecond,
  type Author,
  type Caller,
  type Scope,
  type Target,
  type TokenKind,
} from '@tokenwarden/vocabulary';
import { lockAccountForMember } from './account-access.js';
import { checkedToken, type AskedToken, type CheckedToken } from './asked-token.rules.js';
import { ISSUED_A_MINUTE, LIVE_TOKENS, refuseTooMany } from './issuing-limits.rules.js';

/** A token that has come into being. */
export interface IssuedToken {
  readonly token: AccessTokenEntity;
  /** The token itself: for the reply, and kept nowhere. */
  readonly value: string;
  /** The moment of its issue, by the database's clock. */
  readonly now: Date;
}

/** Whom a token is issued to. */
interface Principal {
  readonly kind: TokenKind;
  readonly id: string;
  /** What it may do now and to the end of the transaction; undefined where the token names no scopes. */
  readonly permissions: readonly Scope[] | undefined;
  /** Ends the sentence of a refused scope. */
  readonly whose: string;
  readonly target: Target | undefined;
}

/** The only place where a token comes into being. */
@Injectable()
export class IssuingService {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly signing: SigningService,
  ) {}

  /**
   * Issues a token that acts as the caller, who is signed in.
   * @throws Problem `FORBIDDEN` by token (rule 7), `INVALID_INPUT`, `PRINCIPAL_NOT_ACTIVE`, `LIFETIME_EXCEEDS_POLICY`,
   * `SCOPE_NOT_GRANTED` on `scopes.N`, `RATE_LIMITED`
   */
  async issueUserToken(caller: Caller, asked: AskedToken): Promise<IssuedToken> {
    refuseTokens(caller);
    const checked = checkedToken(asked, this.settings.audiences);
    const { id } = caller.principal;
    return this.database.transaction(async (tx) => {
      const user = await lockUser(tx, id);
      if (user?.state !== 'ACTIVE') throw principalNotActive('Only an active user is issued tokens.');
      const principal: Principal = {
        kind: 'USER',
        id,
        permissions: checked.scopes && (await heldPermissionsOfUser(tx, id)),
        whose: 'You do not hold it.',
        target: undefined,
      };
      return this.issue(tx, principal, checked, authorOf(caller));
    });
  }

  /**
   * Issues a token that acts as a service account, for a member of one of its groups (rule 6).
   * @throws Problem as `issueUserToken`; `NOT_FOUND` on `serviceAccountId`, `NOT_A_MEMBER`
   */
  async issueServiceAccountToken(
    caller: Caller,
    serviceAccountId: string,
    asked: AskedToken,
  ): Promise<IssuedToken> {
    refuseTokens(caller);
    const checked = checkedToken(asked, this.settings.audiences);
    return this.database.transaction(async (tx) => {
      const account = await lockAccountForMember(tx, serviceAccountId, caller);
      if (account.state !== 'ACTIVE') {
        throw principalNotActive(
          'Only an active service account is issued tokens: resume it, or link it to a group.',
        );
      }
      const principal: Principal = {
        kind: 'SERVICE_ACCOUNT',
        id: account.id,
        permissions: checked.scopes && (await permissionsOfAccount(tx, account.id)),
        whose: "The service account's groups do not hold it.",
        target: { type: 'service_account', id: account.id, name: account.name },
      };
      return this.issue(tx, principal, checked, authorOf(caller));
    });
  }

  /** The one line from a checked wish to a token. The principal is locked, the caller has every right. */
  private async issue(
    tx: Transaction,
    principal: Principal,
    asked: CheckedToken,
    by: Author,
  ): Promise<IssuedToken> {
    // One at a time for a principal: two that count together would both be the last one that the limits allow.
    await lockFor(tx, `issuing:${principal.id}`);
    const { document: policy } = await currentPolicyForIssuing(tx);
    const issuedSoFar = await issuanceOf(tx, principal.id, { liveBound: LIVE_TOKENS, nth: ISSUED_A_MINUTE });
    const createdAt = wholeSecond(issuedSoFar.now);
    const profile = profileFor(policy.profiles, principal.kind, asked.profile);
    const expiresAt = endOfNewToken(profile, asked, createdAt);
    requireNamedScopes(policy, asked.scopes);
    requireGranted(principal, asked.askedScopes);
    refuseTooMany(issuedSoFar);

    // Signed before the commit, so that a key that cannot sign issues nothing; the row names that very key.
    const signer = this.signing.signer();
    const token = await addToken(
      tx,
      {
        id: randomUUID(),
        kind: principal.kind,
        principalId: principal.id,
        name: asked.name,
        description: asked.description ?? null,
        profile: profile.name,
        scopes: asked.scopes ?? null,
        audiences: asked.audiences,
        issuer: this.settings.publicUrl,
        kid: signer.kid,
        createdAt,
        expiresAt,
      },
      by,
    );
    return { token, value: await signer.sign(claimsFor(token)), now: issuedSoFar.now };
  }
}

/** Rule 7, also where a caller got here by another way than the access table. */
function refuseTokens(caller: Caller): void {
  if (caller.carrier !== 'session') throw forbidden('An access token creates no tokens; sign in for that.');
}

function requireGranted(principal: Principal, asked: readonly Scope[] | undefined): void {
  if (asked === undefined) return;
  const place = firstNotCovered(principal.permissions ?? [], asked);
  const scope = asked[place];
  if (scope === undefined) return;
  throw scopeNotGranted(
    `scopes.${place}`,
    scope,
    principal.whose,
    principal.target ? { target: principal.target } : {},
  );
}
