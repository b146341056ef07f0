import type { Scope, TokenKind } from '@tokenwarden/vocabulary';

/** What the claims of a token come from; its row has it all. */
export interface ClaimsSource {
  readonly id: string;
  readonly kind: TokenKind;
  readonly principalId: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly scopes: readonly Scope[] | null;
  /** In whole seconds. */
  readonly createdAt: Date;
  /** In whole seconds. */
  readonly expiresAt: Date;
}

/** The claims of an access token by RFC 9068, in the order in which they are written. */
export interface IssuedClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly client_id: string;
  readonly scope?: string;
}

/**
 * What the token of this row says. A user token is a client by itself; without scopes there is no claim `scope`, so that
 * an offline verifier takes it as none. Names are left out, because they change.
 */
export function claimsFor(token: ClaimsSource): IssuedClaims {
  const [first, ...others] = token.audiences;
  if (first === undefined) throw new Error('A token is for somebody.');
  return {
    iss: token.issuer,
    sub: token.principalId,
    aud: others.length === 0 ? first : token.audiences,
    exp: token.expiresAt.getTime() / 1_000,
    iat: token.createdAt.getTime() / 1_000,
    jti: token.id,
    client_id: token.kind === 'USER' ? token.id : token.principalId,
    ...(token.scopes === null ? {} : { scope: token.scopes.join(' ') }),
  };
}
