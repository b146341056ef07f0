import { Injectable } from '@nestjs/common';
import { holdsSecret } from '@tokenwarden/audit';
import type { Transaction } from '@tokenwarden/database';
import { Settings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { findToken, isLive, type AccessTokenEntity } from '@tokenwarden/tokens';
import {
  claimsFor,
  durationSeconds,
  invalidInput,
  tokenNotActive,
  type Caller,
} from '@tokenwarden/vocabulary';
import type { IssuedToken } from '../token-issuer.js';
import { keepRequest, selectRequest } from './idempotency.queries.js';
import {
  inputHash,
  isSameRequest,
  isWithin,
  tokenOfRepeat,
  type ComparedRequest,
  type CreatingOperation,
  type InputValue,
  type KeptRequest,
} from './idempotency.rules.js';

/** A request that makes a token, as far as its repeats are concerned. */
export interface CreatingRequest {
  readonly operation: CreatingOperation;
  readonly principalId: string;
  /** All of it but the key. */
  readonly input: Readonly<Record<string, InputValue>>;
  /** Undefined: each request makes a token of its own. */
  readonly key: string | undefined;
}

/**
 * The request of a caller; `input` is all of it but the key, which is kept as it is written.
 * @throws Problem `INVALID_INPUT` on `idempotencyKey` where it holds a secret (rule 2)
 */
export function requestOf(
  caller: Caller,
  operation: CreatingOperation,
  key: string | undefined,
  input: CreatingRequest['input'],
): CreatingRequest {
  if (key !== undefined && holdsSecret(key))
    throw invalidInput('idempotencyKey', 'This holds a token or another secret; make up a key of its own.');
  return { principalId: caller.principal.id, key, operation, input };
}

/** The name of the lock by which parallel calls with one key wait for each other; undefined without a key. */
export function requestLock({ principalId, key }: CreatingRequest): string | undefined {
  return key === undefined ? undefined : `idempotency:${principalId}:${key}`;
}

/** Lets a request that is repeated give the token that it gave already. */
@Injectable()
export class Idempotency {
  constructor(
    private readonly settings: Settings,
    private readonly signing: SigningService,
  ) {}

  /**
   * The token of this request: the one that it was given already, else what `issue` makes, kept in the same transaction.
   * Where `issue` refuses, nothing is kept. Call it under `requestLock`, and once the caller's rights have been checked:
   * whoever may not have the token is not told that it is there.
   * @throws Problem `IDEMPOTENCY_CONFLICT`; `TOKEN_NOT_ACTIVE` on `idempotencyKey` where the token's row is gone
   */
  async once(
    tx: Transaction,
    request: CreatingRequest,
    issue: () => Promise<IssuedToken>,
  ): Promise<IssuedToken> {
    const { key, principalId, operation } = request;
    if (key === undefined) return issue();
    const compared: ComparedRequest = { operation, inputHash: inputHash(request.input) };
    const window = this.settings.idempotencyWindow;
    const { kept, now } = await selectRequest(tx, { principalId, key });
    const known = tokenOfRepeat(kept, compared, { now, window });
    if (kept !== undefined && known !== undefined) return this.again(tx, kept, now);

    const issued = await issue();
    const made = { ...compared, tokenId: issued.token.id, createdAt: issued.now };
    const forgottenBefore = new Date(issued.now.getTime() - durationSeconds(window) * 1_000);
    await keepRequest(tx, { principalId, key }, made, forgottenBefore);
    return issued;
  }

  /**
   * The id of the token that this very request was given already; undefined also where its key stands for another one, of which
   * `once` tells. Call it under `requestLock`.
   */
  async givenTo(
    tx: Transaction,
    { key, principalId, ...request }: CreatingRequest,
  ): Promise<string | undefined> {
    if (key === undefined) return undefined;
    const { kept, now } = await selectRequest(tx, { principalId, key });
    const compared = { operation: request.operation, inputHash: inputHash(request.input) };
    if (kept === undefined || !isSameRequest(kept, compared)) return undefined;
    return tokenOfRepeat(kept, compared, { now, window: this.settings.idempotencyWindow });
  }

  private async again(tx: Transaction, kept: KeptRequest, now: Date): Promise<IssuedToken> {
    const token = await findToken(tx, kept.tokenId);
    if (!token) {
      throw tokenNotActive('The token of this idempotencyKey has ended and was purged.', 'idempotencyKey');
    }
    return { token, value: await this.valueAgain(token, kept, now), now };
  }

  /** The same claims signed anew by the very key of the row: nothing secret was kept for it. */
  private async valueAgain(token: AccessTokenEntity, kept: KeptRequest, now: Date): Promise<string | null> {
    if (!isWithin(this.settings.idempotencyValueWindow, kept, now) || !isLive(token, now)) return null;
    const signer = this.signing.signerOf(token.kid);
    return signer === undefined ? null : signer.sign(claimsFor(token));
  }
}
