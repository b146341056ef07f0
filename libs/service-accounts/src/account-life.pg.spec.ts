import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { findToken, lockToken, revokeToken, suspendToken, writeWaitingSet } from '@tokenwarden/tokens';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { ada, IDS, World } from '../test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(() => world.begin());

const id = IDS.etl;
const nothing = { code: 'NOT_FOUND', field: 'id' };
const token = (tokenId: string) => world.database.read((tx) => findToken(tx, tokenId));
const actions = async () => (await world.events()).map(({ action }) => action);

describe('suspending a service account', () => {
  it('stops it, and leaves its tokens as they are', async () => {
    const tokenId = await world.token();
    const before = await token(tokenId);
    await world.sql('TRUNCATE audit_pending_events');
    expect(await world.service.suspend(ada, { id, reason: 'On leave.' })).toMatchObject({
      state: 'SUSPENDED',
    });
    expect(await world.account()).toMatchObject({ state: 'SUSPENDED', suspendedAt: expect.any(Date) });
    expect(await token(tokenId)).toEqual(before);
    expect(await world.events()).toEqual([
      {
        ...{ action: 'service-account.suspended', actor: 'ada', targetId: id, targetName: 'nightly-etl' },
        details: { reason: 'On leave.' },
      },
    ]);
    expect(await world.changes()).toBe(1);
  });

  it('repeated succeeds and records nothing new', async () => {
    const { suspendedAt } = await world.service.suspend(ada, { id });
    expect(await world.service.suspend(ada, { id, reason: 'Again.' })).toMatchObject({ suspendedAt });
    expect(await actions()).toEqual(['service-account.suspended']);
    expect(await world.changes()).toBe(1);
  });
});

describe('resuming a service account', () => {
  it('lets it act again, once', async () => {
    expect(await world.service.resume(ada, { id })).toMatchObject({ state: 'ACTIVE' });
    expect(await actions()).toEqual([]);
    await world.service.suspend(ada, { id });
    expect(await world.service.resume(ada, { id, reason: 'Back.' })).toMatchObject({ state: 'ACTIVE' });
    await world.service.resume(ada, { id });
    expect((await world.events()).slice(1)).toMatchObject([
      { action: 'service-account.resumed', actor: 'ada', details: { reason: 'Back.' } },
    ]);
    expect(await world.changes()).toBe(2);
  });

  it('leaves it orphaned where its groups are gone', async () => {
    await world.service.suspend(ada, { id });
    await world.orphan();
    expect(await world.account()).toMatchObject({ state: 'SUSPENDED' });
    expect(await world.service.resume(ada, { id })).toMatchObject({ state: 'ORPHANED' });
  });
});

describe('deleting a service account', () => {
  it('revokes its live tokens, each with its event by whoever deletes', async () => {
    const [live, suspended, revoked] = [await world.token(), await world.token(), await world.token()];
    const ended = await world.token(id, { seconds: 1 });
    await world.sql(`UPDATE access_tokens SET ends_at = created_at WHERE id = $1`, [ended]);
    await world.database.transaction(async (tx) => {
      const [one, other] = [await lockToken(tx, suspended), await lockToken(tx, revoked)];
      if (one) await suspendToken(tx, one, SYSTEM, { reason: null, withScope: false });
      if (other) await revokeToken(tx, other, SYSTEM, 'Before.');
    });
    const other = await world.service.create(ada, { name: 'other', groupIds: [IDS.data] });
    const foreign = await world.token(other.id);
    await world.sql('TRUNCATE audit_pending_events, changes');

    expect(await world.service.delete(ada, { id, reason: 'Not needed.' })).toBe(2);
    for (const tokenId of [live, suspended])
      expect(await token(tokenId)).toMatchObject({
        revokedBy: { kind: 'USER', id: IDS.ada, name: 'ada' },
        revokedReason: 'Not needed.',
      });
    expect(await token(revoked)).toMatchObject({ revokedReason: 'Before.' });
    expect(await token(ended)).toMatchObject({ revokedAt: null });
    expect(await token(foreign)).toMatchObject({ revokedAt: null });
    const events = await world.events();
    expect(events.slice(1, 3).map(({ targetId }) => targetId)).toEqual(
      expect.arrayContaining([live, suspended]),
    );
    const details = { cause: 'SERVICE_ACCOUNT_DELETED', serviceAccountId: id, count: 2 };
    expect(events).toMatchObject([
      { action: 'tokens.bulk-revoked', actor: 'ada', details },
      { action: 'token.revoked', actor: 'ada' },
      { action: 'token.revoked', actor: 'ada' },
      {
        ...{ action: 'service-account.deleted', actor: 'ada', targetId: id, targetName: 'nightly-etl' },
        details: { reason: 'Not needed.', revokedTokens: 2 },
      },
    ]);
    expect(await world.changes()).toBe(1);
  });

  it('ends what was told of an orphan: once in the log, with no name', async () => {
    await world.orphan();
    await world.service.delete(ada, { id });
    await world.service.delete(ada, { id });
    expect(world.lines).toEqual([expect.stringContaining('An orphaned service account is deleted.')]);
    expect(world.lines.join()).toContain(id);
    expect(world.lines.join()).not.toMatch(/nightly-etl|ada/);
  });

  it('repeated succeeds, ends nothing and records nothing', async () => {
    await world.service.delete(ada, { id });
    expect(world.lines).toEqual([]);
    expect(await world.service.delete(ada, { id, reason: 'Again.' })).toBe(0);
    expect(await actions()).toEqual(['service-account.deleted']);
    expect(await world.changes()).toBe(1);
  });

  it('is refused for what never was', async () => {
    await expect(world.service.delete(ada, { id: IDS.nothing })).rejects.toMatchObject(nothing);
    await expect(world.service.delete(ada, { id: 'nonsense' })).rejects.toMatchObject(nothing);
  });

  it('ends its life: nothing else is done to it, and its name is free', async () => {
    await world.service.delete(ada, { id });
    await expect(world.service.suspend(ada, { id })).rejects.toMatchObject(nothing);
    await expect(world.service.resume(ada, { id })).rejects.toMatchObject(nothing);
    const again = await world.service.create(ada, { name: 'nightly-etl', groupIds: [IDS.data] });
    expect(again.id).not.toBe(id);
    expect(await world.account()).toMatchObject({ name: 'nightly-etl', deletedAt: expect.any(Date) });
  });
});

describe('deleting an account with very many tokens', () => {
  const written = async () => {
    while (await world.database.transaction(writeWaitingSet));
  };

  it('ends them by one decision at the commit; their rows and events follow', async () => {
    await world.manyTokens(1_003);
    await world.sql(
      `UPDATE access_tokens SET revoked_at = now(), revoked_by = '{}' WHERE id = (SELECT min(id::text)::uuid FROM access_tokens)`,
    );
    await world.sql(
      `UPDATE access_tokens SET ends_at = created_at WHERE id = (SELECT max(id::text)::uuid FROM access_tokens)`,
    );
    const [some] = await world.sql<{ id: string }>(
      'SELECT id FROM access_tokens WHERE revoked_at IS NULL AND ends_at > now() LIMIT 1',
    );
    expect(await world.service.delete(ada, { id, reason: 'Not needed.' })).toBe(1_001);
    expect(await token(some?.id ?? '')).toMatchObject({
      revokedAt: expect.any(Date),
      revokedReason: 'Not needed.',
    });
    expect(await world.events()).toMatchObject([
      { action: 'tokens.bulk-revoked', actor: 'ada', details: { count: 1_001, serviceAccountId: id } },
      { action: 'service-account.deleted', actor: 'ada', details: { revokedTokens: 1_001 } },
    ]);
    await written();
    const events = (await world.events()).slice(2);
    expect(new Set(events.map(({ action, actor }) => `${action} ${actor}`))).toEqual(
      new Set(['token.revoked ada']),
    );
    expect(new Set(events.map(({ targetId }) => targetId)).size).toBe(1_001);
    expect(await world.sql('SELECT FROM access_tokens WHERE revoked_at IS NULL')).toHaveLength(1);
  });

  it('leaves alone the tokens of others, and counts none twice that another decision has ended', async () => {
    const other = await world.service.create(ada, { name: 'other', groupIds: [IDS.data] });
    await world.manyTokens(1_500);
    await world.manyTokens(1_200, other.id);
    expect(await world.service.delete(ada, { id })).toBe(1_500);
    expect(await world.sql(`SELECT FROM access_tokens WHERE revoked_at IS NOT NULL`)).toEqual([]);
    expect(await world.service.delete(ada, { id: other.id })).toBe(1_200);
    await written();
    expect((await actions()).filter((action) => action === 'token.revoked')).toHaveLength(2_700);
  });

  it('is answered within the time of a request where it has as many as a principal may have', async () => {
    await world.manyTokens(10_000);
    expect(await world.service.delete(ada, { id })).toBe(10_000);
  });
});
