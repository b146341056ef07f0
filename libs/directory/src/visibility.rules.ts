import { holds, OWN_SCOPES, type Caller, type GroupState } from '@tokenwarden/vocabulary';

/** How much of a user is shown: all of them, or who they are (id, names, state) and nothing else. */
export type UserView = 'whole' | 'named';

/** Whether the caller sees all users and groups, the removed ones by id. */
export function readsDirectory(caller: Caller): boolean {
  return holds(caller, OWN_SCOPES.directoryRead);
}

/**
 * How much the caller sees of a user (RULINGS, "Who may see and do what"): with `directory:read` everything of
 * everybody, everything of oneself, and in a session of whom one shares a group with who they are. Undefined: nothing.
 */
export function viewOfUser(caller: Caller, userId: string, sharesGroup: boolean): UserView | undefined {
  if (readsDirectory(caller)) return 'whole';
  if (isOneself(caller, userId)) return 'whole';
  return caller.carrier === 'session' && sharesGroup ? 'named' : undefined;
}

/** How much the caller sees of a user whom a list shows it: others without `directory:read` by name only. */
export function viewInLists(caller: Caller, userId: string): UserView {
  return readsDirectory(caller) || isOneself(caller, userId) ? 'whole' : 'named';
}

/** Whether the user is the one who makes this request, or whom its token acts as. */
export function isOneself(caller: Caller, userId: string): boolean {
  return caller.principal.kind === 'USER' && caller.principal.id === userId;
}

/** Whether the caller sees a group: its own live ones, with `directory:read` all. */
export function seesGroup(
  caller: Caller,
  group: { readonly id: string; readonly state: GroupState },
): boolean {
  return readsDirectory(caller) || (group.state === 'ACTIVE' && caller.groupIds.includes(group.id));
}

/** Whether the caller sees who is in a group that it sees: by token without `directory:read` it does not. */
export function seesMembers(caller: Caller, groupId: string): boolean {
  return readsDirectory(caller) || (caller.carrier === 'session' && caller.groupIds.includes(groupId));
}
