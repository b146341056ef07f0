/** The company as LDIF: everybody in one group, and in some of many; every tenth group holds another one. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { ADMINISTRATOR, ADMINISTRATORS, idOf, PASSWORD } from '../product/company.mjs';
import { GROUPS, PEOPLE, SUFFIX } from './slapd.mjs';

const MEMBERS_OF_A_GROUP = 80;
const NESTED_IN_EVERY = 10;

/**
 * Writes it.
 * @param {string} path The file
 * @param {{people: number, groups: number}} size How large it is; everybody's group and the administrators' come on top
 * @returns {Promise<number>} How many memberships there are, nested ones not counted
 */
export async function writeLdif(path, { people, groups }) {
  const file = createWriteStream(path);
  const write = async (...lines) => {
    if (!file.write(`${lines.join('\n')}\n\n`)) await once(file, 'drain');
  };
  let memberships = 0;
  const writeGroup = async (name, members) => {
    memberships += members.length;
    const lines = members.map((dn) => `member: ${dn}`);
    await write(
      dnOfGroup(name),
      'objectClass: groupOfNames',
      `entryUUID: ${idOf(name)}`,
      `cn: ${name}`,
      ...lines,
    );
  };
  const dnOfGroup = (name) => `dn: cn=${name},${GROUPS}`;
  const dnOf = (uid) => `uid=${uid},${PEOPLE}`;
  const uidOf = (n) => `person-${n % people}`;

  await write(`dn: ${SUFFIX}`, 'objectClass: domain', 'dc: example');
  for (const base of [PEOPLE, GROUPS]) await write(`dn: ${base}`, 'objectClass: organizationalUnit');
  const uids = Array.from({ length: people }, (_, n) => uidOf(n));
  for (const uid of [...uids, ADMINISTRATOR]) {
    const names = [
      `uid: ${uid}`,
      `cn: ${uid}`,
      'sn: Person',
      `displayName: ${uid}`,
      `mail: ${uid}@example.org`,
    ];
    const secret = uid === ADMINISTRATOR ? [`userPassword: ${PASSWORD}`] : [];
    await write(
      `dn: ${dnOf(uid)}`,
      'objectClass: inetOrgPerson',
      `entryUUID: ${idOf(uid)}`,
      ...names,
      ...secret,
    );
  }
  for (let group = 0; group < groups; group += 1) {
    const members = Array.from({ length: MEMBERS_OF_A_GROUP }, (_, i) => dnOf(uidOf(group * 7_919 + i * 31)));
    const nested = group % NESTED_IN_EVERY === 0 ? [`cn=group-${(group + 5) % groups},${GROUPS}`] : [];
    await writeGroup(`group-${group}`, [...new Set(members), ...nested]);
  }
  await writeGroup('everybody', uids.map(dnOf));
  await writeGroup(ADMINISTRATORS, [dnOf(ADMINISTRATOR)]);
  file.end();
  await once(file, 'finish');
  return memberships;
}
