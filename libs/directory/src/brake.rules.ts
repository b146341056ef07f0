import { absencesInWords, absencesOf, type Absences } from './absences.rules.js';
import type {
  AnsweredDirectory,
  DirectoryChanges,
  DirectoryCopy,
  NamedEntry,
  UserChange,
} from './directory-changes.rules.js';

/** At least so many users, groups or memberships must be concerned for the brake to hold an answer … */
export const LEAST_HELD = 5;
/** … and, of users and groups that are lost, more than this part of the active ones: one in ten. */
export const HELD_ABOVE_ONE_IN = 10;
/** A group with at least so many members counts as lost when more than half of them leave it at once. */
export const LARGE_GROUP = 10;

/** Whom and what an answer takes away from the copy: the most that may be taken when it is accepted. */
export interface Losses {
  /** Active users who are disabled. */
  readonly disabledUsers: readonly NamedEntry[];
  /** Users who are gone, disabled ones among them. */
  readonly removedUsers: readonly NamedEntry[];
  readonly removedGroups: readonly NamedEntry[];
  /** Groups that stay and lose all their members, or more than half of at least ten. */
  readonly emptiedGroups: readonly NamedEntry[];
}

/** What the brake decides by: what is lost, and of how much. */
export interface Toll {
  readonly losses: Losses;
  /** How many ACTIVE users the copy has, and how many of them are disabled or removed. */
  readonly users: { readonly active: number; readonly lost: number };
  /** How many ACTIVE groups the copy has, and how many of them are removed or emptied. */
  readonly groups: { readonly active: number; readonly lost: number };
  /** What the answer has none of, all of a sudden. */
  readonly absences: Absences;
}

/** The ids of losses that somebody was shown. */
export interface NamedLosses {
  readonly disabledUserIds: readonly string[];
  readonly removedUserIds: readonly string[];
  readonly removedGroupIds: readonly string[];
  readonly emptiedGroupIds: readonly string[];
}

/** What the changes by this answer would take away from the copy (rule 12). */
export function tollOf(copy: DirectoryCopy, answer: AnsweredDirectory, changes: DirectoryChanges): Toll {
  const activeUsers = new Set(copy.users.filter(({ state }) => state === 'ACTIVE').map(({ id }) => id));
  const activeGroups = copy.groups.filter(({ state }) => state === 'ACTIVE');
  // Whoever was removed and comes back disabled loses nothing by it.
  const disabled = changes.users.filter(({ action, id }) => action === 'disabled' && activeUsers.has(id));
  const removed = changes.users.filter(({ action }) => action === 'removed');
  const removedGroups = changes.groups.filter(({ action }) => action === 'removed');
  const gone = new Set(removedGroups.map(({ id }) => id));
  const leavers = leaversByGroup(changes);
  const emptiedGroups = activeGroups.filter(
    ({ id, memberIds }) => !gone.has(id) && isEmptied(memberIds.length, leavers.get(id) ?? 0),
  );
  return {
    losses: {
      disabledUsers: disabled.map(namedUser),
      removedUsers: removed.map(namedUser),
      removedGroups: removedGroups.map(({ id, name }) => ({ id, name })),
      emptiedGroups: emptiedGroups.map(({ id, name }) => ({ id, name })),
    },
    users: {
      active: activeUsers.size,
      lost: disabled.length + removed.filter(({ id }) => activeUsers.has(id)).length,
    },
    groups: { active: activeGroups.length, lost: removedGroups.length + emptiedGroups.length },
    absences: absencesOf(copy, answer),
  };
}

/**
 * Why the brake holds an answer, a sentence each; empty where it does not (rule 12): at least five and more than a tenth
 * of the active users, or of the active groups, would be lost by it; or five users are enabled, or five memberships end, by
 * an answer that has nobody disabled, or nobody in any group, of a sudden: a right to read that was lost looks like that.
 */
export function whyHeld({ users, groups, absences }: Toll): string[] {
  const reasons: string[] = [];
  if (isTooMuch(users)) {
    reasons.push(`It would disable or remove ${users.lost} of ${users.active} active users.`);
  }
  if (isTooMuch(groups)) {
    reasons.push(
      `It would remove ${groups.lost} of ${groups.active} active groups, or take most of their members away from them.`,
    );
  }
  return [...reasons, ...absencesInWords(absences, LEAST_HELD)];
}

/**
 * Why an answer goes beyond what somebody accepted, a sentence each; empty where it does not. A user who was to be removed
 * may as well be disabled, a group that was to be removed may as well be emptied; never the other way round.
 */
export function whyBeyond(losses: Losses, named: NamedLosses): string[] {
  const beyond = [
    [losses.disabledUsers, [named.disabledUserIds, named.removedUserIds], 'disable', 'user'],
    [losses.removedUsers, [named.removedUserIds], 'remove', 'user'],
    [losses.removedGroups, [named.removedGroupIds], 'remove', 'group'],
    [losses.emptiedGroups, [named.emptiedGroupIds, named.removedGroupIds], 'empty', 'group'],
  ] as const;
  return beyond.flatMap(([lost, accepted, verb, noun]) => {
    const shown = new Set(accepted.flat());
    const count = lost.filter(({ id }) => !shown.has(id)).length;
    if (count === 0) return [];
    const does = verb === 'empty' ? `take most of ${count === 1 ? 'its' : 'their'} members from` : verb;
    return [`It would ${does} ${counted(count, noun)} beyond what was accepted.`];
  });
}

/** The ids of the losses, sorted: two that say the same are equal. */
export function namedIn(losses: Losses): NamedLosses {
  const idsOf = (lost: readonly NamedEntry[]) => lost.map(({ id }) => id).sort();
  return {
    disabledUserIds: idsOf(losses.disabledUsers),
    removedUserIds: idsOf(losses.removedUsers),
    removedGroupIds: idsOf(losses.removedGroups),
    emptiedGroupIds: idsOf(losses.emptiedGroups),
  };
}

function isTooMuch({ active, lost }: { readonly active: number; readonly lost: number }): boolean {
  return lost >= LEAST_HELD && lost * HELD_ABOVE_ONE_IN > active;
}

// By those who leave, not by how many there are afterwards: a group whose people are all exchanged has lost them.
function isEmptied(members: number, leavers: number): boolean {
  if (leavers === 0) return false;
  return leavers === members || (members >= LARGE_GROUP && leavers * 2 > members);
}

function leaversByGroup({ users }: DirectoryChanges): Map<string, number> {
  const leavers = new Map<string, number>();
  for (const { leftGroupIds } of users) {
    for (const id of leftGroupIds) leavers.set(id, (leavers.get(id) ?? 0) + 1);
  }
  return leavers;
}

function namedUser({ id, username }: UserChange): NamedEntry {
  return { id, name: username };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
