import { describe, expect, it } from '@jest/globals';
import { pinAdministratorGroups } from '@tokenwarden/directory';
import { ADMINS_ID, groupId, people, syncWorldForSpecs } from '../../test/sync-world.js';

const world = syncWorldForSpecs();

const OPS = { id: groupId(1), name: 'ops', members: ['user1'] };
const NEW_OPS = { id: groupId(2), name: 'ops', members: ['user2'] };

function says(...groups: readonly object[]): Promise<void> {
  const { users, groups: admins } = people(1, 3);
  return world.says({ users, groups: [...admins, ...groups] });
}

async function pins(): Promise<Record<string, string>> {
  const found = await world.sql<{ name: string; id: string }>(
    'SELECT setting_name AS name, group_id AS id FROM administrator_groups',
  );
  return Object.fromEntries(found.map(({ name, id }) => [name, id]));
}

/** What an instance with this setting does when it starts. */
function starts(...names: readonly string[]): Promise<unknown> {
  return world.database.transaction((tx) => pinAdministratorGroups(tx, names));
}

describe('two instances of different ADMIN_GROUPS', () => {
  it('take turns with the synchronisation, and no pin is lost or made twice', async () => {
    const older = await world.instance('older', undefined, ['admins']);
    const newer = await world.instance('newer', undefined, ['admins', 'ops']);
    await says(OPS);
    for (const instance of [older, newer, older, newer, older]) {
      expect((await instance.synchronise()).state).toBe('SUCCEEDED');
    }
    expect(await pins()).toEqual({ admins: ADMINS_ID, ops: OPS.id });
    expect(await world.events('admin-groups')).toHaveLength(2);
  });

  it('never pass a right to a group that was made anew under the name', async () => {
    const older = await world.instance('older', undefined, ['admins']);
    const newer = await world.instance('newer', undefined, ['admins', 'ops']);
    await says(OPS);
    await newer.synchronise();
    await says(NEW_OPS);
    for (const instance of [older, newer, older, newer]) {
      expect((await instance.synchronise()).state).toBe('SUCCEEDED');
    }
    expect((await pins())['ops']).toBe(OPS.id);
    // One of the older setting starts and drops the name; those that still have it meet its old pin.
    await starts('admins');
    expect(await pins()).toEqual({ admins: ADMINS_ID });
    await newer.synchronise();
    await starts('admins', 'ops');
    expect(await pins()).toEqual({ admins: ADMINS_ID });
    expect(world.said('Run "npm run admin-groups:pin"').length).toBeGreaterThan(0);
  });

  it('get a name back that a start of the older one has dropped', async () => {
    const newer = await world.instance('newer', undefined, ['admins', 'ops']);
    await says(OPS);
    await newer.synchronise();
    await starts('admins');
    await newer.synchronise();
    expect(await pins()).toEqual({ admins: ADMINS_ID, ops: OPS.id });
  });
});
