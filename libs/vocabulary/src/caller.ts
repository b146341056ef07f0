import type { Author, RequestOrigin } from './author.js';
import type { TokenKind } from './words.js';
import { covers, type Scope } from './scope.rules.js';

/** Tokenwarden's own scopes, by what they are for. */
export const OWN_SCOPES = {
  tokensRead: 'tokens:read',
  tokensRevoke: 'tokens:revoke',
  tokensRotateSelf: 'tokens:rotate-self',
  tokensIntrospect: 'tokens:introspect',
  serviceAccountsWrite: 'service-accounts:write',
  policyRead: 'policy:read',
  policyWrite: 'policy:write',
  auditRead: 'audit:read',
  housekeepingRun: 'housekeeping:run',
  directoryRead: 'directory:read',
  directoryAccept: 'directory:accept',
  directoryGrant: 'directory:grant',
  keysRotate: 'keys:rotate',
} as const satisfies Record<string, Scope>;

/** Who makes this request, by what credential, and what this very request may do. */
export interface Caller {
  readonly carrier: 'session' | 'token';
  readonly principal: { readonly kind: TokenKind; readonly id: string; readonly name: string };
  /** The live groups that the user is in, or that the account is linked to. */
  readonly groupIds: readonly string[];
  /** In a session the user's permissions; by token the token's effective scopes. */
  readonly permissions: readonly Scope[];
  /** The access token it came with; null in a session. */
  readonly tokenId: string | null;
  readonly sessionId: string | null;
  /** When the session or the token ends. */
  readonly endsAt: Date;
  readonly origin: RequestOrigin;
}

/** Whether this request may do what the scope says. */
export function holds(caller: Caller, scope: Scope): boolean {
  return caller.permissions.some((held) => covers(held, scope));
}

/** The caller as the author of what it does. */
export function authorOf(caller: Caller): Author {
  return { actor: { ...caller.principal }, actorTokenId: caller.tokenId, origin: caller.origin };
}
