import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import { Attribute, Change, Client, Control } from 'ldapts';
import { DIRSRV_USERS, startDirsrv } from '../../../../../test/harness/index.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import { directoryForSpecs } from '../../../test/started-directory.js';
import type { DirectoryAnswer, DirectoryUser, WholeAnswer } from '../../directory-answer.js';
import { LdapSource } from '../ldap-source.js';

const SUFFIX = 'dc=tw,dc=test';
const STAFF = `ou=staff,${SUFFIX}`;
const TEAMS = `ou=teams,${SUFFIX}`;
const LEAST_OF_LIMITS = 500;
const MANAGE_REFERRALS = '2.16.840.1.113730.3.4.2'; // RFC 3296: the referral itself is meant

const directory = directoryForSpecs(startDirsrv);
const { ends } = directory;

async function answerOf(changed: Partial<LdapSettings> = {}): Promise<DirectoryAnswer> {
  const source = new LdapSource(settingsFor(directory.server, { schema: '389ds', ...changed }));
  return await source.readAll().finally(() => source.close());
}

async function read(changed: Partial<LdapSettings> = {}): Promise<WholeAnswer> {
  const answer = await answerOf(changed);
  if (!answer.whole) throw new Error(answer.reasons.join(' '));
  return answer;
}

const readStaff = () => read({ userBase: STAFF, groupBase: TEAMS });

async function change(
  operation: 'add' | 'delete' | 'replace',
  dn: string,
  type: string,
  ...values: string[]
) {
  await directory.admin.modify(dn, new Change({ operation, modification: new Attribute({ type, values }) }));
}

/** For one test. */
async function changed(dn: string, type: string, value: string): Promise<void> {
  await change('add', dn, type, value);
  ends.push(() => change('delete', dn, type, value));
}

describe('the limits of a 389 Directory Server', () => {
  it('hold back what is beyond 2,000 entries, and nothing of what is read in pages', async () => {
    const { url, readerDn, readerPassword, userBase } = directory.server;
    const reader = new Client({ url, timeout: 10_000 });
    await reader.bind(readerDn, readerPassword);
    await expect(reader.search(userBase, { attributes: ['uid'] })).rejects.toMatchObject({ code: 4 });
    await reader.unbind();
    expect((await read()).users).toHaveLength(DIRSRV_USERS);
  });

  it.each([
    ['in the entries that are looked at', 'nsLookThroughLimit'],
    ['in the entries of all pages', 'nsPagedSizeLimit'],
    ['in the entries that are looked at for pages', 'nsPagedLookThroughLimit'],
  ])('make the answer not whole where they are met: %s', async (_which, limit) => {
    await changed(directory.server.readerDn, limit, String(LEAST_OF_LIMITS));
    expect(await answerOf()).toEqual({
      whole: false,
      reasons: [expect.stringContaining('raise its limits for LDAP_BIND_DN')],
    });
  });
});

describe('an answer of a 389 Directory Server that has nothing in it', () => {
  it('is not whole: the reader may have lost its right, which is no fault to the server', async () => {
    const { searchEntries } = await directory.admin.search(SUFFIX, { scope: 'base', attributes: ['aci'] });
    await change('delete', SUFFIX, 'aci');
    ends.push(() => change('add', SUFFIX, 'aci', String(searchEntries[0]?.['aci'])));
    expect(await answerOf()).toEqual({
      whole: false,
      reasons: [expect.stringContaining('LDAP_BIND_DN must be allowed to read them')],
    });
  });

  it('is not whole: the reader may not see ids', async () => {
    const { readerDn } = directory.server;
    const acl = `version 3.0; acl "hidden"; deny (read) userdn = "ldap:///${readerDn}";`;
    await changed(SUFFIX, 'aci', `(targetattr = "nsUniqueId")(${acl})`);
    expect(await answerOf()).toEqual({
      whole: false,
      reasons: [expect.stringContaining('without a readable nsUniqueId'), expect.anything()],
    });
  });

  it.each([
    ['users', (base: string) => ({ userBase: base })],
    ['groups', (base: string) => ({ groupBase: base })],
  ])('is not whole: what is below the base of %s stands elsewhere', async (_what, settings) => {
    const base = `ou=elsewhere,${SUFFIX}`;
    await directory.admin.add(base, {
      objectClass: ['organizationalUnit', 'referral'],
      ou: 'elsewhere',
      ref: 'ldap://127.0.0.1:1/' + base,
    });
    ends.push(() => directory.admin.del(base, new Control(MANAGE_REFERRALS, { critical: true })));
    expect(await answerOf(settings(base))).toEqual({
      whole: false,
      reasons: [expect.stringContaining('referrals are not followed')],
    });
  });
});

describe('the people of a 389 Directory Server', () => {
  const ada = `uid=ada,${STAFF}`;
  const person = (uid: string) => ({ objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid });
  beforeEach(async () => {
    for (const unit of [STAFF, TEAMS]) await directory.admin.add(unit, { objectClass: 'organizationalUnit' });
    for (const uid of ['ada', 'grace']) await directory.admin.add(`uid=${uid},${STAFF}`, person(uid));
    await directory.admin.add(`cn=engines,${TEAMS}`, {
      objectClass: 'groupOfNames',
      cn: 'engines',
      member: ada,
    });
  });
  afterEach(async () => {
    for (const unit of [STAFF, TEAMS]) {
      const { searchEntries } = await directory.admin.search(unit, { attributes: ['1.1'] });
      const byDepth = searchEntries.map(({ dn }) => dn).toSorted((a, b) => b.length - a.length);
      for (const dn of byDepth) await directory.admin.del(dn);
    }
  });

  async function now(
    username: string,
  ): Promise<{ user: DirectoryUser | undefined; members: readonly string[] }> {
    const { users, groups } = await readStaff();
    const user = users.find((one) => one.username === username);
    return { user, members: groups.find(({ name }) => name === 'engines')?.memberIds ?? [] };
  }

  it('stay the same when they are renamed or moved, also in groups', async () => {
    const { user: before } = await now('ada');
    await directory.admin.modifyDN(ada, 'uid=lovelace');
    const renamed = await now('lovelace');
    expect(renamed).toEqual({ user: { ...before, username: 'lovelace' }, members: [before?.id] });
    await directory.admin.add(`ou=london,${STAFF}`, { objectClass: 'organizationalUnit' });
    await directory.admin.modifyDN(`uid=lovelace,${STAFF}`, `uid=lovelace,ou=london,${STAFF}`);
    expect(await now('lovelace')).toEqual(renamed);
  });

  it('are gone when they are removed, and others when they are made again', async () => {
    const { user: before } = await now('ada');
    await directory.admin.del(ada);
    expect(await now('ada')).toEqual({ user: undefined, members: [] });
    await directory.admin.add(ada, person('ada'));
    const after = await now('ada');
    expect(after.user?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(after.user?.id).not.toBe(before?.id);
    expect(after.members).toEqual([]);
  });

  it('are disabled and enabled, and still in their groups', async () => {
    await change('replace', ada, 'nsAccountLock', 'TRUE');
    const disabled = await now('ada');
    await change('replace', ada, 'nsAccountLock', 'false');
    const enabled = await now('ada');
    expect([disabled, enabled].map(({ user, members }) => [user?.enabled, members.length])).toEqual([
      [false, 1],
      [true, 1],
    ]);
  });

  it('are in the groups that hold their groups, in circles too; a group made again is another', async () => {
    const group = async (cn: string, ...member: string[]) =>
      await directory.admin.add(`cn=${cn},${TEAMS}`, { objectClass: 'groupOfNames', cn, member });
    await group('middle', `cn=engines,${TEAMS}`, `uid=grace,${STAFF}`);
    await group('outer', `cn=middle,${TEAMS}`);
    await change('add', `cn=engines,${TEAMS}`, 'member', `cn=outer,${TEAMS}`);
    const before = await readStaff();
    const sizes = before.groups.map(({ name, memberIds }) => [name, memberIds.length]);
    expect(Object.fromEntries(sizes)).toEqual({ engines: 2, middle: 2, outer: 2 });

    await directory.admin.del(`cn=middle,${TEAMS}`);
    await group('middle', `uid=grace,${STAFF}`);
    const idOf = ({ groups }: WholeAnswer) => groups.find(({ name }) => name === 'middle')?.id;
    expect(idOf(await readStaff())).not.toBe(idOf(before));
  });
});
