import type { Scope } from './scope.rules.js';
import type { TokenKind } from './words.js';

/** The claims of an access token (RFC 9068), in the order in which they are written; times in whole seconds since 1970. */
export interface TokenClaims {
  /** The issuer: PUBLIC_URL. */
  readonly iss: string;
  /** The principal's id. */
  readonly sub: string;
  /** A string where there is one audience, else an array. */
  readonly aud: string | readonly string[];
  readonly exp: number;
  readonly iat: number;
  /** The token's id. */
  readonly jti: string;
  readonly client_id: string;
  /** Scopes, sorted and joined by spaces; absent where none were asked. */
  readonly scope?: string | undefined;
}

/** What the claims of a token come from; its row has it all. */
export interface ClaimsSource {
  readonly id: string;
  readonly kind: TokenKind;
  readonly principalId: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly scopes: readonly Scope[] | null;
  /** In whole seconds, like `expiresAt`. */
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/**
 * What the token of this row says. A user token is a client by itself; without scopes there is no claim `scope`, so that
 * an offline verifier takes it as none. Names are left out, because they change.
 */
export function claimsFor(token: ClaimsSource): TokenClaims {
  return {
    iss: token.issuer,
    sub: token.principalId,
    aud: audienceClaim(token.audiences),
    exp: secondsOf(token.expiresAt),
    iat: secondsOf(token.createdAt),
    jti: token.id,
    client_id: clientIdOf(token),
    ...(token.scopes === null ? {} : { scope: token.scopes.join(' ') }),
  };
}

/** Whether a token says in each of its claims what was written down when it was issued (rule 3). */
export function saysWhatItsRowSays(claims: TokenClaims, token: ClaimsSource): boolean {
  const issued = claimsFor(token);
  return (
    claims.iss === issued.iss &&
    claims.sub === issued.sub &&
    isSameAudience(claims.aud, issued.aud) &&
    claims.exp === issued.exp &&
    claims.iat === issued.iat &&
    claims.jti === issued.jti &&
    claims.client_id === issued.client_id &&
    claims.scope === issued.scope
  );
}

/** The claim `aud`: a string where there is one audience, else an array. */
export function audienceClaim(audiences: readonly string[]): string | readonly string[] {
  const [only, ...others] = audiences;
  return only !== undefined && others.length === 0 ? only : audiences;
}

/** The claim `client_id`: the service account, or for a user token the token itself. */
export function clientIdOf(token: Pick<ClaimsSource, 'id' | 'kind' | 'principalId'>): string {
  return token.kind === 'SERVICE_ACCOUNT' ? token.principalId : token.id;
}

/** The moment in whole seconds since 1970, as JWTs and OAuth count. */
export function secondsOf(moment: Date): number {
  return Math.floor(moment.getTime() / 1_000);
}

function isSameAudience(claimed: string | readonly string[], issued: string | readonly string[]): boolean {
  if (typeof claimed === 'string' || typeof issued === 'string') return claimed === issued;
  return claimed.length === issued.length && claimed.every((one, i) => one === issued[i]);
}
