import { beforeEach, describe, expect, it } from '@jest/globals';
import { hasAdministrators, pinAdministratorGroups } from '@tokenwarden/directory';
import { ADA_IN_SESSION, groupId, people, syncWorldForSpecs, userId } from '../../test/sync-world.js';

const world = syncWorldForSpecs();

const NEW_ADMINS = groupId(99);

/** The same people and groups, and each under another id. */
function filledAnew() {
  const users = people(0, 9).users.map((user, i) => ({ ...user, id: userId(900 + i) }));
  return { users, groups: [{ id: NEW_ADMINS, name: 'admins', members: ['ada'] }] };
}

/** A restart with this ADMIN_GROUPS; gives what accepts there. */
async function restartWith(...adminGroups: string[]) {
  await world.database.transaction((tx) => pinAdministratorGroups(tx, adminGroups));
  const instance = await world.instance('restarted', undefined, adminGroups);
  const held = await instance.synchronise();
  expect(held.state).toBe('HELD');
  return () => instance.acceptance.accept(ADA_IN_SESSION, { runId: held.id, reason: 'A new server.' });
}
const isAdministered = (...adminGroups: string[]) =>
  world.database.read((tx) => hasAdministrators(tx, adminGroups));

describe('a directory that was filled anew, so that all ids are others', () => {
  beforeEach(async () => {
    await world.says(people(0, 9));
    const before = await world.instance();
    expect((await before.synchronise()).state).toBe('SUCCEEDED');
    await world.says(filledAnew());
  });

  it('is not accepted where the administrators are known by a name: that is no other group by itself', async () => {
    const accept = await restartWith('admins');
    await expect(accept()).rejects.toMatchObject({ code: 'WOULD_LOCK_OUT' });
    expect(await isAdministered('admins')).toBe(true);
  });

  it.each([
    ['beside the one before, who can accept', ['admins', `id:${NEW_ADMINS}`]],
    ['alone', [`id:${NEW_ADMINS}`]],
    ['in capitals', ['admins', `id:${NEW_ADMINS.toUpperCase()}`]],
  ])('is accepted where ADMIN_GROUPS names the new group by its id, %s', async (_, adminGroups) => {
    const accept = await restartWith(...adminGroups);
    expect(await isAdministered(...adminGroups)).toBe(adminGroups.includes('admins'));
    expect(await accept()).toMatchObject({ state: 'SUCCEEDED' });
    expect(await isAdministered(...adminGroups)).toBe(true);
  });

  it('is accepted where ADMIN_GROUPS names a group that there was none of', async () => {
    const { users, groups } = filledAnew();
    await world.says({
      users,
      groups: [...groups, { id: groupId(98), name: 'new-admins', members: ['ada'] }],
    });
    const accept = await restartWith('admins', 'new-admins');
    expect(await accept()).toMatchObject({ state: 'SUCCEEDED' });
    expect(await isAdministered('new-admins')).toBe(true);
  });
});
