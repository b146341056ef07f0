import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, type Transaction } from '@tokenwarden/database';
import type { Caller, Problem } from '@tokenwarden/vocabulary';
import { World } from '../../test/world.js';
import type { AskedRotationOnce } from './rotation.service.js';

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
const accountToken = async (accountId: string) =>
  (await world.issuing.issueServiceAccountToken(grace, accountId, { name: 'nightly' })).token;

/** Everything that a rotation writes. */
const written = () =>
  world.sql(`SELECT (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM access_tokens t) AS tokens,
    (SELECT count(*) FROM audit_pending_events) AS events, (SELECT count(*) FROM changes) AS changes,
    (SELECT count(*) FROM idempotency_keys) AS keys`);

/** How it is refused, once it is sure that nothing was written. */
async function refusalOf(caller: Caller, asked: AskedRotationOnce): Promise<Partial<Problem>> {
  const before = await written();
  const problem = await world.rotation.rotate(caller, asked).then(
    () => Promise.reject(new Error('It was rotated.')),
    (refusal: Problem) => refusal,
  );
  expect(await written()).toEqual(before);
  const { code, field, message, refusedTarget } = problem;
  return { code, field, message, refusedTarget };
}

describe('a rotation is refused, and nothing is changed,', () => {
  it('for an overlap beyond the policy’s maximum', async () =>
    expect(await refusalOf(grace, { id: (await issued()).id, overlap: 'P7DT1S' })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'overlap',
    }));
  it('where lifetime and expiresAt are asked together', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    expect(await refusalOf(grace, { id: (await issued()).id, lifetime: 'PT1H', expiresAt })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'expiresAt',
    });
  });
  it('one second beyond the maximum of the profile today', async () => {
    const { id } = await issued({ profile: 'ephemeral' });
    expect(await refusalOf(grace, { id, lifetime: 'P1DT1S' })).toMatchObject({
      code: 'LIFETIME_EXCEEDS_POLICY',
      field: 'lifetime',
    });
  });
  it('for a scope that the old token did not have, by its place', async () => {
    const { id } = await issued({ scopes: ['dataset/a:read'] });
    expect(await refusalOf(grace, { id, scopes: ['dataset/a:read', 'dataset/b:read'] })).toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      field: 'scopes.1',
      refusedTarget: { type: 'token', id },
    });
  });
  it('for a scope that its owner does not hold, by its place', async () => {
    const { id } = await issued();
    expect(await refusalOf(grace, { id, scopes: ['dataset/a:read', 'sales:read'] })).toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      field: 'scopes.1',
    });
  });
  it('for a token that has ended, is suspended or revoked', async () => {
    for (const state of [
      `ends_at = created_at`,
      `suspended_at = now(), suspended_by = '{}'`,
      `revoked_at = now(), revoked_by = '{}'`,
    ]) {
      const { id } = await issued();
      await world.sql(`UPDATE access_tokens SET ${state} WHERE id = $1`, [id]);
      expect(await refusalOf(grace, { id })).toMatchObject({ code: 'TOKEN_NOT_ACTIVE' });
    }
  });
  it('a second time, also once the successor is gone, and the trail learns of which token', async () => {
    const { id } = await issued();
    const { token: successor } = await world.rotation.rotate(grace, { id });
    const target = { type: 'token', id, name: 'laptop' };
    const reuse = { code: 'ALREADY_ROTATED', field: 'id', refusedTarget: target };
    expect(await refusalOf(grace, { id })).toMatchObject(reuse);
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [successor.id]);
    expect(await refusalOf(grace, { id })).toMatchObject(reuse);
  });
  it('while the owner or the account is not active', async () => {
    const barbara = await world.person();
    const { token } = await world.issuing.issueUserToken(barbara, { name: 'laptop' });
    await world.sql(`UPDATE users SET state = 'DISABLED' WHERE id = $1`, [barbara.principal.id]);
    expect(await refusalOf(barbara, { id: token.id })).toMatchObject({ code: 'PRINCIPAL_NOT_ACTIVE' });
    for (const column of ['suspended_at', 'orphaned_at']) {
      const accountId = await world.account([groupId]);
      const { id } = await accountToken(accountId);
      await world.sql(`UPDATE service_accounts SET ${column} = now() WHERE id = $1`, [accountId]);
      expect(await refusalOf(grace, { id })).toMatchObject({ code: 'PRINCIPAL_NOT_ACTIVE' });
    }
  });
  it('without scopes, where the policy asks for them', async () => {
    const strict = await World.begin();
    try {
      const ada = await strict.person();
      const { token } = await strict.issuing.issueUserToken(ada, { name: 'laptop' });
      await strict.sql(`UPDATE policy_versions SET document = document || '{"requireScopes": true}'`);
      const refused = strict.rotation.rotate(ada, { id: token.id });
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', field: 'scopes' });
    } finally {
      await strict.end();
    }
  });
  it('beyond the limits of issuing', async () => {
    const linus = await world.person();
    const { token } = await world.issuing.issueUserToken(linus, { name: 'laptop' });
    await world.manyTokens(linus, 599, 0);
    expect(await refusalOf(linus, { id: token.id })).toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('a rotation is refused to', () => {
  it('an administrator, as what only the owner or a member may', async () => {
    const ada = await world.person({ permissions: ['*:*'] });
    expect(await refusalOf(ada, { id: (await issued()).id })).toMatchObject({ code: 'FORBIDDEN' });
    const { id } = await accountToken(await world.account([groupId]));
    expect(await refusalOf(ada, { id })).toMatchObject({ code: 'NOT_A_MEMBER', refusedTarget: { id } });
  });
  it('a stranger as if there were no such token, and the trail knows', async () => {
    const edsger = await world.person();
    const unknown = await refusalOf(edsger, { id: randomUUID() });
    expect(unknown).toMatchObject({ code: 'NOT_FOUND', field: 'id', refusedTarget: undefined });
    for (const id of [(await issued()).id, (await accountToken(await world.account([groupId]))).id]) {
      const hidden = await refusalOf(edsger, { id });
      expect(hidden).toEqual({ ...unknown, refusedTarget: expect.objectContaining({ id }) });
    }
    for (const id of ['', 'x', randomUUID().toUpperCase(), '\0']) {
      expect(await refusalOf(edsger, { id })).toEqual(unknown);
    }
  });
  it('who was a member of a group that is gone', async () => {
    const gone = await world.group();
    const linus = await world.person({ groupIds: [gone] });
    const { id } = await accountToken(await world.account([gone, groupId]));
    await world.sql(`UPDATE groups SET state = 'REMOVED', removed_at = now() WHERE id = $1`, [gone]);
    expect(await refusalOf(linus, { id })).toMatchObject({ code: 'NOT_FOUND' });
  });
  it('a token, of every token but itself, whatever is there', async () => {
    const caller = world.byToken(grace, (await issued()).id);
    for (const id of [(await issued()).id, randomUUID(), 'x']) {
      expect(await refusalOf(caller, { id })).toMatchObject({ code: 'FORBIDDEN', refusedTarget: undefined });
    }
  });
  it('a token itself without tokens:rotate-self', async () => {
    const { id } = await issued();
    const caller = world.byToken(grace, id, ['dataset/*:read']);
    expect(await refusalOf(caller, { id })).toMatchObject({ code: 'FORBIDDEN', refusedTarget: { id } });
  });
  it('a token itself whose owner has just lost tokens:rotate-self', async () => {
    const lost = await world.group(['tokens:rotate-self']);
    const linus = await world.person({ groupIds: [lost] });
    const { token } = await world.issuing.issueUserToken(linus, { name: 'laptop' });
    await world.sql(`UPDATE groups SET grants = '{}' WHERE id = $1`, [lost]);
    const caller = world.byToken(linus, token.id, ['tokens:rotate-self']);
    expect(await refusalOf(caller, { id: token.id })).toMatchObject({ code: 'FORBIDDEN' });
  });
});

/** Counts its statements. */
class CountingDatabase extends Database {
  statements = 0;

  override async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return super.transaction((tx) => {
      const send = tx.query.bind(tx);
      tx.query = (sql: string, parameters?: unknown[]) => {
        this.statements += 1;
        return send(sql, parameters);
      };
      return work(tx);
    });
  }
}

describe('a stranger learns nothing by the number of statements', () => {
  it('that a hidden token costs, or none at all', async () => {
    const edsger = await world.person();
    const counted = async (id: string) => {
      const counting = new CountingDatabase(world.database.dataSource);
      const refused = world.instanceOn(counting).rotation.rotate(edsger, { id });
      await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
      return counting.statements;
    };
    const ofNone = await counted(randomUUID());
    expect(ofNone).toBeGreaterThan(3);
    expect(await counted((await issued()).id)).toBe(ofNone);
    expect(await counted((await accountToken(await world.account([groupId]))).id)).toBe(ofNone);
  });
});
