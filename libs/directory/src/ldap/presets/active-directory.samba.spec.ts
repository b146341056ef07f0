import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import { SAMBA_USERS, startSamba } from '../../../../../test/harness/index.js';
import {
  ACCOUNT,
  addGroup,
  addPerson,
  deleteTree,
  idOfDeleted,
  replace,
} from '../../../test/active-directory.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import { directoryForSpecs } from '../../../test/started-directory.js';
import type { DirectoryUser, WholeAnswer } from '../../directory-answer.js';
import { LdapSource } from '../ldap-source.js';

const SUFFIX = 'DC=tw,DC=test';
const STAFF = `OU=Staff,${SUFFIX}`;
const TEAMS = `OU=Teams,${SUFFIX}`;

const directory = directoryForSpecs(startSamba);

async function read(changed: Partial<LdapSettings> = {}): Promise<WholeAnswer> {
  const source = new LdapSource(settingsFor(directory.server, { schema: 'active-directory', ...changed }));
  const answer = await source.readAll().finally(() => source.close());
  if (!answer.whole) throw new Error(answer.reasons.join(' '));
  return answer;
}

const readStaff = () => read({ userBase: STAFF, groupBase: TEAMS });

describe('a company on Active Directory', () => {
  it('is read with every user, and a group that has more members than come at once', async () => {
    const { users, groups, warnings } = await read();
    expect(warnings).toEqual([]);
    expect(users).toHaveLength(SAMBA_USERS);
    expect(users.find(({ username }) => username === 'user0007')).toMatchObject({
      displayName: 'User 7',
      email: 'user0007@tw.test',
    });
    expect(groups.map(({ name }) => name)).toEqual(['everybody']);
    const everybody = new Set(groups[0]?.memberIds);
    expect(everybody.size).toBe(SAMBA_USERS);
    expect(users.every(({ id, enabled }) => enabled && everybody.has(id))).toBe(true);
  });

  it('may be read from the root of its domain, which refers to other partitions', async () => {
    const { users, groups } = await read({ userBase: SUFFIX, groupBase: SUFFIX });
    expect(users.length).toBeGreaterThan(SAMBA_USERS);
    const enabledBy = new Map(users.map(({ username, enabled }) => [username, enabled]));
    expect(['Administrator', 'Guest', 'krbtgt'].map((name) => enabledBy.get(name))).toEqual([
      true,
      false,
      false,
    ]);
    expect(enabledBy.has('DC1$')).toBe(false);
    expect(groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['everybody', 'Domain Admins']));
  });
});

describe('the people of an Active Directory', () => {
  const ada = `CN=Ada,${STAFF}`;
  beforeEach(async () => {
    for (const unit of [STAFF, TEAMS]) await directory.admin.add(unit, { objectClass: 'organizationalUnit' });
    await addPerson(directory.admin, ada, 'ada');
    await addPerson(directory.admin, `CN=Grace,${STAFF}`, 'grace');
    await addGroup(directory.admin, `CN=Engines,${TEAMS}`, [ada]);
  });
  afterEach(async () => {
    for (const unit of [STAFF, TEAMS]) await deleteTree(directory.admin, unit);
  });

  /** Who it is now, and the members of the group. */
  async function now(
    username: string,
  ): Promise<{ user: DirectoryUser | undefined; members: readonly string[] }> {
    const { users, groups } = await readStaff();
    return { user: users.find((user) => user.username === username), members: groups[0]?.memberIds ?? [] };
  }

  it('have the ids that the server itself shows', async () => {
    const { user } = await now('ada');
    await directory.admin.del(ada);
    expect(await idOfDeleted(directory.admin, SUFFIX, 'Ada')).toBe(user?.id);
  });

  it('stay the same when they are renamed or moved, also in groups', async () => {
    const { user: before } = await now('ada');
    await directory.admin.modifyDN(ada, 'CN=Countess');
    await replace(directory.admin, `CN=Countess,${STAFF}`, 'sAMAccountName', 'lovelace');
    const renamed = await now('lovelace');
    expect(renamed).toEqual({
      user: { ...before, username: 'lovelace', displayName: 'lovelace' },
      members: [before?.id],
    });

    await directory.admin.add(`OU=London,${STAFF}`, { objectClass: 'organizationalUnit' });
    await directory.admin.modifyDN(`CN=Countess,${STAFF}`, `CN=Countess,OU=London,${STAFF}`);
    expect(await now('lovelace')).toEqual(renamed);
  });

  it('are gone when they are removed, and others when they are made again', async () => {
    const { user: before } = await now('ada');
    await directory.admin.del(ada);
    expect(await now('ada')).toEqual({ user: undefined, members: [] });
    await addPerson(directory.admin, ada, 'ada');
    const after = await now('ada');
    expect(after.user?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(after.user?.id).not.toBe(before?.id);
    expect(after.members).toEqual([]);
  });

  it('are disabled and enabled, and still in their groups', async () => {
    const states = [];
    for (const state of [ACCOUNT.disabled, ACCOUNT.neverExpires, ACCOUNT.neverExpires | ACCOUNT.disabled]) {
      await replace(directory.admin, ada, 'userAccountControl', String(state));
      const { user, members } = await now('ada');
      states.push([user?.enabled, members.length]);
    }
    expect(states).toEqual([
      [false, 1],
      [true, 1],
      [false, 1],
    ]);
  });

  it('are not disabled by what passes: a lock-out, a password that must be changed', async () => {
    await replace(directory.admin, ada, 'pwdLastSet', '0');
    await replace(directory.admin, SUFFIX, 'lockoutThreshold', '1');
    const other = await directory.server.admin();
    await expect(other.bind(ada, 'wrong')).rejects.toMatchObject({ code: 49 });
    await other.unbind();
    const { searchEntries } = await directory.admin.search(STAFF, {
      filter: '(lockoutTime>=1)',
      attributes: ['cn'],
    });
    expect(searchEntries).toHaveLength(1);
    expect((await now('ada')).user?.enabled).toBe(true);
  });
});

describe('the groups of an Active Directory', () => {
  const group = (name: string) => `CN=${name},${TEAMS}`;
  const person = (name: string) => `CN=${name},${STAFF}`;
  const membersByName = async () => {
    const { users, groups } = await readStaff();
    const names = new Map(users.map(({ id, username }) => [id, username]));
    return Object.fromEntries(
      groups.map(({ name, memberIds }) => [name, memberIds.map((id) => names.get(id) ?? id).sort()]),
    );
  };

  beforeAll(async () => {
    for (const unit of [STAFF, TEAMS]) await directory.admin.add(unit, { objectClass: 'organizationalUnit' });
    for (const name of ['ada', 'grace', 'edsger']) await addPerson(directory.admin, person(name), name);
    await addGroup(directory.admin, group('inner'), [person('ada')]);
    await addGroup(directory.admin, group('middle'), [group('inner'), person('grace')]);
    await addGroup(directory.admin, group('outer'), [group('middle'), person('edsger')]);
    await addGroup(directory.admin, group('apart'), [person('edsger')]);
  });

  it('hold whoever the groups in them hold', async () => {
    expect(await membersByName()).toEqual({
      inner: ['ada'],
      middle: ['ada', 'grace'],
      outer: ['ada', 'edsger', 'grace'],
      apart: ['edsger'],
    });
  });

  it('may hold each other, and themselves, in a circle', async () => {
    await replace(directory.admin, group('inner'), 'member', person('ada'), group('outer'));
    const everybody = ['ada', 'edsger', 'grace'];
    expect(await membersByName()).toEqual({
      inner: everybody,
      middle: everybody,
      outer: everybody,
      apart: ['edsger'],
    });
  });

  it('stay the same when they are renamed, and are others when they are made again', async () => {
    const idOf = async (name: string) => (await readStaff()).groups.find((one) => one.name === name)?.id;
    const before = await idOf('apart');
    await directory.admin.modifyDN(group('apart'), 'CN=Further apart');
    expect(await idOf('Further apart')).toBe(before);
    await directory.admin.del(group('Further apart'));
    expect(await idOfDeleted(directory.admin, SUFFIX, 'Further apart')).toBe(before);
    await addGroup(directory.admin, group('apart'), [person('edsger')]);
    expect(await idOf('apart')).not.toBe(before);
  });
});
