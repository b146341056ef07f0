import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow, openDatabase, rows, type Database } from '@tokenwarden/database';
import { applyAnswer, NotWhole, type DirectoryUser, type WholeAnswer } from '@tokenwarden/directory';
import { accountById, addAccount } from '@tokenwarden/service-accounts';
import { addToken, findToken, lockToken, resumeToken, type NewToken } from '@tokenwarden/tokens';
import { addDuration, SYSTEM, wholeSecond } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { admitUser, applyConsequences } from './index.js';

const ADA = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const GRACE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';
const ADMINS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
const DATA = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';
const ETL = 'b3d8f6a2-9e47-4c15-a6d0-1f4e7b2c5d21';

const person = (id: string, username: string, enabled = true) => ({
  id,
  username,
  displayName: username,
  email: null,
  enabled,
});
const ada = person(ADA, 'ada');
const grace = person(GRACE, 'grace');
const admins = { id: ADMINS, name: 'admins', memberIds: [ADA] };
const data = { id: DATA, name: 'data', memberIds: [GRACE] };

let fresh: TestDatabase;
let database: Database;
let tokenId: string;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.url);
  await database.read((tx) =>
    rows(
      tx,
      `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
       VALUES ('tokenwarden-test', 'ES256', '{}', '', clock_timestamp())`,
    ),
  );
});
afterAll(async () => {
  await database?.close();
  await fresh?.close();
});
beforeEach(async () => {
  await database.read((tx) =>
    rows(
      tx,
      'TRUNCATE users, groups, service_accounts, access_tokens, audit_pending_events, changes CASCADE',
    ),
  );
  await sync([ada, grace], [admins, data]);
  await database.transaction(async (tx) => {
    await addAccount(tx, { id: ETL, name: 'etl', description: null, groupIds: [DATA] }, SYSTEM);
    tokenId = (await addToken(tx, tokenOf(GRACE, await databaseNow(tx)), SYSTEM)).id;
  });
});

function tokenOf(userId: string, now: Date): NewToken {
  const createdAt = wholeSecond(now);
  return {
    ...{
      id: randomUUID(),
      kind: 'USER',
      principalId: userId,
      name: 'laptop',
      description: null,
      profile: 'interactive',
    },
    ...{ scopes: null, audiences: ['http://localhost'], issuer: 'http://localhost', kid: 'tokenwarden-test' },
    ...{ createdAt, expiresAt: addDuration(createdAt, 'P1D') },
  };
}
const sync = (users: DirectoryUser[], groups: WholeAnswer['groups'], orphanGrace = 'P30D') =>
  database.transaction(async (tx) => {
    const answer = { whole: true, users, groups, warnings: [] } as const;
    return applyConsequences(tx, await applyAnswer(tx, answer, await databaseNow(tx)), orphanGrace);
  });
const token = () => database.read((tx) => findToken(tx, tokenId));
const accountState = async () => (await database.read((tx) => accountById(tx, ETL)))?.state;
const actions = () =>
  database.read(async (tx) =>
    (await rows<{ action: string }>(tx, 'SELECT action FROM audit_pending_events ORDER BY arrival')).map(
      ({ action }) => action,
    ),
  );

describe('a user who is disabled', () => {
  it('has their tokens suspended by SYSTEM, until they are enabled and somebody resumes them', async () => {
    expect((await sync([ada, { ...grace, enabled: false }], [admins, data])).suspendedTokens).toBe(1);
    expect(await token()).toMatchObject({
      suspendedBy: { kind: 'SYSTEM' },
      suspendedWithScope: false,
      revokedAt: null,
    });
    expect((await actions()).slice(-2)).toEqual(['user.disabled', 'token.suspended']);
    await sync([ada, grace], [admins, data]);
    expect((await token())?.suspendedAt).not.toBeNull();
    await database.transaction(async (tx) => {
      const locked = await lockToken(tx, tokenId);
      if (locked) await resumeToken(tx, locked, SYSTEM, { reason: null });
    });
    expect((await token())?.suspendedAt).toBeNull();
  });
});

describe('a user who is removed', () => {
  it('has their tokens revoked by SYSTEM, and gets none back under the same id', async () => {
    expect((await sync([ada], [admins, { ...data, memberIds: [] }])).revokedTokens).toBe(1);
    expect(await token()).toMatchObject({ revokedBy: { kind: 'SYSTEM' }, revokedReason: expect.any(String) });
    await sync([ada, grace], [admins, data]);
    expect((await token())?.revokedAt).not.toBeNull();
  });
});

describe('a service account', () => {
  it('goes on when every member has left its group', async () => {
    await sync([ada], [admins, { ...data, memberIds: [] }]);
    expect(await accountState()).toBe('ACTIVE');
  });

  it('is orphaned with its last group, and brought back with it within the grace', async () => {
    expect((await sync([ada, grace], [admins])).orphanedAccounts).toMatchObject([{ id: ETL }]);
    expect(await accountState()).toBe('ORPHANED');
    expect((await sync([ada, grace], [admins, data])).recoveredAccounts).toMatchObject([{ id: ETL }]);
    expect(await accountState()).toBe('ACTIVE');
  });

  it('stays orphaned where its group is back after the grace', async () => {
    await sync([ada, grace], [admins]);
    expect((await sync([ada, grace], [admins, data], 'PT0S')).recoveredAccounts).toEqual([]);
    expect(await accountState()).toBe('ORPHANED');
  });

  it('stays orphaned where another group took the name', async () => {
    await sync([ada, grace], [admins]);
    await sync([ada, grace], [admins, { id: randomUUID(), name: 'data', memberIds: [GRACE] }]);
    expect(await accountState()).toBe('ORPHANED');
  });
});

describe('a sign-in', () => {
  const admit = (id: string) =>
    database.transaction(async (tx) => admitUser(tx, person(id, 'eve'), await databaseNow(tx)));

  it('writes the user, and gives them as they are', async () => {
    const id = randomUUID();
    expect(await admit(id)).toMatchObject({ id, state: 'ACTIVE', lastSignInAt: expect.any(Date) });
    expect((await actions()).at(-1)).toBe('user.created');
  });

  it.each([
    ['an account', () => ETL],
    ['a token', () => tokenId],
    ['a group', () => DATA],
  ])('under the id of %s is refused, and writes nothing', async (_, id) => {
    const before = await actions();
    await expect(admit(id())).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
    expect(await actions()).toEqual(before);
  });
});

describe('an answer that takes the id of another thing', () => {
  it.each([
    ['an account, for a user', () => sync([ada, grace, person(ETL, 'eve')], [admins, data])],
    [
      'an account, for a group',
      () => sync([ada, grace], [admins, data, { id: ETL, name: 'eve', memberIds: [] }]),
    ],
    ['a token, for a user', () => sync([ada, grace, person(tokenId, 'eve')], [admins, data])],
  ])('is not applied: %s', async (_, syncing) => {
    const before = await actions();
    await expect(syncing()).rejects.toThrow(NotWhole);
    expect(await actions()).toEqual(before);
  });
});
