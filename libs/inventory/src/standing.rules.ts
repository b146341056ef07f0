import { holds, OWN_SCOPES, type Caller, type TokenKind } from '@tokenwarden/vocabulary';

/** Whose a token is. */
export interface Belonging {
  readonly kind: TokenKind;
  readonly principalId: string;
}

/**
 * How the caller stands to a token: it owns a user token as its user, and is a member as a user in one of the groups of
 * the account. `managedAccountIds` are the accounts of the caller's groups now.
 */
export function standingOf(
  token: Belonging,
  caller: Caller,
  managedAccountIds: ReadonlySet<string>,
): { owns: boolean; member: boolean } {
  const isUser = caller.principal.kind === 'USER';
  return {
    owns: isUser && token.kind === 'USER' && token.principalId === caller.principal.id,
    member: isUser && token.kind === 'SERVICE_ACCOUNT' && managedAccountIds.has(token.principalId),
  };
}

/**
 * Whose tokens a list may hold for this caller: with `tokens:read` everybody's, in a session one's own and those of the
 * accounts of one's groups, by token the token itself.
 */
export function reachOf(
  caller: Caller,
  managedAccountIds: ReadonlySet<string>,
): 'all' | { readonly principalIds: readonly string[] } | { readonly tokenId: string } {
  if (holds(caller, OWN_SCOPES.tokensRead)) return 'all';
  if (caller.carrier === 'session') return { principalIds: [caller.principal.id, ...managedAccountIds] };
  return { tokenId: caller.tokenId ?? caller.principal.id };
}
