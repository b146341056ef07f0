import { SLAPD } from './slapd-config.js';

/** A company that is made up: user `n` is in the group `n mod groups`, and everybody in `everybody`. */
export interface Company {
  readonly users: number;
  /** Beside `everybody`; none when left out. */
  readonly groups?: number;
}

/**
 * A company in LDIF, for `startSlapd({ ldif })`. Users are `user000000`, `user000001`, …, groups `group0000`, …; ids are
 * the same each time (`companyUserId`, `companyGroupId`), and passwords are the user names. memberOf is written out.
 * @param company How large it is
 * @returns LDIF
 */
export function companyLdif(company: Company): string {
  const { users, groups = 0 } = company;
  const numbers = Array.from({ length: users }, (_, n) => n);
  const entries = numbers.map((n) => userEntry(n, groups));
  const everybody = groupEntry('everybody', uuid('b', 0), numbers);
  const others = Array.from({ length: Math.min(groups, users) }, (_, group) => {
    const size = Math.ceil((users - group) / groups);
    const members = Array.from({ length: size }, (_member, i) => group + i * groups);
    return groupEntry(groupName(group), companyGroupId(group), members);
  });
  return [...entries, everybody, ...others].join('\n');
}

/**
 * The entryUUID of a user.
 * @param n The user's number, from 0
 */
export function companyUserId(n: number): string {
  return uuid('a', n);
}

/**
 * The entryUUID of a group.
 * @param group The group's number, from 0
 */
export function companyGroupId(group: number): string {
  return uuid('b', group + 1);
}

function userEntry(n: number, groups: number): string {
  const uid = userName(n);
  const memberOf = groups > 0 ? ['everybody', groupName(n % groups)] : ['everybody'];
  return [
    `dn: uid=${uid},${SLAPD.userBase}`,
    'objectClass: inetOrgPerson',
    `entryUUID: ${companyUserId(n)}`,
    `uid: ${uid}`,
    `cn: User ${n}`,
    `displayName: User ${n}`,
    `sn: ${n}`,
    `mail: ${uid}@demo.example`,
    `userPassword: ${uid}`,
    ...memberOf.map((name) => `memberOf: cn=${name},${SLAPD.groupBase}`),
    '',
  ].join('\n');
}

function groupEntry(name: string, id: string, members: readonly number[]): string {
  return [
    `dn: cn=${name},${SLAPD.groupBase}`,
    'objectClass: groupOfNames',
    `entryUUID: ${id}`,
    `cn: ${name}`,
    ...members.map((n) => `member: uid=${userName(n)},${SLAPD.userBase}`),
    '',
  ].join('\n');
}

function userName(n: number): string {
  return `user${String(n).padStart(6, '0')}`;
}

function groupName(group: number): string {
  return `group${String(group).padStart(4, '0')}`;
}

function uuid(kind: string, n: number): string {
  return `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`;
}
