import type { GroupState, UserState } from '@tokenwarden/vocabulary';

/** A user, a group or an account as far as its name goes. */
export interface NamedEntry {
  readonly id: string;
  readonly name: string;
}

/** One person, as the directory says. `id` is the directory's stable id: the key, whatever the name becomes. */
export interface DirectoryUser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly enabled: boolean;
}

/** One group, its nested groups walked: `memberIds` names every user in it or below it, once. */
export interface DirectoryGroup {
  readonly id: string;
  readonly name: string;
  readonly memberIds: readonly string[];
}

/** All that one answer names. */
export interface AnsweredDirectory {
  readonly users: readonly DirectoryUser[];
  readonly groups: readonly DirectoryGroup[];
}

/** A user as the copy has them. */
export interface CopiedUser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly state: UserState;
  readonly lastSignInAt: Date | null;
}

/** A group as the copy has it. */
export interface CopiedGroup {
  readonly id: string;
  readonly name: string;
  readonly state: GroupState;
  readonly memberIds: readonly string[];
}

/** All that the copy holds, removed ones too: an id that comes back is the same user or group. */
export interface DirectoryCopy {
  readonly users: readonly CopiedUser[];
  readonly groups: readonly CopiedGroup[];
}

/** What happens to one user; the first that holds, so that each changed user is one event. */
export type UserAction = 'created' | 'removed' | 'disabled' | 'enabled' | 'updated';

/** One user of the copy that is to become another. */
export interface UserChange {
  readonly action: UserAction;
  readonly id: string;
  /** The name from now on; of a removed user the last one. */
  readonly username: string;
  /** What the directory says now; undefined where it says nothing any more. */
  readonly entry: DirectoryUser | undefined;
  /** Which facts differ, by name: `username`, `displayName`, `email`. */
  readonly changedFacts: readonly string[];
  readonly joinedGroupIds: readonly string[];
  readonly leftGroupIds: readonly string[];
}

/** One group of the copy that is to become another; `returned`: it was removed, and is there again under its id. */
export interface GroupChange {
  readonly action: 'created' | 'returned' | 'renamed' | 'removed';
  readonly id: string;
  readonly name: string;
  readonly nameBefore: string | undefined;
}

/** The difference between the copy and a whole answer: exactly what is written, and nothing else is. */
export interface DirectoryChanges {
  readonly users: readonly UserChange[];
  readonly groups: readonly GroupChange[];
  /** What an operator should know of it, a sentence each; undefined: nothing. */
  readonly warnings?: readonly string[];
}

const NO_GROUPS = { joinedGroupIds: [], leftGroupIds: [] } as const;
// So many steps take well below a millisecond.
const STEPS_AT_ONCE = 500;

/** The users whom this answer touched in one way. */
export function usersWho(action: UserAction, changes: DirectoryChanges): UserChange[] {
  return changes.users.filter((change) => change.action === action);
}

/**
 * What a whole answer changes (rules 10 and 11). Ids are the key: a name under another id is another user, or another
 * group, and gets nothing of the old one. Whoever signed in since `readFrom` is left as that sign-in found them: it
 * read their entry later than this answer did. Users come in the order of the copy, new ones after them.
 *
 * It stops again and again, so that others get a turn.
 */
export function* whatChanges(
  copy: DirectoryCopy,
  answer: AnsweredDirectory,
  readFrom: Date,
): Generator<void, DirectoryChanges> {
  const memberships = yield* membershipChanges(copy, answer);
  const entries = new Map<string, DirectoryUser>();
  const users: UserChange[] = [];
  const compare = (id: string, user: CopiedUser | undefined, entry: DirectoryUser | undefined) => {
    const isNewer = user?.lastSignInAt != null && user.lastSignInAt >= readFrom;
    const change = isNewer ? undefined : userChange(user, entry);
    const groups = memberships.get(id);
    if (change) users.push({ ...change, ...groups });
    else if (groups) {
      const username = (isNewer ? user : entry)?.username ?? user?.username ?? '';
      users.push({
        action: 'updated',
        id,
        username,
        entry: isNewer ? undefined : entry,
        changedFacts: [],
        ...groups,
      });
    }
  };
  let steps = 0;
  for (const entry of answer.users) {
    entries.set(entry.id, entry);
    if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
  }
  for (const user of copy.users) {
    compare(user.id, user, entries.get(user.id));
    entries.delete(user.id);
    if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
  }
  for (const [id, entry] of entries) {
    compare(id, undefined, entry);
    if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
  }
  return { users, groups: groupChanges(copy, answer) };
}

/** What the entry of one user changes, group memberships aside; undefined where nothing differs. */
export function userChange(
  user: CopiedUser | undefined,
  entry: DirectoryUser | undefined,
): UserChange | undefined {
  if (!entry) {
    if (!user || user.state === 'REMOVED') return undefined;
    const { id, username } = user;
    return { action: 'removed', id, username, entry, changedFacts: [], ...NO_GROUPS };
  }
  const { id, username } = entry;
  if (!user) return { action: 'created', id, username, entry, changedFacts: [], ...NO_GROUPS };
  const changedFacts = (['username', 'displayName', 'email'] as const).filter(
    (fact) => user[fact] !== entry[fact],
  );
  const action = stateChange(user.state, entry.enabled) ?? (changedFacts.length > 0 ? 'updated' : undefined);
  return action && { action, id, username, entry, changedFacts, ...NO_GROUPS };
}

// A removed user who comes back disabled is disabled, not enabled: what they get back first is nothing.
function stateChange(state: UserState, enabled: boolean): 'enabled' | 'disabled' | undefined {
  if (enabled) return state === 'ACTIVE' ? undefined : 'enabled';
  return state === 'DISABLED' ? undefined : 'disabled';
}

function groupChanges(copy: DirectoryCopy, answer: AnsweredDirectory): GroupChange[] {
  const before = new Map(copy.groups.map((group) => [group.id, group]));
  const named = new Set(answer.groups.map(({ id }) => id));
  const changes: GroupChange[] = [];
  for (const { id, name } of answer.groups) {
    const group = before.get(id);
    if (!group) changes.push({ action: 'created', id, name, nameBefore: undefined });
    else if (group.state === 'REMOVED')
      changes.push({ action: 'returned', id, name, nameBefore: group.name });
    else if (group.name !== name) changes.push({ action: 'renamed', id, name, nameBefore: group.name });
  }
  for (const { id, name, state } of copy.groups) {
    if (state === 'ACTIVE' && !named.has(id)) changes.push({ action: 'removed', id, name, nameBefore: name });
  }
  return changes;
}

interface MembershipChange {
  readonly joinedGroupIds: string[];
  readonly leftGroupIds: string[];
}

/** By user; nobody whose groups stay as they are. */
function* membershipChanges(
  copy: DirectoryCopy,
  answer: AnsweredDirectory,
): Generator<void, Map<string, MembershipChange>> {
  const changes = new Map<string, MembershipChange>();
  const note = (userId: string, kind: keyof MembershipChange, groupId: string) => {
    const change = changes.get(userId);
    if (change) change[kind].push(groupId);
    else changes.set(userId, { joinedGroupIds: [], leftGroupIds: [], [kind]: [groupId] });
  };
  const before = new Map(copy.groups.map((group) => [group.id, group.memberIds]));
  const gone = new Map(before);
  let steps = 0;
  for (const { id, memberIds } of answer.groups) {
    // One group at a time: sets of all members are many times what the members themselves are.
    const left = new Set<string>();
    for (const member of before.get(id) ?? []) {
      left.add(member);
      if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
    }
    for (const member of memberIds) {
      if (!left.delete(member)) note(member, 'joinedGroupIds', id);
      if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
    }
    for (const member of left) {
      note(member, 'leftGroupIds', id);
      if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
    }
    gone.delete(id);
  }
  for (const [id, memberIds] of gone) {
    for (const member of memberIds) {
      note(member, 'leftGroupIds', id);
      if ((steps += 1) % STEPS_AT_ONCE === 0) yield;
    }
  }
  return changes;
}
