import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addDuration, wholeSecond, type Caller } from '@tokenwarden/vocabulary';
import { World } from '../../test/world.js';

let world: World;
let groupId: string;
let grace: Caller;
beforeAll(async () => {
  world = await World.begin();
  groupId = await world.group(['dataset/*:read', 'tokens:rotate-self']);
  grace = await world.person({ groupIds: [groupId] });
});
afterAll(() => world.end());

const issued = async (asked: object = {}) =>
  (await world.issuing.issueUserToken(grace, { name: 'laptop', ...asked })).token;

describe('the successor of a user token', () => {
  it('has its name, description, scopes, audiences and profile, and a lifetime of its own from now', async () => {
    const old = await issued({
      description: 'for reports',
      profile: 'ephemeral',
      lifetime: 'PT5M',
      scopes: ['dataset/a:read'],
      audiences: ['https://api.example'],
    });
    const { token, value } = await world.rotation.rotate(grace, { id: old.id });
    const { name, description, profile, scopes, audiences, kind, principalId } = old;
    expect(token).toMatchObject({ name, description, profile, scopes, audiences, kind, principalId });
    expect(token).toMatchObject({ predecessorId: old.id, rotatedAt: null, createdBy: grace.principal });
    expect(token.expiresAt).toEqual(addDuration(token.createdAt, 'PT1H'));
    expect(world.signing.verify(value ?? '')?.claims).toMatchObject({
      jti: token.id,
      scope: 'dataset/a:read',
    });
  });
  it('lives as long as is asked, up to the profile’s maximum today', async () => {
    const { token } = await world.rotation.rotate(grace, { id: (await issued()).id, lifetime: 'P30D' });
    expect(token.expiresAt).toEqual(addDuration(token.createdAt, 'P30D'));
  });
  it('may have fewer scopes', async () => {
    const old = await issued({ scopes: ['dataset/*:read'] });
    const { token } = await world.rotation.rotate(grace, { id: old.id, scopes: ['dataset/b:read'] });
    expect(token.scopes).toEqual(['dataset/b:read']);
  });
  it('keeps a scope that its owner has lost meanwhile: what it may do is cut at each use', async () => {
    const gone = await world.group(['spark-job/*:run']);
    const linus = await world.person({ groupIds: [gone] });
    const asked = { name: 'spark', scopes: ['spark-job/a:run'] };
    const { token } = await world.issuing.issueUserToken(linus, asked);
    await world.sql(`UPDATE groups SET grants = '{}' WHERE id = $1`, [gone]);
    expect((await world.rotation.rotate(linus, { id: token.id })).token.scopes).toEqual(['spark-job/a:run']);
  });
  it('gets the default profile of its kind where the policy has the old one no more', async () => {
    const other = await World.begin();
    try {
      const ada = await other.person();
      const { token } = await other.issuing.issueUserToken(ada, { name: 'laptop', profile: 'ephemeral' });
      await other.sql(
        `UPDATE policy_versions SET document = jsonb_set(document, '{profiles}', (document->'profiles') - 0)`,
      );
      expect((await other.rotation.rotate(ada, { id: token.id })).token.profile).toBe('interactive');
    } finally {
      await other.end();
    }
  });
});

describe('the old token', () => {
  const rotated = async (asked: object, lifetime = 'P7D') => {
    const old = await issued({ lifetime });
    const { token } = await world.rotation.rotate(grace, { id: old.id, ...asked });
    return { old, successor: token, after: await world.token(old.id) };
  };
  it('lives on for PT24H where nothing is asked', async () => {
    const { successor, after } = await rotated({});
    expect(after.endsAt).toEqual(addDuration(successor.createdAt, 'PT24H'));
    expect(after).toMatchObject({ endsOnSuccessorsUse: false, revokedAt: null });
    expect(wholeSecond(after.rotatedAt ?? new Date(0)) >= successor.createdAt).toBe(true);
  });
  it('lives on for as long as is asked, up to the maximum', async () => {
    const { successor, after } = await rotated({ overlap: 'P7D' }, 'P30D');
    expect(after.endsAt).toEqual(addDuration(successor.createdAt, 'P7D'));
  });
  it('ends at once where no overlap is asked', async () => {
    const { successor, after } = await rotated({ overlap: 'PT0S' });
    expect(after.endsAt).toEqual(successor.createdAt);
  });
  it('never ends later than it would have', async () => {
    const { old, after } = await rotated({ overlap: 'P7D' }, 'PT1H');
    expect(after.endsAt).toEqual(old.endsAt);
    expect(after.expiresAt).toEqual(old.expiresAt);
  });
  it('knows that it ends when its successor is first used', async () =>
    expect((await rotated({ endOldOnFirstUse: true })).after.endsOnSuccessorsUse).toBe(true));
  it('and its successor have an event each, and a place in the change log', async () => {
    const { old, successor } = await rotated({ endOldOnFirstUse: true });
    const sql = `SELECT action, target_id, details FROM audit_pending_events WHERE target_id = ANY ($1) ORDER BY arrival`;
    expect(await world.sql(sql, [[old.id, successor.id]])).toMatchObject([
      { action: 'token.created', target_id: old.id },
      { action: 'token.created', target_id: successor.id, details: { predecessorId: old.id } },
      {
        action: 'token.rotated',
        target_id: old.id,
        details: { successorId: successor.id, endOldOnFirstUse: true },
      },
    ]);
    const changes = await world.sql('SELECT FROM changes WHERE $1 = ANY (subject_ids)', [old.id]);
    expect(changes).toHaveLength(2);
  });
});

describe('a service-account token', () => {
  it('is rotated by any member, whoever created it', async () => {
    const accountId = await world.account([groupId]);
    const linus = await world.person({ groupIds: [groupId] });
    const { token } = await world.issuing.issueServiceAccountToken(grace, accountId, { name: 'nightly' });
    expect((await world.rotation.rotate(linus, { id: token.id })).token).toMatchObject({
      kind: 'SERVICE_ACCOUNT',
      serviceAccountId: accountId,
      profile: 'automation',
      createdBy: linus.principal,
    });
  });
});

describe('a token with tokens:rotate-self', () => {
  it('of a user rotates itself, and the trail says by which token', async () => {
    const old = await issued({ scopes: ['tokens:rotate-self'] });
    const { token } = await world.rotation.rotate(world.byToken(grace, old.id), { id: old.id });
    const sql = `SELECT actor_id, actor_token_id FROM audit_pending_events WHERE target_id = $1`;
    expect(await world.sql(sql, [token.id])).toEqual([
      { actor_id: grace.principal.id, actor_token_id: old.id },
    ]);
  });
  it('of a service account rotates itself', async () => {
    const accountId = await world.account([groupId]);
    const { token: old } = await world.issuing.issueServiceAccountToken(grace, accountId, {
      name: 'nightly',
    });
    const caller = world.byToken(world.accountCaller(accountId, [groupId]), old.id);
    const { token } = await world.rotation.rotate(caller, { id: old.id, scopes: ['dataset/a:read'] });
    expect(token).toMatchObject({
      serviceAccountId: accountId,
      createdBy: { kind: 'SERVICE_ACCOUNT', id: accountId },
    });
  });
});
