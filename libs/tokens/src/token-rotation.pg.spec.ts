import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseNow } from '@tokenwarden/database';
import { grace, untilWaitingFor, World } from '../test/world.js';
import {
  endOnSuccessorsUse,
  leaveToSuccessor,
  lockToken,
  revokeToken,
  successorsOf,
  suspendToken,
  tokensByIds,
  type AccessTokenEntity,
} from './index.js';

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterAll(() => world?.end());

/** Leaves the token to a successor, so many seconds from now; gives both. */
async function rotated(
  token: AccessTokenEntity,
  overlap: { inSeconds?: number; endsOnSuccessorsUse?: boolean } = {},
): Promise<{ old: AccessTokenEntity; successor: AccessTokenEntity }> {
  const { inSeconds = 60, endsOnSuccessorsUse = false } = overlap;
  const successor = await world.issued({ predecessorId: token.id });
  const endsAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + inSeconds * 1_000);
  const old = await world.change(token.id, (tx, locked) =>
    leaveToSuccessor(tx, locked, { successorId: successor.id, endsAt, endsOnSuccessorsUse }, grace),
  );
  return { old, successor };
}

const used = (id: string) => world.database.transaction((tx) => endOnSuccessorsUse(tx, id));

describe('a rotated token', () => {
  it('has its successor, its new end and one event that names both', async () => {
    const token = await world.issued();
    const { old, successor } = await rotated(token, { inSeconds: 60 });
    expect(successor.predecessorId).toBe(token.id);
    expect(old.rotatedAt).toBeInstanceOf(Date);
    expect(old.endsAt.getTime()).toBeLessThan(token.endsAt.getTime());
    expect(old.expiresAt).toEqual(token.expiresAt);
    expect(await world.actionsOf(token.id)).toEqual(['token.created', 'token.rotated']);
    expect((await world.eventsOf(token.id)).at(-1)?.details).toEqual({
      successorId: successor.id,
      endsAt: old.endsAt.toISOString(),
      endOldOnFirstUse: false,
    });
    expect((await world.eventsOf(successor.id))[0]?.details).toMatchObject({ predecessorId: token.id });
    expect(await world.changesOf('token', token.id)).toBe(2);
  });
  it('never ends later than it would have', async () => {
    const token = await world.issued({ endsInSeconds: 30 });
    await expect(rotated(token, { inSeconds: 3_000 })).rejects.toThrow('ends no later');
    expect(await world.rowOf(token.id)).toMatchObject({ ends_at: token.endsAt, rotated_at: null });
    expect(await world.actionsOf(token.id)).toEqual(['token.created']);
  });
  it('has one successor, whoever else tries', async () => {
    const token = await world.issued();
    const both = await Promise.allSettled([1, 2].map(() => world.issued({ predecessorId: token.id })));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
  it('is not rotated a second time, even where its successor is gone', async () => {
    const token = await world.issued();
    const { old, successor } = await rotated(token);
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [successor.id]);
    await expect(rotated(token, { inSeconds: 10 })).rejects.toThrow('rotated once');
    expect(await world.rowOf(token.id)).toMatchObject({ ends_at: old.endsAt, rotated_at: old.rotatedAt });
    expect(await world.actionsOf(token.id)).toEqual(['token.created', 'token.rotated']);
  });
  it('was live', async () => {
    const expired = await world.issued({ endsInSeconds: -1 });
    const revoked = await world.issued();
    await world.change(revoked.id, (tx, token) => revokeToken(tx, token, grace, null));
    for (const token of [expired, revoked])
      await expect(rotated(token)).rejects.toMatchObject({ code: 'TOKEN_NOT_ACTIVE' });
  });
  it('is found by its id, and its successor by it', async () => {
    const { old, successor } = await rotated(await world.issued());
    const ids = [old.id, successor.id, randomUUID()];
    const found = await world.database.read((tx) => tokensByIds(tx, ids));
    expect([...found.keys()].sort()).toEqual([old.id, successor.id].sort());
    expect(found.get(old.id)).toEqual(old);
    const successors = await world.database.read((tx) => successorsOf(tx, ids));
    expect([...successors]).toEqual([[old.id, successor]]);
  });
});

describe('at the first use of the successor', () => {
  it('a token that waits for it ends by SYSTEM, once under twenty uses at a time', async () => {
    const { old } = await rotated(await world.issued(), { endsOnSuccessorsUse: true });
    await Promise.all(Array.from({ length: 20 }, () => used(old.id)));
    expect(await world.actionsOf(old.id)).toEqual(['token.created', 'token.rotated', 'token.updated']);
    const row = await world.rowOf(old.id);
    expect((row['ends_at'] as Date).getTime()).toBeLessThanOrEqual(Date.now());
    expect((await world.eventsOf(old.id)).at(-1)).toMatchObject({
      actor_kind: 'SYSTEM',
      details: { endsAt: (row['ends_at'] as Date).toISOString() },
    });
    expect(await world.changesOf('token', old.id)).toBe(3);
  });
  it('one that waited for another one’s end into the next second ends nothing again', async () => {
    const { old } = await rotated(await world.issued(), { endsOnSuccessorsUse: true });
    let late: Promise<void> | undefined;
    await world.database.transaction(async (tx) => {
      await lockToken(tx, old.id);
      late = used(old.id);
      await untilWaitingFor(world, 'transactionid');
      const since = Math.floor((await databaseNow(tx)).getTime() / 1_000);
      while (Math.floor((await databaseNow(tx)).getTime() / 1_000) === since) continue;
      await endOnSuccessorsUse(tx, old.id);
    });
    await late;
    expect(await world.actionsOf(old.id)).toEqual(['token.created', 'token.rotated', 'token.updated']);
  });
  it('a suspended token ends like any other', async () => {
    const { old } = await rotated(await world.issued(), { endsOnSuccessorsUse: true });
    await world.change(old.id, (tx, token) =>
      suspendToken(tx, token, grace, { reason: null, withScope: false }),
    );
    await used(old.id);
    expect((await world.actionsOf(old.id)).at(-1)).toBe('token.updated');
  });
  it('nothing ends that was not asked to, or has ended', async () => {
    const plain = (await rotated(await world.issued())).old;
    const over = (await rotated(await world.issued(), { inSeconds: 0, endsOnSuccessorsUse: true })).old;
    const revoked = (await rotated(await world.issued(), { endsOnSuccessorsUse: true })).old;
    const hit = (await rotated(await world.issued(), { endsOnSuccessorsUse: true })).old;
    await world.change(revoked.id, (tx, token) => revokeToken(tx, token, grace, null));
    await world.revokeThese([hit.id]);
    for (const token of [plain, over, revoked, hit]) {
      await used(token.id);
      expect(await world.actionsOf(token.id)).not.toContain('token.updated');
      expect(await world.rowOf(token.id)).toMatchObject({ ends_at: token.endsAt });
    }
  });
});
