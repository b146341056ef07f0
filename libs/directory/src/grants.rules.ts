import { covers, firstNotCovered, type Scope } from '@tokenwarden/vocabulary';

/** What holds everything. */
export const EVERYTHING: Scope = '*:*';

/** The grants that are really new: those that the group did not have already, be it within a wider one (rule 5). */
export function addedGrants(before: readonly Scope[], asked: readonly Scope[]): Scope[] {
  return asked.filter((scope) => !before.some((held) => covers(held, scope)));
}

/** The first of these scopes that the caller does not hold, or undefined: nobody gives what they have not (rule 5). */
export function firstNotHeld(held: readonly Scope[], given: readonly Scope[]): Scope | undefined {
  return given[firstNotCovered(held, given)];
}

/** What is written for a group: what is inherent in it is never stored, and so never left behind. */
export function storedGrants(asked: readonly Scope[], { isPinned }: { isPinned: boolean }): Scope[] {
  return isPinned ? asked.filter((scope) => scope !== EVERYTHING) : [...asked];
}

/** Whether two lists of grants say the same, order aside. */
export function areSameGrants(one: readonly Scope[], other: readonly Scope[]): boolean {
  return one.length === other.length && one.every((scope) => other.includes(scope));
}
