import type { AnsweredDirectory, DirectoryCopy } from './directory-changes.rules.js';

/**
 * What a whole answer has none of, all of a sudden. It may be meant; but whoever lost the right to read an attribute sees
 * no difference between it and an attribute that nobody has.
 */
export interface Absences {
  /** How many are enabled by an answer that says of nobody that they are disabled. */
  readonly revived: number;
  /** How many memberships end by an answer in which nobody is in any group. */
  readonly memberships: number;
}

/** What is missing from this answer altogether though the copy has it; all 0 where nothing is. */
export function absencesOf(copy: DirectoryCopy, answer: AnsweredDirectory): Absences {
  return { revived: revivedBy(copy, answer), memberships: membershipsEndedBy(copy, answer) };
}

/** What an operator should know of it, a sentence for each kind of which at least so many are missing. */
export function absencesInWords({ revived, memberships }: Absences, least = 1): string[] {
  const sentences: string[] = [];
  if (revived >= least) {
    sentences.push(
      `It says of nobody that they are disabled, and enables ${revived === 1 ? 'the 1 user who was' : `all ${revived} users who were`}: ` +
        'LDAP_BIND_DN must be allowed to read what says so (pwdAccountLockedTime, nsAccountLock); in a file it is ' +
        '"enabled": false.',
    );
  }
  if (memberships >= least) {
    sentences.push(
      `It has nobody in any group although there ${memberships === 1 ? 'was 1 membership' : `were ${memberships} memberships`}: ` +
        'LDAP_BIND_DN must be allowed to read members (member, uniqueMember, memberUid); in a file they are "members".',
    );
  }
  return sentences;
}

function revivedBy(copy: DirectoryCopy, answer: AnsweredDirectory): number {
  if (!answer.users.every(({ enabled }) => enabled)) return 0;
  const disabled = new Set(copy.users.filter(({ state }) => state === 'DISABLED').map(({ id }) => id));
  return answer.users.filter(({ id }) => disabled.has(id)).length;
}

/** Of those alone who are still there, in groups that are: whoever left, or was in a group that is gone, proves nothing. */
function membershipsEndedBy(copy: DirectoryCopy, answer: AnsweredDirectory): number {
  if (answer.groups.some(({ memberIds }) => memberIds.length > 0)) return 0;
  const users = new Set(answer.users.map(({ id }) => id));
  const groups = new Set(answer.groups.map(({ id }) => id));
  return copy.groups
    .filter(({ id, state }) => state === 'ACTIVE' && groups.has(id))
    .reduce((sum, { memberIds }) => sum + memberIds.filter((id) => users.has(id)).length, 0);
}
