import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Attribute, Change, type Client } from 'ldapts';
import { DIRSRV_USERS, startDirsrv, type RunningDirectory } from '../../../../../test/harness/index.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import type { WholeAnswer } from '../../directory-answer.js';
import { LdapSource } from '../ldap-source.js';

const MAKING_IT_MS = 180_000; // the first time on this machine

let directory: RunningDirectory;
let admin: Client;
let source: LdapSource;

beforeAll(async () => {
  directory = await startDirsrv();
  admin = await directory.admin();
  source = new LdapSource(settingsFor(directory, { schema: '389ds' }));
}, MAKING_IT_MS);
afterAll(async () => {
  await source?.close();
  await admin?.unbind();
  await directory?.stop();
});

async function read(): Promise<WholeAnswer> {
  const answer = await source.readAll();
  if (!answer.whole) throw new Error(answer.reasons.join(' '));
  return answer;
}

const dnOf = (name: string) => `uid=${name},${directory.userBase}`;
const userNamed = (name: string, { users }: WholeAnswer) => users.find(({ username }) => username === name);
const namesIn = ({ users, groups }: WholeAnswer, name: string) => {
  const members = new Set(groups.find((group) => group.name === name)?.memberIds);
  return users
    .filter(({ id }) => members.has(id))
    .map(({ username }) => username)
    .sort();
};

describe('a 389 Directory Server of 3,000 people', () => {
  it('is read whole, by ids of its own kind', async () => {
    const answer = await read();
    expect(answer.users).toHaveLength(DIRSRV_USERS);
    expect(namesIn(answer, 'everybody')).toHaveLength(DIRSRV_USERS);
    expect(answer.warnings).toEqual([]);
    const { searchEntries } = await admin.search(dnOf('user0007'), { attributes: ['nsUniqueId'] });
    const digits = String(searchEntries[0]?.['nsUniqueId']).replaceAll('-', '');
    expect(userNamed('user0007', answer)?.id.replaceAll('-', '')).toBe(digits);
  });

  it('has groups by member and by uniqueMember, in circles too', async () => {
    const groups = directory.groupBase;
    await admin.add(`cn=inner,${groups}`, {
      objectClass: 'groupOfUniqueNames',
      cn: 'inner',
      uniqueMember: [dnOf('user0001').toUpperCase(), `cn=outer,${groups}`],
    });
    await admin.add(`cn=outer,${groups}`, {
      objectClass: 'groupOfNames',
      cn: 'outer',
      member: [` uid = user0002 , ${directory.userBase}`, `cn=inner,${groups}`],
    });
    const answer = await read();
    expect(namesIn(answer, 'inner')).toEqual(['user0001', 'user0002']);
    expect(namesIn(answer, 'outer')).toEqual(['user0001', 'user0002']);
  });

  it('says who is disabled, and keeps the id of who is renamed', async () => {
    const modification = new Attribute({ type: 'nsAccountLock', values: ['true'] });
    await admin.modify(dnOf('user0003'), new Change({ operation: 'add', modification }));
    const before = userNamed('user0003', await read());
    expect(before).toMatchObject({ enabled: false });
    await admin.modifyDN(dnOf('user0003'), `uid=renamed`);
    expect(userNamed('renamed', await read())).toEqual({ ...before, username: 'renamed' });
  });
});
