import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addDuration } from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';

let world: World;
beforeAll(async () => (world = await World.begin()));
afterAll(() => world.end());

describe('a user token that nothing is asked of', () => {
  it('is of its owner, of the default profile and lifetime, for all audiences, and follows all they may do', async () => {
    const grace = await world.person();
    const { token } = await world.issuing.issueUserToken(grace, { name: 'laptop' });
    expect(token).toMatchObject({
      kind: 'USER',
      userId: grace.principal.id,
      name: 'laptop',
      description: null,
      profile: 'interactive',
      scopes: null,
      audiences: ['https://api.example', 'https://warehouse.example'],
      createdBy: grace.principal,
    });
    expect(token.expiresAt).toEqual(addDuration(token.createdAt, 'P7D'));
    expect(token.createdAt.getMilliseconds()).toBe(0);
  });
  it('says in its claims what its row says, and nothing of scope', async () => {
    const grace = await world.person();
    const { token, value } = await world.issuing.issueUserToken(grace, { name: 'laptop' });
    expect(world.signing.verify(value ?? '')).toEqual({
      kid: token.kid,
      claims: {
        iss: 'https://tokens.example',
        sub: grace.principal.id,
        aud: token.audiences,
        exp: token.expiresAt.getTime() / 1_000,
        iat: token.createdAt.getTime() / 1_000,
        jti: token.id,
        client_id: token.id,
      },
    });
  });
  it('leaves one event and one place in the change log, and no trace of its value', async () => {
    const grace = await world.person();
    const { token, value } = await world.issuing.issueUserToken(grace, { name: 'laptop' });
    const events = await world.sql(
      'SELECT action, actor_id, details FROM audit_pending_events WHERE target_id = $1',
      [token.id],
    );
    expect(events).toMatchObject([{ action: 'token.created', actor_id: grace.principal.id }]);
    expect(await world.sql('SELECT 1 FROM changes WHERE $1 = ANY (subject_ids)', [token.id])).toHaveLength(1);
    const [, payload, signature] = (value ?? '').split('.');
    const everything = JSON.stringify([
      await world.sql('SELECT * FROM access_tokens'),
      await world.sql('SELECT * FROM audit_pending_events'),
    ]);
    for (const part of [payload, signature]) expect(everything).not.toContain(part);
  });
});

describe('what is asked of a user token', () => {
  it('is given, scopes and audiences sorted and each once', async () => {
    const grace = await world.person({ groupIds: [await world.group(['dataset/*:read'])] });
    const { token, value } = await world.issuing.issueUserToken(grace, {
      name: 'report',
      description: 'monthly\nreport',
      profile: 'ephemeral',
      lifetime: 'P1D',
      scopes: ['dataset/sales:read', 'dataset/b/*:read', 'dataset/sales:read'],
      audiences: ['https://api.example', 'https://api.example'],
    });
    expect(token).toMatchObject({
      description: 'monthly\nreport',
      profile: 'ephemeral',
      scopes: ['dataset/b/*:read', 'dataset/sales:read'],
      audiences: ['https://api.example'],
      expiresAt: addDuration(token.createdAt, 'P1D'),
    });
    expect(world.signing.verify(value ?? '')?.claims).toMatchObject({
      scope: 'dataset/b/*:read dataset/sales:read',
      aud: 'https://api.example',
    });
  });
});

describe('a service-account token', () => {
  it('is issued to a member and acts as the account', async () => {
    const groupId = await world.group(['dataset/*:read']);
    const member = await world.person({ groupIds: [groupId] });
    const accountId = await world.account([groupId]);
    const { token, value } = await world.issuing.issueServiceAccountToken(member, accountId, {
      name: 'nightly',
      scopes: ['dataset/sales:read'],
    });
    expect(token).toMatchObject({
      kind: 'SERVICE_ACCOUNT',
      serviceAccountId: accountId,
      userId: null,
      profile: 'automation',
      createdBy: member.principal,
      expiresAt: addDuration(token.createdAt, 'P90D'),
    });
    expect(world.signing.verify(value ?? '')?.claims).toMatchObject({ sub: accountId, client_id: accountId });
  });
  it('may name what the account’s groups hold and its creator does not', async () => {
    const shared = await world.group();
    const accountId = await world.account([shared, await world.group(['spark-job/*:*'])]);
    const member = await world.person({ groupIds: [shared] });
    const { token } = await world.issuing.issueServiceAccountToken(member, accountId, {
      name: 'spark',
      scopes: ['spark-job/etl:run'],
    });
    expect(token.scopes).toEqual(['spark-job/etl:run']);
  });
});
