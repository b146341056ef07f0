import {
  audienceClaim,
  clientIdOf,
  invalidInput,
  isScope,
  MAXIMUM_SCOPES,
  secondsOf,
  type Scope,
} from '@tokenwarden/vocabulary';
import { allowedOf, type Resolution } from './resolution.rules.js';

/**
 * The answer of RFC 7662 as CONTRACT.md spells it, members in this order. `asked` limits `scope` to what of it the token
 * may do now. `cacheMaxAgeSeconds` is for how long the caller may keep the answer.
 */
export function introspectionBody(
  resolution: Resolution,
  asked: readonly Scope[] | undefined,
  cacheMaxAgeSeconds: number,
): Record<string, unknown> {
  if (!resolution.active) return { active: false };
  const { token, scopes } = resolution;
  return {
    active: true,
    iss: token.issuer,
    sub: token.principalId,
    aud: audienceClaim(token.audiences),
    exp: secondsOf(token.endsAt),
    iat: secondsOf(token.createdAt),
    jti: token.id,
    client_id: clientIdOf(token),
    token_type: 'Bearer',
    scope: (asked === undefined ? scopes : allowedOf(asked, scopes)).join(' '),
    username: token.principal.name,
    principal_type: token.kind === 'USER' ? 'user' : 'service_account',
    groups: token.groups.map((group) => group.name),
    token_name: token.name,
    cache_max_age: cacheMaxAgeSeconds,
  };
}

/**
 * The scopes of a form's `scope` (RFC 6749, 3.3): separated by single spaces. What is no scope nobody can hold, so it is
 * left out like one that is not held. Undefined where the parameter was left out.
 * @throws Problem `INVALID_INPUT` for more than a hundred
 */
export function askedScopes(parameter: string | undefined): Scope[] | undefined {
  if (parameter === undefined) return undefined;
  const asked = parameter.split(' ');
  if (asked.length > MAXIMUM_SCOPES) throw invalidInput('scope', `At most ${MAXIMUM_SCOPES} scopes.`);
  return asked.filter(isScope);
}
