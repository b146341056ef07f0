import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '@tokenwarden/database';
import { endOfNewToken, profileFor, requireNamedScopes, type AskedEnd } from '@tokenwarden/policy';
import { Settings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { addToken, type AccessTokenEntity } from '@tokenwarden/tokens';
import {
  claimsFor,
  firstNotCovered,
  scopeNotGranted,
  wholeSecond,
  type Author,
  type Scope,
  type Target,
  type TokenKind,
} from '@tokenwarden/vocabulary';
import { ISSUED_A_MINUTE, LIVE_TOKENS, refuseTooMany } from './issuing-limits.rules.js';
import { conditionsOf, type IssuingConditions } from './issuing.queries.js';

/** A token that has come into being. */
export interface IssuedToken {
  readonly token: AccessTokenEntity;
  /** The token itself: for the reply, and kept nowhere. Null where a repeated request comes too late for it. */
  readonly value: string | null;
  /** The moment of the reply, by the database's clock. */
  readonly now: Date;
}

/** Whom a token is issued to; held to the end of the transaction. */
export interface Principal {
  readonly kind: TokenKind;
  readonly id: string;
  /** What it may do now and to the end of the transaction; undefined where no scopes are asked. */
  readonly permissions: readonly Scope[] | undefined;
  /** Ends the sentence of a refused scope. */
  readonly whose: string;
  /** What a refused scope was asked for, for the audit trail. */
  readonly target: Target | undefined;
}

/** What the token is to be, with all checked that can be checked by itself. */
export interface TokenToIssue extends AskedEnd {
  readonly name: string;
  readonly description: string | null;
  /** The default of the kind where undefined. */
  readonly profile: string | undefined;
  /** Those that must be granted, as written: a refused one is named by its place here. */
  readonly askedScopes: readonly Scope[] | undefined;
  /** Sorted, nothing twice; undefined for all that the principal may do. */
  readonly scopes: readonly Scope[] | undefined;
  /** Sorted, nothing twice. */
  readonly audiences: readonly string[];
  /** The token that it succeeds. */
  readonly predecessorId?: string;
}

/** The one place where a token comes into being. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly settings: Settings,
    private readonly signing: SigningService,
  ) {}

  /** What a token of this principal is measured by now; call it once `lockIssuing` holds it so. */
  async conditions(tx: Transaction, principalId: string): Promise<IssuingConditions> {
    return conditionsOf(tx, principalId, { liveBound: LIVE_TOKENS, nth: ISSUED_A_MINUTE });
  }

  /**
   * The one line from a checked wish to a token: the principal is held and active, its issuing locked, the caller has
   * every right.
   * @throws Problem `INVALID_INPUT`, `LIFETIME_EXCEEDS_POLICY`, `SCOPE_NOT_GRANTED` on `scopes.N`, `RATE_LIMITED`
   */
  async issue(
    tx: Transaction,
    conditions: IssuingConditions,
    principal: Principal,
    asked: TokenToIssue,
    by: Author,
  ): Promise<IssuedToken> {
    const { now, policy } = conditions;
    const createdAt = wholeSecond(now);
    const profile = profileFor(policy.profiles, principal.kind, asked.profile);
    const expiresAt = endOfNewToken(profile, asked, createdAt);
    requireNamedScopes(policy, asked.scopes);
    requireGranted(principal, asked.askedScopes);
    refuseTooMany(conditions);

    // Signed before the commit, so that a key that cannot sign issues nothing; the row names that very key.
    const signer = this.signing.signer();
    const token = await addToken(
      tx,
      {
        id: randomUUID(),
        kind: principal.kind,
        principalId: principal.id,
        name: asked.name,
        description: asked.description,
        profile: profile.name,
        scopes: asked.scopes ?? null,
        audiences: asked.audiences,
        issuer: this.settings.publicUrl,
        kid: signer.kid,
        createdAt,
        expiresAt,
        predecessorId: asked.predecessorId,
      },
      by,
    );
    return { token, value: await signer.sign(claimsFor(token)), now };
  }
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
