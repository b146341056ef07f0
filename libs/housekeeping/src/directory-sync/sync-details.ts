import type { ConsequencesDone, EndedGraces } from '@tokenwarden/consequences';
import {
  usersWho,
  type DirectoryChanges,
  type Losses,
  type NamedEntry,
  type Toll,
} from '@tokenwarden/directory';
import type { JsonObject } from '@tokenwarden/vocabulary';

/** The most entries of one kind that a run's details name; the count says how many there are. */
export const MOST_NAMED = 100;

/** What one applied answer has done beyond users and groups. */
export type AlsoDone = ConsequencesDone & { readonly endedGraces: EndedGraces };

/** What a run that applied an answer has done, or one that only looked would do; what did not happen is left out. */
export function detailsOfChanges(
  changes: DirectoryChanges,
  done: AlsoDone,
  warnings: readonly string[],
): JsonObject {
  const memberships = (which: 'joinedGroupIds' | 'leftGroupIds') =>
    changes.users.reduce((count, change) => count + change[which].length, 0);
  return withoutNothing({
    users: countsOf(
      ['created', 'updated', 'disabled', 'enabled', 'removed'],
      (action) => usersWho(action, changes).length,
    ),
    groups: countsOf(
      ['created', 'renamed', 'returned', 'removed'],
      (action) => changes.groups.filter((change) => change.action === action).length,
    ),
    memberships: withoutNothing({
      added: memberships('joinedGroupIds'),
      removed: memberships('leftGroupIds'),
    }),
    suspendedTokens: done.suspendedTokens,
    revokedTokens: done.revokedTokens,
    orphanedAccounts: listed(done.orphanedAccounts),
    recoveredAccounts: listed(done.recoveredAccounts),
    endedGraces: withoutNothing({
      accounts: done.endedGraces.accounts,
      revokedTokens: done.endedGraces.revokedTokens,
    }),
    warnings,
  });
}

/**
 * What a held answer would take away: how much of what there is, and whom and what by id and name, up to a hundred of
 * each; and all that it would do, which is `detailsOfChanges`.
 */
export function detailsOfHeld(toll: Toll, reasons: readonly string[], wouldDo: JsonObject): JsonObject {
  return withoutNothing({
    reasons,
    activeUsers: toll.users.active,
    activeGroups: toll.groups.active,
    ...detailsOfLosses(toll.losses),
    ...wouldDo,
  });
}

/** How many users and groups these changes touch. */
export function affectedBy({ users, groups }: DirectoryChanges): number {
  return users.length + groups.length;
}

function detailsOfLosses(losses: Losses): JsonObject {
  const kinds = ['disabledUsers', 'removedUsers', 'removedGroups', 'emptiedGroups'] as const;
  return Object.fromEntries(kinds.map((kind) => [kind, listed(losses[kind])]));
}

// One shape for users, groups and accounts.
function listed(entries: readonly NamedEntry[]): JsonObject {
  if (entries.length === 0) return {};
  return {
    count: entries.length,
    listed: entries.slice(0, MOST_NAMED).map(({ id, name }) => ({ id, name })),
  };
}

function countsOf<T extends string>(names: readonly T[], count: (name: T) => number): JsonObject {
  return withoutNothing(Object.fromEntries(names.map((name) => [name, count(name)])));
}

// A run that changed nothing says nothing: zeros, empty lists and empty objects are left out.
function withoutNothing(details: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(details).filter(([, value]) => {
      if (value === 0) return false;
      return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
    }),
  );
}
