import type { Credential } from '@tokenwarden/api';
import {
  OWN_SCOPES,
  scopeMissing,
  holds,
  unauthenticated,
  type Caller,
  type RequestOrigin,
} from '@tokenwarden/vocabulary';
import type { ActiveResolution } from './resolution.rules.js';
import { resolveToken, type ResolvingParts } from './resolve-token.js';
import type { Bearer } from './use-tally.js';

/** How a caller of the OAuth endpoints shows who it is: by a token alone, or by a service account's id and its token. */
export interface CallerCredential {
  readonly kind: 'bearer' | 'basic';
  /** The id of the service account; undefined with a bearer. */
  readonly clientId?: string;
  readonly token: string;
}

/** What of a request's credential an OAuth endpoint can make use of; undefined where it is of no use. */
export function callerCredential(credential: Credential): CallerCredential | undefined {
  switch (credential.kind) {
    case 'bearer':
      return { kind: 'bearer', token: credential.token };
    case 'basic':
      return { kind: 'basic', clientId: credential.id, token: credential.secret };
    case 'none':
    case 'session':
    case 'unusable':
      return undefined;
  }
}

/**
 * The caller of an OAuth endpoint. A session is no token, and with Basic only a service account's own token is its secret.
 * @throws Problem `UNAUTHENTICATED` where the credential is not good, `UNAVAILABLE` when that cannot be decided
 */
export async function authenticateCaller(
  parts: ResolvingParts,
  credential: CallerCredential | undefined,
  origin: RequestOrigin,
): Promise<Caller> {
  if (credential === undefined)
    throw unauthenticated('Send an access token as Bearer, or as the secret of Basic.');
  const resolution = await resolveToken(parts, credential.token, bearerAt(origin));
  if (!resolution.active || !isOwnSecret(credential, resolution)) {
    throw unauthenticated('This credential is not good, or not any more.');
  }
  return callerOf(resolution, origin);
}

function isOwnSecret({ kind, clientId }: CallerCredential, { token }: ActiveResolution): boolean {
  return kind === 'bearer' || (token.kind === 'SERVICE_ACCOUNT' && token.principalId === clientId);
}

/**
 * The caller again, if its token may introspect.
 * @throws Problem `FORBIDDEN`
 */
export function requireIntrospection(caller: Caller): Caller {
  if (!holds(caller, OWN_SCOPES.tokensIntrospect)) throw scopeMissing(OWN_SCOPES.tokensIntrospect);
  return caller;
}

/** Whoever makes a request with a token bears it. */
export function bearerAt({ address, userAgent }: RequestOrigin): Bearer {
  return { from: address ?? undefined, agent: userAgent ?? undefined };
}

/** A resolved token as the caller of a request: it may do no more than the token may now. */
export function callerOf({ token, scopes }: ActiveResolution, origin: RequestOrigin): Caller {
  return {
    carrier: 'token',
    principal: { kind: token.kind, id: token.principalId, name: token.principal.name },
    groupIds: token.groups.map((group) => group.id),
    permissions: scopes,
    tokenId: token.id,
    sessionId: null,
    endsAt: token.endsAt,
    origin,
  };
}
