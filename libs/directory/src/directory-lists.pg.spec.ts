import { beforeAll, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { toActor } from '@tokenwarden/audit';
import { databaseNow } from '@tokenwarden/database';
import { SYSTEM, type Caller } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { applyAnswer, DirectoryViews, pinAdministratorGroups, setGrants, toUser, userById } from './index.js';
import { GrantsService } from './grants.service.js';
import { Group } from './group.type.js';
import { GroupsResolver } from './groups.resolver.js';
import { ActorUserResolver, UsersResolver } from './users.resolver.js';

const ADA = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const GRACE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';
const LINUS = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a03';
const GONE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a04';
const ADMINS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
const DATA = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';
const OLD = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13';

const person = (id: string, username: string, displayName: string, enabled = true) => ({
  ...{ id, username, displayName, enabled },
  email: `${username}@example.com`,
});
const USERS = [
  person(ADA, 'ada', 'Ada Lovelace'),
  person(GRACE, 'grace', 'Grace STRASSE'),
  person(LINUS, 'linus_100%', 'Linus', false),
];
const GROUPS = [
  { id: ADMINS, name: 'admins', memberIds: [ADA] },
  { id: DATA, name: 'data', memberIds: [GRACE, LINUS] },
];

const fresh = databaseForSpecs();
let views: DirectoryViews;
let users: UsersResolver;
let groups: GroupsResolver;
beforeAll(async () => {
  views = new DirectoryViews(fresh.database);
  users = new UsersResolver(fresh.database, views);
  groups = new GroupsResolver(fresh.database, views, new GrantsService(fresh.database));
  const before = [...USERS, person(GONE, 'gone', 'Gone')];
  await apply(before, [...GROUPS, { id: OLD, name: 'old', memberIds: [GONE] }]);
  await apply(USERS, GROUPS);
  await fresh.database.transaction(async (tx) => {
    await pinAdministratorGroups(tx, ['admins']);
    await setGrants(tx, ADMINS, ['tokens:read'], SYSTEM);
    await setGrants(tx, DATA, ['dataset/*:read', 'dataset/a:read'], SYSTEM);
  });
});

function apply(answered: typeof USERS, answeredGroups: typeof GROUPS) {
  return fresh.database.transaction(async (tx) => {
    await applyAnswer(
      tx,
      { whole: true, users: answered, groups: answeredGroups, warnings: [] },
      await databaseNow(tx),
    );
  });
}
const caller = (facts: Partial<Caller> = {}): Caller => ({
  carrier: 'session',
  principal: { kind: 'USER', id: GRACE, name: 'grace' },
  groupIds: [DATA],
  permissions: ['dataset/*:read'],
  tokenId: null,
  sessionId: null,
  endsAt: new Date('2030-01-01T00:00:00Z'),
  origin: { address: null, userAgent: null, requestId: null },
  ...facts,
});
const grace = caller();
const reader = caller({ permissions: ['directory:read'] });
const token = caller({ carrier: 'token', tokenId: GONE });
const account = caller({
  carrier: 'token',
  tokenId: GONE,
  principal: { kind: 'SERVICE_ACCOUNT', id: GONE, name: 'etl' },
});
const names = async (by: Caller, search?: string) =>
  (await users.users({ ...(search !== undefined && { search }) }, by)).nodes.map((user) => user.username);
const groupNames = async (by: Caller, search?: string) =>
  (await groups.groups({ ...(search !== undefined && { search }) }, by)).nodes.map((group) => group.name);
const group = (id: string, name: string) => Object.assign(new Group(), { id, name, state: 'ACTIVE' });

describe('the list of users', () => {
  it('holds all with directory:read but the removed ones, by username', async () =>
    expect(await names(reader)).toEqual(['ada', 'grace', 'linus_100%']));
  it('holds oneself and the members of one’s groups in a session, by token only its user', async () => {
    expect(await names(grace)).toEqual(['grace', 'linus_100%']);
    expect(await names(token)).toEqual(['grace']);
    expect(await names(account)).toEqual([]);
    expect(await names({ ...account, permissions: ['*:*'] })).toHaveLength(3);
  });
  it('shows of others who they are and no more', async () => {
    const { nodes } = await users.users({}, grace);
    expect(nodes).toMatchObject([
      { username: 'grace', email: 'grace@example.com', view: 'whole' },
      {
        username: 'linus_100%',
        displayName: 'Linus',
        state: 'DISABLED',
        email: null,
        lastSignInAt: null,
        view: 'named',
      },
    ]);
  });
  it('is searched in names, case folded, with % and _ as they are', async () => {
    expect(await names(reader, 'LOVE')).toEqual(['ada']);
    expect(await names(reader, 'straße')).toEqual(['grace']);
    expect(await names(reader, '%')).toEqual(['linus_100%']);
    expect(await names(reader, '_')).toEqual(['linus_100%']);
    expect(await names(reader, 'example.com')).toEqual([]);
  });
  it('goes on where a page ended, under the same search only', async () => {
    const first = await users.users({ first: 2 }, reader);
    expect(first.pageInfo.hasNextPage).toBe(true);
    const after = first.pageInfo.endCursor;
    expect((await users.users({ first: 2, after }, reader)).nodes.map((user) => user.username)).toEqual([
      'linus_100%',
    ]);
    expect(await first.totalCount).toBe(3);
    await expect(users.users({ first: 2, after, search: 'a' }, reader)).rejects.toMatchObject({
      field: 'after',
    });
  });
});

describe('the list of groups', () => {
  it('holds all with directory:read, else one’s own, by token too', async () => {
    expect(await groupNames(reader)).toEqual(['admins', 'data']);
    expect(await groupNames(grace)).toEqual(['data']);
    expect(await groupNames(account)).toEqual(['data']);
    expect(await groupNames(reader, 'DAT')).toEqual(['data']);
  });
  it('shows members in a session, by token none', async () => {
    const members = async (by: Caller) =>
      (await groups.members(group(DATA, 'data'), {}, by, new Loaders())).nodes.map((user) => user.username);
    expect(await members(grace)).toEqual(['grace', 'linus_100%']);
    expect(await members(token)).toEqual([]);
    expect((await groups.members(group(ADMINS, 'admins'), {}, grace, new Loaders())).nodes).toEqual([]);
    expect(await members({ ...token, permissions: ['directory:read'] })).toHaveLength(2);
  });
  it('shows what is granted as it was set, and what is inherent', async () => {
    expect(await groups.grants(group(DATA, 'data'), new Loaders())).toEqual([
      'dataset/*:read',
      'dataset/a:read',
    ]);
    expect(await groups.grants(group(ADMINS, 'admins'), new Loaders())).toEqual(['*:*', 'tokens:read']);
  });
});

describe('one user or group', () => {
  const seen = async (by: Caller, id: string) =>
    (await views.visibleUser(by, id, new Loaders()))?.view ?? null;
  it('is seen by whom the rules say, removed ones with directory:read', async () => {
    expect(await seen(grace, LINUS)).toBe('named');
    expect(await seen(grace, ADA)).toBeNull();
    expect(await seen(token, LINUS)).toBeNull();
    expect(await seen(reader, GONE)).toBe('whole');
    expect(await seen(grace, GONE)).toBeNull();
    expect(await seen(reader, GRACE.toUpperCase())).toBeNull();
    expect(await views.visibleGroup(reader, OLD, new Loaders())).toMatchObject({ state: 'REMOVED' });
    expect(await views.visibleGroup(grace, ADMINS, new Loaders())).toBeNull();
  });
  it('is named where something shows them that the caller sees', async () =>
    expect(await views.namedUser(grace, ADA, new Loaders())).toMatchObject({
      username: 'ada',
      email: null,
      view: 'named',
    }));
  it('shows groups and permissions wholly or not at all', async () => {
    const row = await fresh.database.read((tx) => userById(tx, GRACE));
    if (!row) throw new Error('grace is missing');
    const whole = toUser(row, 'whole');
    expect((await users.groups(whole, new Loaders())).map((one) => one.name)).toEqual(['data']);
    expect(await users.permissions(whole, new Loaders())).toEqual(['dataset/*:read']);
    const named = toUser(row, 'named');
    expect(await users.groups(named, new Loaders())).toEqual([]);
    expect(await users.permissions(named, new Loaders())).toEqual([]);
  });
  it('is behind an actor for whoever sees them', async () => {
    const actors = new ActorUserResolver(views);
    const ada = toActor({ kind: 'USER', id: ADA, name: 'ada' });
    expect(await actors.user(ada, reader, new Loaders())).toMatchObject({ username: 'ada' });
    expect(await actors.user(ada, grace, new Loaders())).toBeNull();
    expect(await actors.user(toActor(SYSTEM.actor), reader, new Loaders())).toBeNull();
  });
});
