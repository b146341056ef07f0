import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow, rows } from '@tokenwarden/database';
import { SYSTEM, type Caller, type Scope } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { GrantsService } from './grants.service.js';
import {
  applyAnswer,
  permissionsOfUser,
  pinAdministratorGroups,
  setGrants,
  type WholeAnswer,
} from './index.js';

const ADA = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const LINUS = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';
const EVE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a03';
const ADMINS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
const DATA = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';
const GRANTERS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e13';

const person = (id: string, username: string) => ({
  ...{ id, username, displayName: username, email: null },
  enabled: true,
});
const admins = { id: ADMINS, name: 'admins', memberIds: [ADA] };
const data = { id: DATA, name: 'data', memberIds: [ADA] };
const granters = { id: GRANTERS, name: 'granters', memberIds: [LINUS] };

const fresh = databaseForSpecs();
let grants: GrantsService;
beforeAll(async () => {
  grants = new GrantsService(fresh.database);
});
beforeEach(async () => {
  await fresh.database.read((tx) =>
    rows(
      tx,
      'TRUNCATE users, groups, group_members, service_accounts, administrator_groups, changes CASCADE',
    ),
  );
  await apply([admins, data, granters]);
  await set(ADMINS, ['*:*']);
  await set(GRANTERS, ['directory:grant', 'dataset/a:write']);
  await fresh.database.read((tx) => rows(tx, 'TRUNCATE changes, audit_pending_events'));
});

const apply = (groups: WholeAnswer['groups'], users = [person(ADA, 'ada'), person(LINUS, 'linus')]) =>
  fresh.database.transaction(async (tx) =>
    applyAnswer(tx, { whole: true, users, groups, warnings: [] }, await databaseNow(tx)),
  );
const set = (groupId: string, scopes: Scope[]) =>
  fresh.database.transaction((tx) => setGrants(tx, groupId, scopes, SYSTEM));
const linkAccount = (...groupIds: string[]) =>
  fresh.database.read(async (tx) => {
    const nobody = '{"kind":"SYSTEM","id":null,"name":"Tokenwarden"}';
    await rows(
      tx,
      `INSERT INTO service_accounts (id, name, search_text, created_at, created_by) VALUES ($1, 'etl', 'etl', now(), $2)`,
      [EVE, nobody],
    );
    await rows(tx, 'INSERT INTO service_account_groups SELECT $1, unnest($2::uuid[])', [EVE, groupIds]);
  });
const pin = () => fresh.database.transaction((tx) => pinAdministratorGroups(tx, ['admins']));
const recorded = () =>
  fresh.database.read((tx) =>
    rows(tx, 'SELECT action, target_name AS on FROM audit_pending_events ORDER BY arrival'),
  );
const changed = () => fresh.database.read((tx) => rows(tx, 'SELECT kind, subject_ids FROM changes'));
const caller = (permissions: string[], facts: Partial<Caller> = {}): Caller => ({
  carrier: 'session',
  principal: { kind: 'USER', id: ADA, name: 'ada' },
  groupIds: [ADMINS, DATA],
  permissions,
  tokenId: null,
  sessionId: null,
  endsAt: new Date('2030-01-01T00:00:00Z'),
  origin: { address: null, userAgent: null, requestId: null },
  ...facts,
});
const admin = caller(['*:*']);
const linus = caller(['directory:grant', 'dataset/a:write'], {
  principal: { kind: 'USER', id: LINUS, name: 'linus' },
  groupIds: [GRANTERS],
});

describe('setting grants', () => {
  it('is recorded once, however often it is repeated', async () => {
    await grants.setGroupGrants(admin, DATA, ['dataset/b:read', 'dataset/a:read', 'dataset/a:read']);
    const again = await grants.setGroupGrants(admin, DATA, ['dataset/a:read', 'dataset/b:read']);
    expect(again.grants).toEqual(['dataset/a:read', 'dataset/b:read']);
    expect(await recorded()).toEqual([{ action: 'group.grants-set', on: 'data' }]);
    expect(await changed()).toEqual([{ kind: 'group', subject_ids: [DATA] }]);
    expect((await grants.setGroupGrants(admin, DATA, [])).grants).toEqual([]);
  });

  it('gives nobody what the caller does not hold, and counts only what is new', async () => {
    await grants.setGroupGrants(admin, DATA, ['dataset/*:read']);
    await expect(
      grants.setGroupGrants(linus, DATA, ['dataset/*:read', 'dataset/b:write']),
    ).rejects.toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      field: 'grants',
      refusedTarget: { type: 'group', id: DATA },
    });
    await grants.setGroupGrants(linus, DATA, ['dataset/c:read', 'dataset/*:read', 'dataset/a:write']);
  });

  it('reaches a group that its caller is not in and does not see otherwise', async () =>
    expect(await grants.setGroupGrants(linus, DATA, ['dataset/a:write'])).toMatchObject({ id: DATA }));

  it('is refused for scopes that are none, and for groups that are not there, however much is seen', async () => {
    await expect(grants.setGroupGrants(admin, DATA, ['dataset/a:read', 'dataset'])).rejects.toMatchObject({
      field: 'grants.1',
    });
    await apply([admins, granters]);
    for (const by of [admin, linus]) {
      for (const id of [DATA, EVE, 'data', DATA.toUpperCase()]) {
        const refused = { code: 'NOT_FOUND', field: 'groupId', refusedTarget: undefined };
        await expect(grants.setGroupGrants(by, id, [])).rejects.toMatchObject(refused);
      }
    }
  });

  it("is refused to a service account's token for the account's own groups", async () => {
    await linkAccount(GRANTERS);
    const account = caller(['*:*'], {
      carrier: 'token',
      principal: { kind: 'SERVICE_ACCOUNT', id: EVE, name: 'etl' },
      groupIds: [GRANTERS],
    });
    await expect(grants.setGroupGrants(account, GRANTERS, [])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await grants.setGroupGrants(account, DATA, ['dataset/a:write']);
  });

  it('is refused to a service account for what it held by a group that it was unlinked from since', async () => {
    await linkAccount();
    const stale = caller(['*:*'], {
      carrier: 'token',
      principal: { kind: 'SERVICE_ACCOUNT', id: EVE, name: 'etl' },
      groupIds: [GRANTERS],
    });
    const refused = { code: 'SCOPE_NOT_GRANTED', field: 'grants' };
    await expect(grants.setGroupGrants(stale, DATA, ['dataset/a:write'])).rejects.toMatchObject(refused);
  });

  it('cannot take the last *:* that an active user has', async () => {
    await grants.setGroupGrants(admin, ADMINS, ['*:*']);
    await expect(grants.setGroupGrants(admin, ADMINS, ['tokens:read'])).rejects.toMatchObject({
      code: 'WOULD_LOCK_OUT',
      field: 'grants',
    });
    await grants.setGroupGrants(admin, DATA, ['*:*']);
    expect((await grants.setGroupGrants(admin, ADMINS, ['tokens:read'])).grants).toEqual(['tokens:read']);
  });

  it('leaves what is inherent', async () => {
    await pin();
    expect((await grants.setGroupGrants(admin, ADMINS, ['*:*', 'tokens:read'])).grants).toEqual([
      'tokens:read',
    ]);
    await grants.setGroupGrants(admin, ADMINS, []);
    expect(await fresh.database.read((tx) => permissionsOfUser(tx, ADA))).toEqual(['*:*']);
  });

  it('by two at once leaves somebody with *:*', async () => {
    await grants.setGroupGrants(admin, DATA, ['*:*']);
    const both = await Promise.allSettled([DATA, ADMINS].map((id) => grants.setGroupGrants(admin, id, [])));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('what the caller holds is asked in that very call', () => {
  const refused = { code: 'SCOPE_NOT_GRANTED', field: 'grants' };
  const giving = (by: Caller) => grants.setGroupGrants(by, DATA, ['dataset/a:write']);
  const byToken = { carrier: 'token', tokenId: EVE } as const;

  it('in a session, of what the groups grant now', async () => {
    await set(GRANTERS, ['directory:grant']);
    await expect(giving(linus)).rejects.toMatchObject(refused);
  });

  it('in a session, of the groups that the user is in now', async () => {
    await apply([admins, data, { ...granters, memberIds: [] }]);
    await expect(giving(linus)).rejects.toMatchObject(refused);
  });

  it('of a user who is active', async () => {
    await apply(
      [admins, data, granters],
      [person(ADA, 'ada'), { ...person(LINUS, 'linus'), enabled: false }],
    );
    await expect(giving(linus)).rejects.toMatchObject(refused);
  });

  it('by token, of what both the token and its principal may do', async () => {
    await expect(giving({ ...linus, ...byToken, permissions: ['directory:grant'] })).rejects.toMatchObject(
      refused,
    );
    await giving({ ...linus, ...byToken });
    await set(DATA, []);
    await set(GRANTERS, ['directory:grant']);
    await expect(giving({ ...linus, ...byToken })).rejects.toMatchObject(refused);
  });
});
