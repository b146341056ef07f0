import type { AnsweredDirectory, DirectoryCopy } from './directory-changes.rules.js';
import { takenIds } from './taken-ids.rules.js';

/**
 * Why this answer cannot be whole although it was read without a fault; empty where there is no reason. What is empty of
 * a sudden proves nothing: whoever lost the right to read it sees no difference. And an id is that of one thing for ever.
 */
export function faultsAgainst(copy: DirectoryCopy, answer: AnsweredDirectory): string[] {
  const hadGroups = copy.groups.some((group) => group.state === 'ACTIVE');
  return [
    ...(answer.users.length > 0 ? [] : ['It holds no user; that is no proof that all are gone.']),
    ...(answer.groups.length > 0 || !hadGroups
      ? []
      : ['It holds no group although there were some; that is no proof that all are gone.']),
    ...idsTaken(copy, answer),
  ];
}

function idsTaken(copy: DirectoryCopy, answer: AnsweredDirectory): string[] {
  // Sets of groups only: there are few of them beside the users.
  const copied = new Set(copy.groups.map(({ id }) => id));
  const answered = new Set(answer.groups.map(({ id }) => id));
  const idsOf = (users: readonly { readonly id: string }[], groups: ReadonlySet<string>) =>
    users.filter(({ id }) => groups.has(id)).map(({ id }) => id);
  return [
    ...takenIds(idsOf(answer.users, copied), 'user', 'group'),
    ...takenIds(idsOf(copy.users, answered), 'group', 'user'),
  ];
}
