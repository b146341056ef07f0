import { isIdentifier } from '@tokenwarden/vocabulary';

/** The claims of an access token (RFC 9068); times in whole seconds since 1970. */
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

/**
 * The claims in what a signature was right for; undefined where one is missing or of another type. Claims that this version
 * does not know are left out: a later version, running beside this one, may add some.
 */
export function claimsOf(payload: unknown): TokenClaims | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined;
  const { iss, sub, aud, exp, iat, jti, client_id, scope } = payload as Record<string, unknown>;
  if (typeof iss !== 'string' || iss === '') return undefined;
  if (!isId(sub) || !isId(jti) || !isId(client_id)) return undefined;
  if (!isAudience(aud) || !isMoment(exp) || !isMoment(iat)) return undefined;
  if (scope !== undefined && typeof scope !== 'string') return undefined;
  return { iss, sub, aud, exp, iat, jti, client_id, ...(scope === undefined ? {} : { scope }) };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && isIdentifier(value);
}

function isAudience(value: unknown): value is string | string[] {
  const audiences: unknown[] = Array.isArray(value) ? value : [value];
  return (
    audiences.length > 0 && audiences.every((audience) => typeof audience === 'string' && audience !== '')
  );
}

function isMoment(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
