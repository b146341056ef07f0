import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ada, grace, World } from '../test/world.js';
import {
  findToken,
  liveCountOf,
  renameToken,
  resumeToken,
  revokeToken,
  revokeTokensOf,
  suspendToken,
  suspendTokensOf,
  tokenColumns,
} from './index.js';

const byOwner = { reason: null, withScope: false };
const byScope = { reason: 'lost laptop', withScope: true };

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterAll(() => world?.end());

describe('a token that was added', () => {
  it('is found as it was written', async () => {
    const token = await world.issued();
    expect(await world.database.read((tx) => findToken(tx, token.id))).toEqual(token);
    expect(token).toMatchObject({
      principalId: world.userId,
      serviceAccountId: null,
      createdBy: grace.actor,
    });
    expect(token.endsAt).toEqual(token.expiresAt);
  });
  it('is searched for by its folded name', async () =>
    expect((await world.issued()).searchText).toBe('strasse'));
  it('leaves one event and one place in the change log', async () => {
    const { id } = await world.issued();
    expect(await world.actionsOf(id)).toEqual(['token.created']);
    expect(await world.changesOf('token', id)).toBe(1);
  });
  it('is not found by what is no id', async () =>
    expect(await world.database.read((tx) => findToken(tx, "'; DROP TABLE"))).toBeNull());
  it('has every column of the table in its row', async () => {
    const columns = await world.sql<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'access_tokens'`,
    );
    for (const { name } of columns) expect(tokenColumns('t')).toContain(`t.${name} AS`);
  });
});

describe('renaming a token', () => {
  it('changes what is given and says both sides in the trail', async () => {
    const { id } = await world.issued();
    const renamed = await world.change(id, (tx, token) => renameToken(tx, token, { name: 'desk' }, grace));
    expect(renamed).toMatchObject({ name: 'desk', searchText: 'desk', description: null });
    expect(await world.actionsOf(id)).toEqual(['token.created', 'token.updated']);
    expect(await world.changesOf('token', id)).toBe(2);
  });
  it('to what it is called already records nothing', async () => {
    const { id } = await world.issued();
    await world.change(id, (tx, token) =>
      renameToken(tx, token, { name: token.name, description: null }, grace),
    );
    expect(await world.actionsOf(id)).toEqual(['token.created']);
  });
  it('refuses a name that is a token itself', async () => {
    const { id } = await world.issued();
    const name = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`;
    await expect(
      world.change(id, (tx, token) => renameToken(tx, token, { name }, grace)),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'name',
    });
  });
});

describe('suspending and resuming', () => {
  it('repeated records nothing new and gives the token', async () => {
    const { id } = await world.issued();
    const first = await world.change(id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    const again = await world.change(id, (tx, token) => suspendToken(tx, token, ada, byOwner));
    expect(again).toEqual(first);
    const resumed = await world.change(id, (tx, token) => resumeToken(tx, token, grace, { reason: null }));
    expect(resumed).toMatchObject({ suspendedAt: null, suspendedBy: null, suspendedWithScope: false });
    await world.change(id, (tx, token) => resumeToken(tx, token, grace, { reason: null }));
    expect(await world.actionsOf(id)).toEqual(['token.created', 'token.suspended', 'token.resumed']);
    expect(await world.changesOf('token', id)).toBe(3);
  });
  it('becomes the administrator’s when the owner was first', async () => {
    const { id } = await world.issued();
    await world.change(id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    const taken = await world.change(id, (tx, token) => suspendToken(tx, token, ada, byScope));
    expect(taken).toMatchObject({ suspendedWithScope: true, suspendedBy: ada.actor });
    const kept = await world.change(id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    expect(kept).toEqual(taken);
  });
  it('is refused once the token has ended', async () => {
    const expired = await world.issued({ endsInSeconds: -1 });
    const revoked = await world.issued();
    await world.change(revoked.id, (tx, token) => revokeToken(tx, token, grace, null));
    for (const { id } of [expired, revoked]) {
      const refused = { code: 'TOKEN_NOT_ACTIVE' };
      await expect(
        world.change(id, (tx, token) => suspendToken(tx, token, grace, byOwner)),
      ).rejects.toMatchObject(refused);
      await expect(
        world.change(id, (tx, token) => resumeToken(tx, token, grace, byOwner)),
      ).rejects.toMatchObject(refused);
    }
  });
});

describe('revoking', () => {
  it('repeated keeps the first revocation and records nothing new', async () => {
    const { id } = await world.issued();
    const first = await world.change(id, (tx, token) => revokeToken(tx, token, grace, 'leaked'));
    expect(first).toMatchObject({ revokedBy: grace.actor, revokedReason: 'leaked' });
    expect(await world.change(id, (tx, token) => revokeToken(tx, token, ada, 'again'))).toEqual(first);
    expect(await world.actionsOf(id)).toEqual(['token.created', 'token.revoked']);
  });
  it('of an expired token succeeds and is recorded', async () => {
    const { id } = await world.issued({ endsInSeconds: -1 });
    await world.change(id, (tx, token) => revokeToken(tx, token, grace, null));
    expect(await world.actionsOf(id)).toEqual(['token.created', 'token.revoked']);
  });
  it('at the same time by many leaves one event', async () => {
    const { id } = await world.issued();
    await Promise.all(
      Array.from({ length: 8 }, () => world.change(id, (tx, token) => revokeToken(tx, token, grace, null))),
    );
    expect(await world.actionsOf(id)).toEqual(['token.created', 'token.revoked']);
  });
});

describe('the tokens of one principal', () => {
  it('are suspended by SYSTEM, those that were ACTIVE, each with its event', async () => {
    const principalId = await world.addUser();
    const active = await world.issued({ principalId });
    const suspended = await world.issued({ principalId });
    const expired = await world.issued({ principalId, endsInSeconds: -1 });
    await world.change(suspended.id, (tx, token) => suspendToken(tx, token, ada, byScope));
    const hit = await world.database.transaction((tx) => suspendTokensOf(tx, [principalId], null));
    expect(hit.map((token) => token.id)).toEqual([active.id]);
    expect(hit[0]).toMatchObject({ suspendedWithScope: false, suspendedBy: { kind: 'SYSTEM' } });
    expect(await world.actionsOf(active.id)).toEqual(['token.created', 'token.suspended']);
    expect(await world.actionsOf(expired.id)).toEqual(['token.created']);
  });
  it('are revoked, those that were live, each with its event', async () => {
    const principalId = await world.addUser();
    const active = await world.issued({ principalId });
    const suspended = await world.issued({ principalId });
    const expired = await world.issued({ principalId, endsInSeconds: -1 });
    const foreign = await world.issued({ principalId: await world.addUser() });
    await world.change(suspended.id, (tx, token) => suspendToken(tx, token, grace, byOwner));
    const gone = { by: ada, reason: 'gone', details: (principals: number) => ({ principals }) };
    const hit = await world.database.transaction((tx) => revokeTokensOf(tx, [principalId], gone));
    expect(hit.map((token) => token.id).sort()).toEqual([active.id, suspended.id].sort());
    for (const { id } of [active, suspended])
      expect((await world.actionsOf(id)).at(-1)).toBe('token.revoked');
    for (const { id } of [expired, foreign]) expect(await world.actionsOf(id)).toEqual(['token.created']);
  });
  it.each([
    ['several leave one event of the whole, which those of each name', 2],
    ['a single one leaves its own event alone', 1],
  ])('%s', async (_, count) => {
    const principals = await Promise.all([world.addUser(), world.addUser()]);
    await world.sql('TRUNCATE audit_pending_events');
    for (let i = 0; i < count; i++) await world.issued({ principalId: principals[i]! });
    const gone = { by: ada, reason: 'gone', details: (principals: number) => ({ principals }) };
    await world.database.transaction((tx) => revokeTokensOf(tx, principals, gone));
    const left = await world.sql<{ action: string; details: Record<string, unknown> }>(
      `SELECT action, details FROM audit_pending_events WHERE action LIKE 'token%.%revoked' ORDER BY action DESC`,
    );
    const revocationId = left[0]?.details['revocationId'];
    const whole = {
      principals: 2,
      reason: 'gone',
      count: 2,
      revocationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    };
    const single = { action: 'token.revoked', details: { reason: 'gone' } };
    const each = { action: 'token.revoked', details: { reason: 'gone', revocationId } };
    expect(left).toEqual(
      count === 1 ? [single] : [{ action: 'tokens.bulk-revoked', details: whole }, each, each],
    );
  });
  it('are counted while live, up to a bound', async () => {
    const principalId = await world.addUser();
    for (const endsInSeconds of [60, 60, -1]) await world.issued({ principalId, endsInSeconds });
    const counted = (bound: number) => world.database.read((tx) => liveCountOf(tx, principalId, bound));
    expect(await counted(10)).toBe(2);
    expect(await counted(1)).toBe(1);
  });
});
