import { isIdentifier, type TokenClaims } from '@tokenwarden/vocabulary';

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
