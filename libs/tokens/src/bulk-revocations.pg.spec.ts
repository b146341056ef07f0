import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rows } from '@tokenwarden/database';
import { ada, grace, World } from '../test/world.js';
import {
  findToken,
  holdAllTokens,
  liveCountOf,
  liveTokensOf,
  lockTokensOf,
  leaveToSuccessor,
  renameToken,
  resumeToken,
  revokeMany,
  revokeToken,
  revokeTokensOf,
  successorsOf,
  suspendToken,
  suspendTokensOf,
  tokensByIds,
  tokensNow,
  type AccessTokenEntity,
} from './index.js';

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterAll(() => world?.end());

const byOwner = { reason: null, withScope: false };
const revocation = { by: ada, reason: 'leak', details: {} };

describe('what one decision revokes', () => {
  it('is what is selected and nothing else, and is recorded once', async () => {
    const principalId = await world.addUser();
    const hit = await world.manyIssued(1_234, principalId);
    const spared = await world.manyIssued(50);
    const select = {
      sql: 'SELECT id FROM access_tokens WHERE principal_id = $1 AND name = $2',
      parameters: [principalId, 'many'],
    };
    const count = await world.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      return revokeMany(tx, select, { ...revocation, details: { filter: { userId: principalId } } });
    });
    expect(count).toBe(1_234);
    const [event, ...others] = await world.sql<{ details: { revocationId: string } }>(
      `SELECT * FROM audit_pending_events WHERE action = 'tokens.bulk-revoked'`,
    );
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      actor_name: 'ada',
      target_id: null,
      details: { filter: { userId: principalId }, reason: 'leak', count: 1_234 },
    });
    expect(await world.changesOf('bulk-revocation', event?.details.revocationId ?? '')).toBe(1);
    expect((await world.listed(hit)).filter((token) => token.revokedAt === null)).toEqual([]);
    expect((await world.listed(spared)).filter((token) => token.revokedAt !== null)).toEqual([]);
  });
  it('may be nothing, and leaves nothing behind then', async () => {
    const before = await world.sql('SELECT FROM bulk_revocations');
    expect(await world.revokeThese([])).toBe(0);
    expect(await world.sql('SELECT FROM bulk_revocations')).toHaveLength(before.length);
  });
  it('counts a token that is selected twice once', async () => {
    const { id } = await world.issued();
    expect(await world.revokeThese([id, id])).toBe(1);
  });
});

describe('from that commit on, with no row written', () => {
  let token: AccessTokenEntity;
  let successor: AccessTokenEntity;
  let bystander: AccessTokenEntity;
  beforeAll(async () => {
    token = await world.issued();
    successor = await world.issued({ predecessorId: token.id });
    bystander = await world.issued();
    await world.revokeThese([token.id, successor.id]);
    expect(await world.rowOf(token.id)).toMatchObject({ revoked_at: null });
  });
  const revoked = { revokedAt: expect.any(Date), revokedBy: ada.actor, revokedReason: 'leak' };

  it('every way to read a token says so, by whom and why', async () => {
    const read = await world.database.read(async (tx) => ({
      found: await findToken(tx, token.id),
      byId: (await tokensByIds(tx, [token.id])).get(token.id),
      successor: (await successorsOf(tx, [token.id])).get(token.id),
    }));
    expect(read.found).toEqual({ ...token, ...revoked });
    expect(read.byId).toEqual(read.found);
    expect(read.successor).toEqual({ ...successor, ...revoked });
    expect(await world.change(token.id, (_, locked) => Promise.resolve(locked))).toEqual(read.found);
    expect(await world.listed([token.id])).toEqual([read.found]);
  });
  it('no other token is any different', async () => {
    expect(await world.database.read((tx) => findToken(tx, bystander.id))).toEqual(bystander);
    expect(await world.listed([bystander.id])).toEqual([bystander]);
  });
  it('it is suspended, resumed and rotated no more', async () => {
    const refused = { code: 'TOKEN_NOT_ACTIVE' };
    const overlap = { successorId: bystander.id, endsAt: token.endsAt, endsOnSuccessorsUse: false };
    const change = (work: Parameters<typeof world.change>[1]) => world.change(token.id, work);
    await expect(change((tx, it) => suspendToken(tx, it, grace, byOwner))).rejects.toMatchObject(refused);
    await expect(change((tx, it) => resumeToken(tx, it, grace, byOwner))).rejects.toMatchObject(refused);
    await expect(change((tx, it) => leaveToSuccessor(tx, it, overlap, grace))).rejects.toMatchObject(refused);
    expect(await world.actionsOf(token.id)).toEqual(['token.created']);
  });
  it('it is not revoked again', async () => {
    const again = await world.change(token.id, (tx, it) => revokeToken(tx, it, grace, 'mine'));
    expect(again).toMatchObject(revoked);
    expect(await world.actionsOf(token.id)).toEqual(['token.created']);
  });
  it('it is renamed like any other that has ended, and stays revoked', async () => {
    const renamed = await world.change(successor.id, (tx, it) => renameToken(tx, it, { name: 'old' }, grace));
    expect(renamed).toMatchObject({ name: 'old', ...revoked });
  });
  it('it is no live token of its principal', async () => {
    const principalId = await world.addUser();
    const [hit, other] = [await world.issued({ principalId }), await world.issued({ principalId })];
    await world.revokeThese([hit.id]);
    expect(await world.database.read((tx) => liveCountOf(tx, principalId, 2))).toBe(1);
    const { sql, parameters } = liveTokensOf([principalId], new Date());
    expect(await world.sql(sql, parameters)).toEqual([{ id: other.id }]);
    const suspended = await world.database.transaction((tx) => suspendTokensOf(tx, [principalId], null));
    expect(suspended.map(({ id }) => id)).toEqual([other.id]);
    const ended = await world.database.transaction((tx) =>
      revokeTokensOf(tx, [principalId], { by: grace, reason: null, details: () => ({}) }),
    );
    expect(ended.map(({ id }) => id)).toEqual([other.id]);
    expect(await world.actionsOf(hit.id)).toEqual(['token.created']);
  });
});

describe('several decisions whose rows wait', () => {
  it('are each told from the others', async () => {
    const ids = await world.manyIssued(40);
    const parts = [0, 1, 2, 3].map((part) => ids.filter((_, place) => place % 4 === part));
    for (const [part, these] of parts.entries()) if (part > 0) await world.revokeThese(these, `part ${part}`);
    const read = await world.database.read((tx) => tokensByIds(tx, ids));
    for (const [part, these] of parts.entries()) {
      for (const id of these) {
        expect(read.get(id)?.revokedReason ?? null).toBe(part === 0 ? null : `part ${part}`);
      }
    }
    expect(await world.listed(ids)).toEqual(ids.map((id) => read.get(id)));
  });
});

describe('one over very many tokens', () => {
  it('hits all of them, and a list goes by its index still', async () => {
    const principalId = await world.addUser();
    const ids = await world.manyIssued(20_001, principalId);
    await world.sql('ANALYZE access_tokens');
    const locked = world.database.transaction((tx) => lockTokensOf(tx, [principalId]), { withinSeconds: 30 });
    expect(await locked).toEqual(ids);
    const select = { sql: 'SELECT id FROM access_tokens WHERE principal_id = $1', parameters: [principalId] };
    expect(await world.database.transaction((tx) => revokeMany(tx, select, revocation))).toBe(20_001);
    await world.sql('ANALYZE bulk_revocations, bulk_revocation_sets');
    const live = await world.database.read(async (tx) =>
      rows(tx, `SELECT FROM ${await tokensNow(tx)} t WHERE principal_id = $1 AND revoked_at IS NULL`, [
        principalId,
      ]),
    );
    expect(live).toEqual([]);
    const plan = await world.database.read(async (tx) =>
      rows<{ 'QUERY PLAN': string }>(
        tx,
        `EXPLAIN SELECT t.id, t.revoked_at FROM ${await tokensNow(tx)} t ORDER BY t.created_at DESC, t.id DESC LIMIT 50`,
      ),
    );
    const lines = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(lines).toContain('hashed SubPlan 1');
    expect(lines).toContain('hashed SubPlan 2');
    expect(lines).toContain('access_tokens_by_creation');
  });
});
