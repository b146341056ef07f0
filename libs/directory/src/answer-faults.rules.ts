import type { AnsweredDirectory, DirectoryCopy } from './directory-changes.rules.js';
import { takenIds } from './taken-ids.rules.js';

/** So many disabled users are not enabled by one answer that has no disabled one any more. */
export const MOST_REVIVED = 5;

const WHO_SAYS_SO =
  'LDAP_BIND_DN must be allowed to read what says so (pwdAccountLockedTime, nsAccountLock); in a file it is "enabled": false';

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
    ...nobodyDisabled(copy, answer),
    ...nobodyInAGroup(copy, answer),
    ...idsTaken(copy, answer),
  ];
}

/** What an operator should know where an answer, though it is taken, says of nobody any more that they are disabled. */
export function revivalWarnings(copy: DirectoryCopy, answer: AnsweredDirectory): string[] {
  const revived = allRevived(copy, answer);
  if (revived === 0) return [];
  return [
    `Nobody is disabled any more; ${revived === 1 ? '1 user is' : `${revived} users are`} enabled. ${WHO_SAYS_SO}.`,
  ];
}

/** How many are enabled by an answer that says of nobody that they are disabled. */
function allRevived(copy: DirectoryCopy, answer: AnsweredDirectory): number {
  if (!answer.users.every(({ enabled }) => enabled)) return 0;
  const disabled = new Set(copy.users.filter(({ state }) => state === 'DISABLED').map(({ id }) => id));
  return answer.users.filter(({ id }) => disabled.has(id)).length;
}

function nobodyDisabled(copy: DirectoryCopy, answer: AnsweredDirectory): string[] {
  const revived = allRevived(copy, answer);
  if (revived < MOST_REVIVED) return [];
  return [
    `Nobody is disabled by it although ${revived} were. ${WHO_SAYS_SO}. Where all of them are meant, enable the last ` +
      `${MOST_REVIVED - 1} after a synchronisation with the others.`,
  ];
}

/** By those alone who are still there, in groups that are: whoever left, or was in a group that is gone, proves nothing. */
function nobodyInAGroup(copy: DirectoryCopy, answer: AnsweredDirectory): string[] {
  if (answer.groups.some(({ memberIds }) => memberIds.length > 0)) return [];
  const users = new Set(answer.users.map(({ id }) => id));
  const groups = new Set(answer.groups.map(({ id }) => id));
  const lost = copy.groups
    .filter(({ id, state }) => state === 'ACTIVE' && groups.has(id))
    .reduce((sum, { memberIds }) => sum + memberIds.filter((id) => users.has(id)).length, 0);
  if (lost === 0) return [];
  return [
    `Nobody is in any of its groups although there ${lost === 1 ? 'was 1 membership' : `were ${lost} memberships`}: LDAP_BIND_DN ` +
      'must be allowed to read members (member, uniqueMember, memberUid), in a file they are "members".',
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
