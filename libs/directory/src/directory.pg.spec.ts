import { describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { SYSTEM } from '@tokenwarden/vocabulary';
import {
  ADA,
  ada,
  admins,
  ADMINS,
  copyForSpecs,
  DATA,
  data,
  GRACE,
  grace,
  user,
  whole,
} from '../test/copy-world.js';
import {
  administratorGroupWarnings,
  applyAnswer,
  applySignIn,
  DirectoryService,
  groupsOfUser,
  hasAdministrators,
  NotWhole,
  permissionsOfUser,
  pinAdministratorGroups,
  repinAdministratorGroups,
  setGrants,
  userById,
  type DirectorySource,
  type DirectoryUser,
} from './index.js';

const EVE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a03';
const NEW_ADMINS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13';

const copy = copyForSpecs([ada, grace], [admins, data]);
const { apply, events } = copy;
const changed = () =>
  copy.sql<{ kind: string; subject_ids: string[] }>(
    'SELECT kind, subject_ids FROM changes ORDER BY position',
  );
const stateOf = async (id: string) => (await copy.database.read((tx) => userById(tx, id)))?.state;

describe('a whole answer', () => {
  it('that says what the copy holds writes nothing', async () => {
    expect(await apply([ada, grace], [admins, data])).toEqual({ users: [], groups: [] });
    expect(await events()).toEqual([]);
    expect(await changed()).toEqual([]);
  });

  it('moves people between groups, and says so once for each', async () => {
    await apply([ada, grace], [admins, { ...data, memberIds: [ADA] }]);
    const groups = await copy.database.read((tx) => groupsOfUser(tx, ADA));
    expect(groups.map(({ name }) => name)).toEqual(['admins', 'data']);
    expect(await copy.database.read((tx) => groupsOfUser(tx, GRACE))).toEqual([]);
    expect((await events()).sort()).toEqual(['user.updated ada', 'user.updated grace']);
    expect((await changed()).flatMap((change) => change.subject_ids).sort()).toEqual([ADA, GRACE]);
  });

  it('ends the sessions of whom it disables or removes, and leaves that so when they are back', async () => {
    await apply([ada, { ...grace, enabled: false }], [admins, data]);
    const disabled = await copy.database.read((tx) => userById(tx, GRACE));
    expect(disabled).toMatchObject({ state: 'DISABLED', sessionsEndBefore: expect.any(Date) });
    await apply([ada, grace], [admins, data]);
    expect(await copy.database.read((tx) => userById(tx, GRACE))).toMatchObject({
      state: 'ACTIVE',
      sessionsEndBefore: disabled?.sessionsEndBefore,
    });
    await apply([ada], [admins, { ...data, memberIds: [] }]);
    expect(await copy.database.read((tx) => userById(tx, GRACE))).toMatchObject({
      state: 'REMOVED',
      removedAt: expect.any(Date),
    });
    expect(await events()).toEqual(['user.disabled grace', 'user.enabled grace', 'user.removed grace']);
  });

  it('gives a user or a group of the same name, but another id, nothing of the old one', async () => {
    await copy.database.transaction((tx) => setGrants(tx, DATA, ['dataset/*:read'], SYSTEM));
    expect(await copy.database.read((tx) => permissionsOfUser(tx, GRACE))).toEqual(['dataset/*:read']);
    await apply([ada, user(EVE, 'grace')], [admins, { id: NEW_ADMINS, name: 'data', memberIds: [EVE] }]);
    expect(await stateOf(GRACE)).toBe('REMOVED');
    expect(await copy.database.read((tx) => permissionsOfUser(tx, EVE))).toEqual([]);
  });

  it('brings a group back with its grants under the same id', async () => {
    await copy.database.transaction((tx) => setGrants(tx, DATA, ['dataset/*:read'], SYSTEM));
    await apply([ada, grace], [admins]);
    expect(await copy.database.read((tx) => permissionsOfUser(tx, GRACE))).toEqual([]);
    await apply([ada, grace], [admins, data]);
    expect(await copy.database.read((tx) => permissionsOfUser(tx, GRACE))).toEqual(['dataset/*:read']);
  });

  it('that is emptied, or mistakes ids, changes nothing', async () => {
    await expect(apply([], [admins, data])).rejects.toThrow(NotWhole);
    await expect(apply([ada, grace], [])).rejects.toThrow(NotWhole);
    await expect(apply([ada, user(DATA, 'eve')], [admins])).rejects.toThrow('already that of a group');
    expect(await events()).toEqual([]);
    expect(await stateOf(GRACE)).toBe('ACTIVE');
  });
});

describe('signing in', () => {
  const signIn = (entry: DirectoryUser) =>
    copy.database.transaction(async (tx) => {
      await applySignIn(tx, entry, await databaseNow(tx));
      return userById(tx, entry.id);
    });

  it('brings the row to what the entry says, and notes when', async () => {
    const signedIn = await signIn({ ...ada, displayName: 'Ada Lovelace' });
    expect(signedIn).toMatchObject({ id: ADA, displayName: 'Ada Lovelace', lastSignInAt: expect.any(Date) });
    expect(await events()).toEqual(['user.updated ada']);
  });

  it('writes nothing else where nothing differs', async () => {
    expect(await signIn(ada)).toMatchObject({ id: ADA, state: 'ACTIVE' });
    expect(await events()).toEqual([]);
  });

  it('of somebody new creates them; of somebody disabled or removed makes them active', async () => {
    await apply([ada, { ...grace, enabled: false }], [admins, data]);
    expect(await signIn(user(EVE, 'eve'))).toMatchObject({ id: EVE, state: 'ACTIVE' });
    expect(await signIn(grace)).toMatchObject({ id: GRACE, state: 'ACTIVE' });
  });

  it('is not undone by an answer that was read before it', async () => {
    const before = await copy.database.read((tx) => databaseNow(tx));
    await signIn(user(EVE, 'eve'));
    await copy.database.transaction((tx) => applyAnswer(tx, whole([ada, grace], [admins, data]), before));
    expect(await stateOf(EVE)).toBe('ACTIVE');
    await apply([ada, grace], [admins, data]);
    expect(await stateOf(EVE)).toBe('REMOVED');
  });

  it('with an empty password never gets to the directory', async () => {
    const source: DirectorySource = {
      readAll: () => Promise.reject(new Error('not asked')),
      authenticate: () => Promise.reject(new Error('not asked')),
      check: () => Promise.reject(new Error('Nobody checks it.')),
      close: () => Promise.resolve(),
    };
    expect(await new DirectoryService(source, copy.database).authenticate('ada', '')).toBeUndefined();
  });
});

describe('the groups of the administrators', () => {
  const pinNow = (...names: string[]) => copy.database.transaction((tx) => pinAdministratorGroups(tx, names));

  it('hold *:* from the moment their name is seen, and lose it with the setting', async () => {
    expect(await pinNow('admins')).toEqual({
      pinned: [{ settingName: 'admins', groupId: ADMINS }],
      warnings: [],
    });
    expect(await copy.database.read((tx) => permissionsOfUser(tx, ADA))).toEqual(['*:*']);
    await pinNow('admins');
    expect(await events()).toEqual(['admin-groups.pinned admins']);
    expect(await pinNow()).toEqual({ pinned: [], warnings: [] });
    expect(await copy.database.read((tx) => permissionsOfUser(tx, ADA))).toEqual([]);
  });

  it('do not pass it to a group that was made anew, until an operator says so', async () => {
    await pinNow('admins');
    await apply([ada, grace], [{ id: NEW_ADMINS, name: 'admins', memberIds: [GRACE] }, data]);
    expect((await pinNow('admins')).warnings).toHaveLength(1);
    expect(await copy.database.read((tx) => permissionsOfUser(tx, GRACE))).toEqual([]);
    await copy.database.transaction((tx) => repinAdministratorGroups(tx, ['admins']));
    expect(await copy.database.read((tx) => permissionsOfUser(tx, GRACE))).toEqual(['*:*']);
    expect(await copy.database.read((tx) => administratorGroupWarnings(tx, ['admins']))).toEqual([]);
  });

  it('get it back, and nobody else, when their name leaves the setting and returns', async () => {
    await pinNow('admins');
    await pinNow();
    await apply(
      [ada, grace],
      [{ ...admins, name: 'root' }, { id: NEW_ADMINS, name: 'admins', memberIds: [GRACE] }, data],
    );
    expect((await pinNow('admins')).warnings).toEqual([expect.stringContaining('admin-groups:pin')]);
    expect(await copy.database.read((tx) => permissionsOfUser(tx, GRACE))).toEqual([]);
    await apply(
      [ada, grace],
      [{ ...admins, name: 'root' }, { id: NEW_ADMINS, name: 'others', memberIds: [GRACE] }, data],
    );
    expect(await pinNow('admins')).toEqual({
      pinned: [{ settingName: 'admins', groupId: ADMINS }],
      warnings: [],
    });
    expect(await copy.database.read((tx) => permissionsOfUser(tx, ADA))).toEqual(['*:*']);
  });

  it('are watched: nobody enabled in one is said, by the name in the setting and by no other', async () => {
    const now = () =>
      copy.database.read(async (tx) => ({
        isAnybody: await hasAdministrators(tx, ['admins', 'data']),
        warnings: await administratorGroupWarnings(tx, ['admins', 'data']),
      }));
    await pinNow('admins', 'data');
    expect(await now()).toEqual({ isAnybody: true, warnings: [] });
    await apply([ada, { ...grace, enabled: false }], [admins, { ...data, name: 'renamed' }]);
    expect(await now()).toEqual({
      isAnybody: true,
      warnings: ['ADMIN_GROUPS: the group of "data" has no enabled member.'],
    });
    await apply([ada, { ...grace, enabled: false }], [{ ...admins, memberIds: [] }, data]);
    const { isAnybody, warnings } = await now();
    expect(isAnybody).toBe(false);
    expect(warnings).toHaveLength(3);
    expect(warnings.join()).not.toMatch(/ada|grace/);
  });

  it('may be named by id', async () => {
    expect((await pinNow(`id:${DATA}`)).pinned).toEqual([{ settingName: `id:${DATA}`, groupId: DATA }]);
    expect((await pinNow('id:nonsense')).warnings).toHaveLength(1);
  });
});
