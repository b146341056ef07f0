import { holds, OWN_SCOPES, type Caller } from '@tokenwarden/vocabulary';

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
