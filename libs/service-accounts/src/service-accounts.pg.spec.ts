import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Loaders } from '@tokenwarden/api';
import { databaseNow, openDatabase, rows, type Database } from '@tokenwarden/database';
import { applyAnswer, DirectoryViews, setGrants, type WholeAnswer } from '@tokenwarden/directory';
import { Logs } from '@tokenwarden/telemetry';
import { SYSTEM, type Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { IDS, serviceOf } from '../test/world.js';
import {
  accountById,
  accountsManagedBy,
  addAccount,
  isMember,
  orphanAccountsOf,
  permissionsOfAccount,
  recoverAccountsOf,
} from './index.js';
import { ServiceAccountFilter } from './service-account.inputs.js';
import { ServiceAccountViews } from './service-account-views.js';
import type { ServiceAccountsService } from './service-accounts.service.js';

const { ada: ADA, grace: GRACE, linus: LINUS, admins: ADMINS, data: DATA, sales: SALES, etl: ETL } = IDS;
const UNKNOWN = IDS.nothing;
const LONG_AGO = new Date('2000-01-01T00:00:00Z');

const person = (id: string, username: string) => ({
  ...{ id, username, displayName: username },
  ...{ email: null, enabled: true },
});
const admins = { id: ADMINS, name: 'admins', memberIds: [ADA] };
const data = { id: DATA, name: 'data', memberIds: [GRACE] };
const sales = { id: SALES, name: 'sales', memberIds: [LINUS] };

let fresh: TestDatabase;
let database: Database;
let views: ServiceAccountViews;
let service: ServiceAccountsService;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.url);
  views = new ServiceAccountViews(database, new DirectoryViews(database));
  service = serviceOf(database, new Logs({ level: 'fatal' }));
});
afterAll(async () => {
  await database?.close();
  await fresh?.close();
});
beforeEach(async () => {
  await database.read((tx) =>
    rows(tx, 'TRUNCATE users, groups, service_accounts, audit_pending_events, changes CASCADE'),
  );
  await apply([data, sales]);
  await database.transaction(async (tx) => {
    await setGrants(tx, ADMINS, ['*:*'], SYSTEM);
    await setGrants(tx, DATA, ['dataset/*:read'], SYSTEM);
    await setGrants(tx, SALES, ['sales/*:read'], SYSTEM);
    await addAccount(tx, { id: ETL, name: 'nightly-etl', description: 'Loads.', groupIds: [DATA] }, SYSTEM);
  });
});

const apply = (groups: WholeAnswer['groups']) =>
  database.transaction(async (tx) => {
    const answer = {
      whole: true,
      users: [person(ADA, 'ada'), person(GRACE, 'grace'), person(LINUS, 'linus')],
      groups: [admins, ...groups],
      warnings: [],
    } as const;
    await applyAnswer(tx, answer, await databaseNow(tx));
  });
const caller = (permissions: string[], facts: Partial<Caller> = {}): Caller => ({
  carrier: 'session',
  principal: { kind: 'USER', id: GRACE, name: 'grace' },
  groupIds: [DATA],
  permissions,
  tokenId: null,
  sessionId: null,
  endsAt: new Date('2030-01-01T00:00:00Z'),
  origin: { address: null, userAgent: null, requestId: null },
  ...facts,
});
const ada = { kind: 'USER', id: ADA, name: 'ada' } as const;
const admin = caller(['*:*'], { principal: ada, groupIds: [ADMINS] });
const grace = caller(['dataset/*:read']);
const token = caller(['dataset/*:read'], { carrier: 'token', tokenId: UNKNOWN });
const own = { ...token, principal: { kind: 'SERVICE_ACCOUNT', id: ETL, name: 'nightly-etl' } } as const;
const create = (by: Caller, groupIds: string[], name = 'loader') => service.create(by, { name, groupIds });
const actions = () =>
  database.read(async (tx) =>
    (await rows<{ action: string }>(tx, 'SELECT action FROM audit_pending_events ORDER BY arrival')).map(
      ({ action }) => action,
    ),
  );
const listed = async (by: Caller, filter: Partial<ServiceAccountFilter> = {}) =>
  (await views.list(by, {}, Object.assign(new ServiceAccountFilter(), filter), new Loaders())).nodes.map(
    ({ name }) => name,
  );

describe('creating a service account', () => {
  it('links it to its groups, with event and change log', async () => {
    const account = await create(admin, [DATA, SALES]);
    expect(account).toMatchObject({
      name: 'loader',
      state: 'ACTIVE',
      createdBy: { kind: 'USER', id: ADA, name: 'ada' },
    });
    expect(await database.read((tx) => permissionsOfAccount(tx, account.id))).toEqual([
      'dataset/*:read',
      'sales/*:read',
    ]);
    expect((await actions()).at(-1)).toBe('service-account.created');
    const [last] = await database.read((tx) =>
      rows(tx, 'SELECT kind, subject_ids FROM changes ORDER BY position DESC LIMIT 1'),
    );
    expect(last).toEqual({ kind: 'service-account', subject_ids: [account.id] });
  });

  it('needs all that the groups grant, in this very call', async () => {
    const writer = caller(['service-accounts:write', 'directory:read', 'dataset/*:read']);
    await create(writer, [DATA]);
    await expect(create(writer, [DATA, SALES], 'other')).rejects.toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      field: 'groupIds',
    });
  });

  it('needs it at that moment, whatever was true when the request began', async () => {
    const both = caller(['service-accounts:write', 'directory:read', 'dataset/*:read', 'sales/*:read']);
    await expect(create(both, [DATA, SALES])).rejects.toMatchObject({ code: 'SCOPE_NOT_GRANTED' });
    const narrow = { ...both, carrier: 'token', permissions: ['service-accounts:write'] } as const;
    await expect(create(narrow, [DATA])).rejects.toMatchObject({ code: 'SCOPE_NOT_GRANTED' });
    await create({ ...both, carrier: 'token' }, [DATA]);
  });

  it('names the group that is not there, or not to be seen', async () => {
    await expect(create(admin, [DATA, UNKNOWN])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'groupIds.1',
    });
    await expect(create(admin, ['nonsense'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'groupIds.0',
    });
    const writer = caller(['service-accounts:write', 'directory:grant', 'sales/*:read']);
    await expect(create(writer, [SALES])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'groupIds.0',
      refusedTarget: { type: 'group', id: SALES },
    });
  });

  it('needs one live group; what a removed one would grant must be held too', async () => {
    await apply([data]);
    await expect(create(admin, [SALES])).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'groupIds' });
    const writer = caller(['service-accounts:write', 'directory:read', 'dataset/*:read']);
    await expect(create(writer, [DATA, SALES])).rejects.toMatchObject({ code: 'SCOPE_NOT_GRANTED' });
    await create(admin, [DATA, SALES]);
  });

  it('gives a name to one of two that ask for it at once', async () => {
    const both = await Promise.allSettled([create(admin, [DATA]), create(admin, [DATA])]);
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toMatchObject([{ code: 'INVALID_INPUT', field: 'name' }]);
  });
});

describe('a service account whose groups are gone', () => {
  const orphan = () => database.transaction((tx) => orphanAccountsOf(tx, [DATA]));
  const recover = (since = LONG_AGO) => database.transaction((tx) => recoverAccountsOf(tx, [DATA], since));
  const state = async () => (await database.read((tx) => accountById(tx, ETL)))?.state;

  it('is orphaned when the last one is, once', async () => {
    expect(await orphan()).toEqual([]);
    await apply([sales]);
    expect((await orphan()).map(({ id }) => id)).toEqual([ETL]);
    expect(await orphan()).toEqual([]);
    expect(await state()).toBe('ORPHANED');
    expect((await actions()).filter((action) => action === 'service-account.orphaned')).toHaveLength(1);
  });

  it('has events that name those of its groups that left with it, and that came back', async () => {
    const { id } = await create(admin, [DATA, SALES]);
    const both = [DATA, SALES];
    await apply([]);
    await database.transaction((tx) => orphanAccountsOf(tx, [...both, ADMINS]));
    await apply([sales]);
    await database.transaction((tx) => recoverAccountsOf(tx, [SALES], LONG_AGO));
    const events = await database.read((tx) =>
      rows(
        tx,
        `SELECT action, target_id AS id, details FROM audit_pending_events
         WHERE action IN ('service-account.orphaned', 'service-account.recovered') ORDER BY action, target_id = $1`,
        [id],
      ),
    );
    expect(events).toEqual([
      { action: 'service-account.orphaned', id: ETL, details: { groupIds: [DATA] } },
      { action: 'service-account.orphaned', id, details: { groupIds: both } },
      { action: 'service-account.recovered', id, details: { groupIds: [SALES] } },
    ]);
  });

  it('keeps working while one of its groups lives', async () => {
    const { id } = await create(admin, [DATA, SALES]);
    await apply([sales]);
    expect((await orphan()).map((account) => account.id)).not.toContain(id);
  });

  it('is recovered when one is back, within the grace', async () => {
    await apply([sales]);
    await orphan();
    expect(await recover()).toEqual([]);
    await apply([data, sales]);
    expect(await recover(new Date('2100-01-01T00:00:00Z'))).toEqual([]);
    expect(await state()).toBe('ORPHANED');
    expect((await recover()).map(({ id }) => id)).toEqual([ETL]);
    expect(await state()).toBe('ACTIVE');
    expect((await actions()).at(-1)).toBe('service-account.recovered');
  });
});

describe('whoever manages its tokens', () => {
  it('is in one of its live groups', async () => {
    await database.read(async (tx) => {
      expect([await isMember(tx, ETL, GRACE), await isMember(tx, ETL, LINUS)]).toEqual([true, false]);
      expect(await accountsManagedBy(tx, GRACE)).toEqual([ETL]);
    });
    await apply([sales]);
    await database.read(async (tx) => expect(await accountsManagedBy(tx, GRACE)).toEqual([]));
  });
});

describe('what a caller sees of service accounts', () => {
  beforeEach(() => create(admin, [SALES], '100%_sales'));

  it('is those of its groups, by token only itself, with the scope all, by name', async () => {
    expect(await listed(grace)).toEqual(['nightly-etl']);
    expect(await listed(token)).toEqual([]);
    expect(await listed(own)).toEqual(['nightly-etl']);
    expect(await listed(admin)).toEqual(['100%_sales', 'nightly-etl']);
    expect(await listed({ ...token, permissions: ['service-accounts:write'] })).toEqual([
      '100%_sales',
      'nightly-etl',
    ]);
  });

  it('is narrowed by a filter, which finds out nothing more', async () => {
    expect(await listed(admin, { search: 'NIGHTLY' })).toEqual(['nightly-etl']);
    expect(await listed(admin, { search: '%_' })).toEqual(['100%_sales']);
    expect(await listed(admin, { search: '_' })).toEqual(['100%_sales']);
    expect(await listed(admin, { groupId: SALES })).toEqual(['100%_sales']);
    expect(await listed(admin, { groupId: 'nonsense' })).toEqual([]);
    expect(await listed(admin, { state: ['ORPHANED'] })).toEqual([]);
    await database.transaction((tx) =>
      addAccount(tx, { id: UNKNOWN, name: 'both', description: null, groupIds: [DATA, SALES] }, SYSTEM),
    );
    expect(await listed(grace, { groupId: SALES })).toEqual([]);
    expect(await listed(grace, { groupId: DATA })).toEqual(['both', 'nightly-etl']);
  });

  it('goes backward as well as forward', async () => {
    const back = await views.list(admin, { last: 1 }, new ServiceAccountFilter(), new Loaders());
    expect(back.nodes.map(({ name }) => name)).toEqual(['nightly-etl']);
    expect(back.pageInfo.hasPreviousPage).toBe(true);
    const before = { last: 1, before: back.pageInfo.startCursor };
    const first = await views.list(admin, before, new ServiceAccountFilter(), new Loaders());
    expect(first.nodes.map(({ name }) => name)).toEqual(['100%_sales']);
    expect(await first.totalCount).toBe(2);
  });

  it('is of a foreign one nothing, or its name where something shows it', async () => {
    const loaders = new Loaders();
    const [foreign] = (await views.list(admin, { first: 1 }, new ServiceAccountFilter(), loaders)).nodes;
    const id = foreign?.id ?? '';
    expect(await views.visibleAccount(grace, id, loaders)).toBeNull();
    expect(await views.visibleAccount(grace, 'nonsense', loaders)).toBeNull();
    const named = await views.namedAccount(grace, id, loaders);
    expect(named).toMatchObject({ name: '100%_sales', view: 'named', description: null });
    if (!named) return;
    expect(await views.groupsOf(grace, named, loaders)).toEqual([]);
    expect(await views.permissionsOf(named, loaders)).toEqual([]);
    expect((await views.membersOf(grace, named, {}, loaders)).nodes).toEqual([]);
  });

  it('is of its own one groups, permissions and members, the members only in a session', async () => {
    const loaders = new Loaders();
    const account = await views.visibleAccount(grace, ETL, loaders);
    if (!account) throw new Error('A member does not see the account.');
    expect((await views.groupsOf(grace, account, loaders)).map(({ name }) => name)).toEqual(['data']);
    expect(await views.permissionsOf(account, loaders)).toEqual(['dataset/*:read']);
    expect((await views.membersOf(grace, account, {}, loaders)).nodes).toMatchObject([
      { username: 'grace', view: 'whole' },
    ]);
    expect((await views.membersOf(own, account, {}, loaders)).nodes).toEqual([]);
    expect((await views.listOfGroup(grace, DATA, {}, loaders)).nodes.map(({ name }) => name)).toEqual([
      'nightly-etl',
    ]);
    expect((await views.listOfGroup(token, DATA, {}, new Loaders())).nodes).toEqual([]);
  });
});
