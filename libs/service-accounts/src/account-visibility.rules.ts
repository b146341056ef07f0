import { holds, OWN_SCOPES, type Caller } from '@tokenwarden/vocabulary';

/** How much of an account is shown: all of it, or what it is (id, name, state) and nothing else. */
export type AccountView = 'whole' | 'named';

/** Whom of all accounts a caller sees: all, or itself and those linked to one of these groups. */
export interface AccountReach {
  readonly isAll: boolean;
  readonly ids: readonly string[];
  readonly groupIds: readonly string[];
}

/**
 * Which accounts the caller sees (RULINGS, "Who may see and do what"): all with `service-accounts:write` or
 * `directory:read`, in a session those of its groups, an account's own token that account.
 */
export function reachOf(caller: Caller): AccountReach {
  return {
    isAll: holds(caller, OWN_SCOPES.serviceAccountsWrite) || holds(caller, OWN_SCOPES.directoryRead),
    ids: caller.principal.kind === 'SERVICE_ACCOUNT' ? [caller.principal.id] : [],
    groupIds: caller.carrier === 'session' ? caller.groupIds : [],
  };
}

/** Whether an account that is linked to these groups is within reach. */
export function isWithin(reach: AccountReach, accountId: string, linkedGroupIds: readonly string[]): boolean {
  return (
    reach.isAll || reach.ids.includes(accountId) || linkedGroupIds.some((id) => reach.groupIds.includes(id))
  );
}

/**
 * Whether a caller that may or may not be a member of the account sees it; that an account sees itself by its own token
 * is `isWithin`'s part.
 */
export function seesAccount(caller: Caller, { isMember }: { readonly isMember: boolean }): boolean {
  return reachOf(caller).isAll || (isMember && caller.carrier === 'session');
}
