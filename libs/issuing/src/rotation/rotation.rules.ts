import {
  addDuration,
  alreadyRotated,
  checkedScopes,
  firstNotCovered,
  forbidden,
  invalidInput,
  scopeNotGranted,
  tokenNotActive,
  wholeSecond,
  type Caller,
  type Duration,
  type Scope,
  type Target,
} from '@tokenwarden/vocabulary';

/** What somebody asks of a rotation, as it came in; undefined is left out. */
export interface AskedRotation {
  /** Of the token that is to get a successor. */
  readonly id: string;
  readonly overlap?: Duration | undefined;
  readonly endOldOnFirstUse?: boolean | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly lifetime?: Duration | undefined;
  readonly expiresAt?: Date | undefined;
}

/** What these rules need to know of the token that is rotated; an AccessTokenEntity has it all. */
export interface RotatedToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[] | null;
  readonly endsAt: Date;
  readonly suspendedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly rotatedAt: Date | null;
}

/** The token as the trail names it. */
export function targetOf({ id, name }: Pick<RotatedToken, 'id' | 'name'>): Target {
  return { type: 'token', id, name };
}

/**
 * By token nothing is rotated but that very token (rule 7), whatever the id is of.
 * @throws Problem `FORBIDDEN`
 */
export function requireItself({ id }: AskedRotation, caller: Caller): void {
  if (caller.carrier === 'token' && caller.tokenId !== id) {
    throw forbidden('An access token rotates itself and no other; sign in for that.');
  }
}

/**
 * A token is rotated once, whatever became of its successor, and only while it is ACTIVE.
 * @throws Problem `ALREADY_ROTATED` on `id`, else `TOKEN_NOT_ACTIVE`
 */
export function requireRotatable(token: RotatedToken, now: Date): void {
  if (token.rotatedAt !== null) throw alreadyRotated({ target: targetOf(token) });
  if (token.revokedAt !== null || token.endsAt <= now) {
    throw tokenNotActive('This token has ended, so that nothing can succeed it. Create a new one.');
  }
  if (token.suspendedAt !== null)
    throw tokenNotActive('This token is suspended. Resume it before it is rotated.');
}

/** The scopes of the successor. */
export interface SuccessorScopes {
  /** Those asked, as written: they must be granted now. Undefined where none are asked. */
  readonly askedScopes: readonly Scope[] | undefined;
  /** Sorted, nothing twice; undefined for all that the principal may do. */
  readonly scopes: readonly Scope[] | undefined;
}

/**
 * The successor's scopes: those asked, which must be scopes that the old token covers, else the old token's. What the
 * old token has is not asked for, and is cut to what the principal may do like everything that was issued before.
 * @throws Problem `INVALID_INPUT` on `scopes` and `scopes.N`, `SCOPE_NOT_GRANTED` on `scopes.N`
 */
export function successorScopes(token: RotatedToken, asked: readonly string[] | undefined): SuccessorScopes {
  if (asked === undefined) return { askedScopes: undefined, scopes: token.scopes ?? undefined };
  const scopes = checkedScopes(asked, 'scopes');
  const place = token.scopes === null ? -1 : firstNotCovered(token.scopes, asked);
  const beyond = asked[place];
  if (beyond !== undefined) {
    const whose = 'The token that is rotated does not have it.';
    throw scopeNotGranted(`scopes.${place}`, beyond, whose, { target: targetOf(token) });
  }
  return { askedScopes: asked, scopes };
}

/** When the old token ends: after the overlap, and never later than it would have ended anyway. In whole seconds. */
export function endAfterOverlap(token: Pick<RotatedToken, 'endsAt'>, overlap: Duration, now: Date): Date {
  const end = addDuration(wholeSecond(now), overlap);
  return end < token.endsAt ? end : token.endsAt;
}

/**
 * What can be checked of a rotation by itself, before anything is touched.
 * @throws Problem `INVALID_INPUT` on `expiresAt`, `scopes` and `scopes.N`
 */
export function checkRotation({ scopes, lifetime, expiresAt }: AskedRotation): void {
  if (lifetime !== undefined && expiresAt !== undefined) {
    throw invalidInput('expiresAt', 'Give lifetime or expiresAt, not both.');
  }
  if (scopes !== undefined) checkedScopes(scopes, 'scopes');
}
