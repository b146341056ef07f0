import { beforeEach, describe, expect, it } from '@jest/globals';
import { addAccount } from '@tokenwarden/service-accounts';
import { SYSTEM, type TokenKind } from '@tokenwarden/vocabulary';
import {
  ADA_IN_SESSION,
  groupId,
  instanceForSpecs,
  people,
  syncWorldForSpecs,
  userId,
  type People,
} from '../../test/sync-world.js';

const ETL = 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d21';

const world = syncWorldForSpecs();
const one = instanceForSpecs(world);
beforeEach(async () => {
  await world.says(company());
  await one.synchronise();
  await world.database.transaction((tx) =>
    addAccount(tx, { id: ETL, name: 'etl', description: null, groupIds: [groupId(1)] }, SYSTEM),
  );
});

/** Ten people, of whom the first four are in the first group, and an empty second group. */
function company(change: Partial<{ people: People; groups: object[] }> = {}): People {
  const { users, groups } = change.people ?? people(0, 10);
  return {
    users,
    groups: [
      ...groups,
      ...(change.groups ?? [
        { id: groupId(1), name: 'data', members: ['user0', 'user1', 'user2', 'user3'] },
        { id: groupId(2), name: 'sales', members: [] },
      ]),
    ],
  };
}

const tokens = (count: number, kind: TokenKind, principalId: string) =>
  world.tokens(count, kind, principalId);
const liveTokens = async () =>
  (
    await world.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM access_tokens WHERE revoked_at IS NULL AND suspended_at IS NULL`,
    )
  )[0]?.count;
const orphan = (days: number) =>
  world.sql('UPDATE service_accounts SET orphaned_at = clock_timestamp() - make_interval(days => $1)', [
    days,
  ]);

/** What a dry run says, and what the run behind it has done: they must say the same. */
async function foreseenAndDone() {
  const foreseen = await one.synchronise({ dryRun: true });
  const done = await one.synchronise();
  expect(foreseen.details).toEqual({ wouldBeHeld: false, ...done.details });
  expect([foreseen.examined, foreseen.affected]).toEqual([done.examined, done.affected]);
  return done;
}

describe('a run that is held', () => {
  it('says all that its answer would do, as a dry run says it, and as the run does that accepts it', async () => {
    await tokens(2, 'USER', userId(5));
    await tokens(1, 'USER', userId(6));
    const { users, groups } = people(6, 12);
    await world.says(
      company({
        people: { users: users.map((user, i) => (i === 1 ? { ...user, enabled: false } : user)), groups },
        groups: [{ id: groupId(2), name: 'sales', members: [] }],
      }),
    );
    const foreseen = await one.synchronise({ dryRun: true });
    const held = await one.synchronise();
    const losses = {
      reasons: ['It would disable or remove 7 of 11 active users.'],
      ...{ activeUsers: 11, activeGroups: 3 },
      disabledUsers: { count: 1, listed: [{ id: userId(6), name: 'user6' }] },
      removedUsers: { count: 6, listed: expect.arrayContaining([{ id: userId(5), name: 'user5' }]) },
      removedGroups: { count: 1, listed: [{ id: groupId(1), name: 'data' }] },
    };
    const wouldDo = {
      users: { created: 2, disabled: 1, removed: 6 },
      groups: { removed: 1 },
      memberships: { removed: 4 },
      ...{ suspendedTokens: 1, revokedTokens: 2 },
      orphanedAccounts: { count: 1, listed: [{ id: ETL, name: 'etl' }] },
    };
    expect(held).toMatchObject({ state: 'HELD', affected: 0 });
    expect(held.details).toEqual({ ...losses, ...wouldDo });
    expect(foreseen.details).toEqual({ wouldBeHeld: true, ...losses, ...wouldDo });
    expect(await liveTokens()).toBe(3);
    const { details } = await one.acceptance.accept(ADA_IN_SESSION, { runId: held.id, reason: null });
    expect(details).toEqual(wouldDo);
  });

  it('fails where nobody could accept it: an id of its answer is that of an account', async () => {
    const { users, groups } = people(6, 12);
    const taken = { ...users[1], id: ETL, username: 'etl' };
    await world.says(company({ people: { groups, users: [...users, taken] }, groups: [] }));
    expect(await one.synchronise()).toMatchObject({ state: 'FAILED', error: expect.stringContaining(ETL) });
    expect(await world.sql('SELECT FROM directory_held_answers')).toEqual([]);
  });
});

describe('a run that applied an answer', () => {
  it('says how many users, groups and memberships it changed, and leaves out what it did not', async () => {
    const { users } = people(2, 12, { email: 'new@example.com' });
    const groups = [
      { id: groupId(1), name: 'data', members: ['user2', 'user4'] },
      { id: groupId(2), name: 'renamed', members: [] },
      { id: groupId(3), name: 'new', members: ['user5'] },
    ];
    const run = await foreseenAndDone();
    expect(run).toMatchObject({ examined: 14, affected: 0, details: {} });
    await world.says(company({ people: { ...people(0, 0), users }, groups }));
    expect(await foreseenAndDone()).toMatchObject({
      ...{ state: 'SUCCEEDED', examined: 15, affected: 14 },
      details: {
        users: { created: 2, updated: 8, removed: 2 },
        groups: { created: 1, renamed: 1 },
        memberships: { added: 2, removed: 3 },
      },
    });
  });

  it('says how many tokens it suspended and revoked', async () => {
    await tokens(3, 'USER', userId(5));
    await tokens(2, 'USER', userId(6));
    const { users, groups } = people(0, 10);
    const left = users.filter((_, i) => i !== 7); // user6 is gone
    await world.says(
      company({
        people: { groups, users: left.map((user, i) => (i === 6 ? { ...user, enabled: false } : user)) },
      }),
    );
    const { details } = await foreseenAndDone();
    expect(details).toEqual({
      users: { disabled: 1, removed: 1 },
      ...{ suspendedTokens: 3, revokedTokens: 2 },
    });
    expect(await liveTokens()).toBe(0);
  });

  it('names the accounts that it orphaned and brought back', async () => {
    await world.says(company({ groups: [{ id: groupId(2), name: 'sales', members: [] }] }));
    expect((await foreseenAndDone()).details).toEqual({
      users: { updated: 4 },
      groups: { removed: 1 },
      memberships: { removed: 4 },
      orphanedAccounts: { count: 1, listed: [{ id: ETL, name: 'etl' }] },
    });
    expect(world.said('it is orphaned')).toHaveLength(1);
    await world.says(company());
    expect((await foreseenAndDone()).details).toEqual({
      users: { updated: 4 },
      groups: { returned: 1 },
      memberships: { added: 4 },
      recoveredAccounts: { count: 1, listed: [{ id: ETL, name: 'etl' }] },
    });
    expect(world.said('has a live group again')).toHaveLength(1);
    await one.synchronise();
    expect(world.said('it is orphaned')).toHaveLength(1);
  });

  it('orphans no account that has another live group, or whose other group comes back with it', async () => {
    const sales = { id: groupId(2), name: 'sales', members: [] };
    await world.sql('INSERT INTO service_account_groups (service_account_id, group_id) VALUES ($1, $2)', [
      ...[ETL, groupId(2)],
    ]);
    await world.says(company({ groups: [sales] }));
    const { details } = await foreseenAndDone();
    expect(details?.['orphanedAccounts']).toBeUndefined();
    await world.says(company({ groups: [{ id: groupId(1), name: 'data', members: [] }] }));
    expect((await foreseenAndDone()).details).toEqual({ groups: { returned: 1, removed: 1 } });
  });

  it('ends the grace of an orphan that is over, once, and leaves it an orphan', async () => {
    await world.says(company({ groups: [{ id: groupId(2), name: 'sales', members: [] }] }));
    await one.synchronise();
    await tokens(3, 'SERVICE_ACCOUNT', ETL);
    await orphan(29);
    expect((await foreseenAndDone()).details).toEqual({});
    expect(await liveTokens()).toBe(3);
    await orphan(31);
    expect((await foreseenAndDone()).details).toEqual({ endedGraces: { accounts: 1, revokedTokens: 3 } });
    expect(await liveTokens()).toBe(0);
    expect((await foreseenAndDone()).details).toEqual({});
    expect(await world.events('token.revoked')).toHaveLength(3);
    const [account] = await world.sql('SELECT orphaned_at IS NOT NULL AS orphaned FROM service_accounts');
    expect(account).toEqual({ orphaned: true });
    expect(world.said('orphaned for longer')).toHaveLength(1);
  });

  it('ends no grace where the directory gave no whole answer', async () => {
    await world.says(company({ groups: [{ id: groupId(2), name: 'sales', members: [] }] }));
    await one.synchronise();
    await tokens(1, 'SERVICE_ACCOUNT', ETL);
    await orphan(31);
    await world.says({ users: [], groups: [] });
    expect(await one.synchronise()).toMatchObject({ state: 'FAILED' });
    expect(await liveTokens()).toBe(1);
  });
});
