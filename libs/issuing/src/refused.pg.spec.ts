import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller, Problem } from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';
import type { AskedToken } from './asked-token.rules.js';

let world: World;
let grace: Caller;
let groupId: string;
beforeAll(async () => {
  world = await World.begin();
  groupId = await world.group(['dataset/*:read']);
  grace = await world.person({ groupIds: [groupId] });
});
afterAll(() => world.end());

const refusalOf = (issue: Promise<unknown>): Promise<Problem> =>
  issue.then(
    () => Promise.reject(new Error('It was issued.')),
    (problem: Problem) => problem,
  );
const asking = (asked: Partial<AskedToken>, caller = grace) =>
  refusalOf(world.issuing.issueUserToken(caller, { name: 'laptop', ...asked }));
const askingFor = (accountId: string, caller: Caller, asked: Partial<AskedToken> = {}) =>
  refusalOf(world.issuing.issueServiceAccountToken(caller, accountId, { name: 'nightly', ...asked }));

describe('a user token is refused', () => {
  it('one second beyond its profile’s maximum', async () => {
    expect(await asking({ lifetime: 'P30DT1S' })).toMatchObject({
      code: 'LIFETIME_EXCEEDS_POLICY',
      field: 'lifetime',
    });
    expect(await asking({ expiresAt: new Date(Date.now() + 31 * 86_400_000) })).toMatchObject({
      code: 'LIFETIME_EXCEEDS_POLICY',
      field: 'expiresAt',
    });
  });
  it('where lifetime and expiresAt are asked together', async () =>
    expect(await asking({ lifetime: 'PT1H', expiresAt: new Date(Date.now() + 3_600_000) })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'expiresAt',
    }));
  it('under a profile for the other kind', async () =>
    expect(await asking({ profile: 'automation' })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'profile',
    }));
  it('for an audience that is not in force', async () =>
    expect(await asking({ audiences: ['https://elsewhere.example'] })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'audiences.0',
    }));
  it('with a scope that its owner does not hold, named by its place as written', async () =>
    expect(await asking({ scopes: ['dataset/z:read', 'dataset/z:read', 'dataset/a:write'] })).toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      field: 'scopes.2',
    }));
  it('with a scope of a group that is gone', async () => {
    const gone = await world.group(['spark-job/*:run']);
    const linus = await world.person({ groupIds: [gone] });
    await world.sql(`UPDATE groups SET state = 'REMOVED', removed_at = now() WHERE id = $1`, [gone]);
    expect(await asking({ scopes: ['spark-job/a:run'] }, linus)).toMatchObject({ code: 'SCOPE_NOT_GRANTED' });
  });
  it('for a user who is disabled', async () => {
    const barbara = await world.person();
    await world.sql(`UPDATE users SET state = 'DISABLED' WHERE id = $1`, [barbara.principal.id]);
    expect(await asking({}, barbara)).toMatchObject({ code: 'PRINCIPAL_NOT_ACTIVE' });
  });
  it('by token, whatever the token may do', async () => {
    const byToken: Caller = { ...grace, carrier: 'token', tokenId: randomUUID(), permissions: ['*:*'] };
    expect(await asking({}, byToken)).toMatchObject({ code: 'FORBIDDEN' });
  });
  it('without scopes, where the policy asks for them', async () => {
    const strict = await World.begin();
    try {
      await strict.sql(`UPDATE policy_versions SET document = document || '{"requireScopes": true}'`);
      const refused = refusalOf(strict.issuing.issueUserToken(await strict.person(), { name: 'laptop' }));
      expect(await refused).toMatchObject({ code: 'INVALID_INPUT', field: 'scopes' });
    } finally {
      await strict.end();
    }
  });
  it('when its description holds a token', async () => {
    const { value } = await world.issuing.issueUserToken(grace, { name: 'laptop' });
    const before = await world.tokensOf(grace.principal.id);
    expect(await asking({ description: `see ${value}` })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'description',
    });
    expect(await world.tokensOf(grace.principal.id)).toBe(before);
  });
});

describe('a service-account token is refused', () => {
  it('to an administrator who is no member', async () => {
    const accountId = await world.account([groupId]);
    const ada = await world.person({ permissions: ['*:*'] });
    expect(await askingFor(accountId, ada)).toMatchObject({
      code: 'NOT_A_MEMBER',
      refusedTarget: { type: 'service_account', id: accountId },
    });
  });
  it('to a stranger as if there were no such account, and the trail knows', async () => {
    const accountId = await world.account([groupId]);
    const edsger = await world.person();
    const foreign = await askingFor(accountId, edsger);
    const unknown = await askingFor(randomUUID(), edsger);
    for (const { code, field, message } of [foreign, unknown]) {
      expect({ code, field, message }).toEqual({
        code: 'NOT_FOUND',
        field: 'serviceAccountId',
        message: unknown.message,
      });
    }
    expect(foreign.refusedTarget?.id).toBe(accountId);
    expect(unknown.refusedTarget).toBeUndefined();
  });
  it('for what is no id as for an unknown one', async () => {
    for (const id of ['', 'x', "' OR 1=1", '0B6C0F0E-3F4E-4A1E-9A51-000000000001', '\0']) {
      expect(await askingFor(id, grace)).toMatchObject({ code: 'NOT_FOUND', field: 'serviceAccountId' });
    }
  });
  it('for a deleted account as for an unknown one', async () => {
    const accountId = await world.account([groupId]);
    await world.sql('UPDATE service_accounts SET deleted_at = now() WHERE id = $1', [accountId]);
    expect(await askingFor(accountId, grace)).toMatchObject({ code: 'NOT_FOUND' });
  });
  it('while the account is suspended or orphaned', async () => {
    for (const column of ['suspended_at', 'orphaned_at']) {
      const accountId = await world.account([groupId]);
      await world.sql(`UPDATE service_accounts SET ${column} = now() WHERE id = $1`, [accountId]);
      expect(await askingFor(accountId, grace)).toMatchObject({ code: 'PRINCIPAL_NOT_ACTIVE' });
    }
  });
  it('to who was a member of a group that is gone', async () => {
    const gone = await world.group();
    const linus = await world.person({ groupIds: [gone] });
    const accountId = await world.account([gone, groupId]);
    await world.sql(`UPDATE groups SET state = 'REMOVED', removed_at = now() WHERE id = $1`, [gone]);
    expect(await askingFor(accountId, linus)).toMatchObject({ code: 'NOT_FOUND' });
  });
  it('with a scope that its creator holds and the account does not', async () => {
    const accountId = await world.account([groupId]);
    const member = await world.person({ groupIds: [groupId, await world.group(['*:*'])] });
    expect(await askingFor(accountId, member, { scopes: ['policy:write'] })).toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      field: 'scopes.0',
    });
  });
});
