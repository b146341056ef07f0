import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@tokenwarden/database';
import { overlapFor, profileForSuccessor, type PolicyDocument } from '@tokenwarden/policy';
import { leaveToSuccessor, lockToken, type AccessTokenEntity } from '@tokenwarden/tokens';
import { authorOf, notFound, principalNotActive, type Author, type Caller } from '@tokenwarden/vocabulary';
import { Idempotency, requestLock, requestOf } from '../idempotency/idempotency.js';
import { lockIssuing, lockRequest } from '../issuing.queries.js';
import { TokenIssuer, type IssuedToken, type TokenToIssue } from '../token-issuer.js';
import { holdRotatingPrincipal, type RotatingPrincipal } from './rotating-principal.js';
import {
  checkRotation,
  endAfterOverlap,
  requireItself,
  requireRotatable,
  successorScopes,
  type AskedRotation,
} from './rotation.rules.js';

/** A wish for a successor, and the key by which its repeats are known. */
export interface AskedRotationOnce extends AskedRotation {
  readonly idempotencyKey?: string | undefined;
}

/** A successor for a token, so that whoever uses it can change over without an outage (rule 8). */
@Injectable()
export class RotationService {
  constructor(
    private readonly database: Database,
    private readonly issuer: TokenIssuer,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Issues the successor, and lets the old token live on for the overlap.
   * @throws Problem `FORBIDDEN`, `NOT_FOUND` on `id`, `NOT_A_MEMBER`, `IDEMPOTENCY_CONFLICT`, `ALREADY_ROTATED` on `id`,
   * `TOKEN_NOT_ACTIVE`, `PRINCIPAL_NOT_ACTIVE`, `INVALID_INPUT`, `LIFETIME_EXCEEDS_POLICY`, `SCOPE_NOT_GRANTED` on
   * `scopes.N`, `RATE_LIMITED`
   */
  async rotate(caller: Caller, { idempotencyKey, ...asked }: AskedRotationOnce): Promise<IssuedToken> {
    requireItself(asked, caller);
    checkRotation(asked);
    // Said or left out, false means the same.
    const meant = { ...asked, endOldOnFirstUse: asked.endOldOnFirstUse === true || undefined };
    const request = requestOf(caller, 'rotateToken', idempotencyKey, meant);
    return this.database.transaction(async (tx) => {
      await lockRequest(tx, requestLock(request));
      const principal = await holdRotatingPrincipal(tx, asked.id, caller, {
        namesScopes: asked.scopes !== undefined,
        successorId: await this.idempotency.givenTo(tx, request),
      });
      return this.idempotency.once(tx, request, () => this.succeed(tx, principal, asked, authorOf(caller)));
    });
  }

  private async succeed(
    tx: Transaction,
    principal: RotatingPrincipal,
    asked: AskedRotation,
    by: Author,
  ): Promise<IssuedToken> {
    const token = await lockToken(tx, asked.id);
    if (!token) throw notFound('id');
    await lockIssuing(tx, principal.id);
    const conditions = await this.issuer.conditions(tx, principal.id);
    const { now, policy } = conditions;
    requireRotatable(token, now);
    if (!principal.isActive) {
      throw principalNotActive('Only the token of an active user or service account is rotated.');
    }
    const overlap = overlapFor(policy.maximumOverlap, asked.overlap);
    const successor = successorOf(token, asked, policy);
    const issued = await this.issuer.issue(tx, conditions, principal, successor, by);
    const left = {
      successorId: issued.token.id,
      endsAt: endAfterOverlap(token, overlap, now),
      endsOnSuccessorsUse: asked.endOldOnFirstUse ?? false,
    };
    await leaveToSuccessor(tx, token, left, by);
    return issued;
  }
}

/** The old token's name, description, audiences, profile and scopes, and a lifetime of its own. */
function successorOf(token: AccessTokenEntity, asked: AskedRotation, policy: PolicyDocument): TokenToIssue {
  return {
    name: token.name,
    description: token.description,
    profile: profileForSuccessor(policy.profiles, token.kind, token.profile).name,
    lifetime: asked.lifetime,
    expiresAt: asked.expiresAt,
    ...successorScopes(token, asked.scopes),
    audiences: token.audiences,
    predecessorId: token.id,
  };
}
