import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseNow, rows } from '@tokenwarden/database';
import { ada, grace, World, type IssuedFacts } from '../test/world.js';
import {
  activeCountOf,
  findToken,
  hasActiveRows,
  leaveToSuccessor,
  liveCountOf,
  liveCountsOf,
  liveTokensOf,
  renameToken,
  resumeToken,
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
afterEach(() => world.writeAll());
afterAll(() => world?.end());

const byOwner = { reason: null, withScope: false };
/** A profile that no other test has. */
const newProfile = () => `p-${randomUUID().slice(0, 8)}`;
/** Created an hour ago. */
const issued = (profile: string, facts: IssuedFacts = {}) => world.issued({ ...facts, profile });
const after = ({ createdAt }: AccessTokenEntity, seconds: number) =>
  new Date(createdAt.getTime() + seconds * 1_000);
const inSeconds = (seconds: number) => new Date(Math.floor(Date.now() / 1_000 + seconds) * 1_000);
const endOf = async ({ id }: { id: string }) =>
  (await world.database.read((tx) => findToken(tx, id)))?.endsAt;

describe('what one cap ends', () => {
  it('is each live token of its profiles that would end later, at its creation plus the maximum', async () => {
    const [profile, longer, other] = [newProfile(), newProfile(), newProfile()];
    const hit = await issued(profile, { endsInSeconds: 1_801 });
    const exact = await issued(profile, { endsInSeconds: 1_800 });
    const far = await issued(longer, { endsInSeconds: 9_999 });
    const [spared, ended, revoked, suspended] = [
      await issued(other, { endsInSeconds: 9_999 }),
      await issued(profile, { endsInSeconds: -60 }),
      await issued(profile),
      await issued(profile),
    ];
    await world.change(revoked.id, (tx, it) => revokeToken(tx, it, ada, null));
    await world.change(suspended.id, (tx, it) => suspendToken(tx, it, ada, byOwner));
    expect(await world.cap({ [profile]: 5_400, [longer]: 10_000 }, new Date(0))).toBe(3);
    expect(await endOf(hit)).toEqual(after(hit, 5_400));
    expect(await endOf(exact)).toEqual(exact.endsAt);
    expect(await endOf(far)).toEqual(after(far, 10_000));
    expect(await endOf(spared)).toEqual(spared.endsAt);
    expect(await endOf(ended)).toEqual(ended.endsAt);
    expect(await endOf(revoked)).toEqual(revoked.endsAt);
    expect(await endOf(suspended)).toEqual(after(suspended, 5_400));
  });
  it('does not end before the moment from which it is enforced', async () => {
    const profile = newProfile();
    const token = await issued(profile);
    const from = inSeconds(600);
    expect(await world.cap({ [profile]: 1 }, from)).toBe(1);
    expect(await endOf(token)).toEqual(from);
  });
  it('is never one that has ended, whatever moment is given', async () => {
    const profile = newProfile();
    const ended = await issued(profile, { endsInSeconds: -60 });
    expect(await world.cap({ [profile]: 60 }, new Date(0))).toBe(0);
    expect(await endOf(ended)).toEqual(ended.endsAt);
  });
  it('is left where the moment lies behind its end', async () => {
    const profile = newProfile();
    const token = await issued(profile);
    expect(await world.cap({ [profile]: 1 }, inSeconds(7_200))).toBe(0);
    expect(await endOf(token)).toEqual(token.endsAt);
  });
  it('may be nothing, and leaves nothing behind then', async () => {
    const before = await world.sql('SELECT FROM changes');
    await issued(newProfile());
    expect(await world.cap({ [newProfile()]: 1 })).toBe(0);
    expect(await world.cap({})).toBe(0);
    expect(await world.sql('SELECT FROM bulk_caps WHERE written_at IS NULL')).toEqual([]);
    expect((await world.sql('SELECT FROM changes')).length).toBe(before.length + 1); // of what was issued
  });
  it('is one place in the change log', async () => {
    const profile = newProfile();
    await issued(profile);
    await world.cap({ [profile]: 1 });
    const [cap] = await world.sql<{ id: string }>('SELECT id FROM bulk_caps WHERE written_at IS NULL');
    expect(await world.changesOf('bulk-cap', cap?.id ?? '')).toBe(1);
  });
  it('is a hundred thousand tokens in the time that a request has', async () => {
    const [principalId, profile] = [await world.addUser(), newProfile()];
    const ids = await world.manyIssued(100_000, principalId, profile);
    expect(await world.cap({ [profile]: 1_800 })).toBe(100_000);
    const select = `SELECT count(*)::integer AS count FROM`;
    const [now] = await world.database.read(async (tx) =>
      rows(
        tx,
        `${select} ${await tokensNow(tx)} t WHERE t.profile = $1 AND t.ends_at = t.created_at + interval '1800 s'`,
        [profile],
      ),
    );
    expect(now).toEqual({ count: 100_000 });
    expect((await world.listed(ids.slice(0, 3))).map(({ id }) => id)).toEqual(ids.slice(0, 3));
    await world.sql('DELETE FROM bulk_caps');
  }, 120_000);
});

describe('from that commit on, with no row written', () => {
  let profile: string;
  let token: AccessTokenEntity;
  let successor: AccessTokenEntity;
  let bystander: AccessTokenEntity;
  const endsAt = () => after(token, 5_400);
  beforeEach(async () => {
    profile = newProfile();
    token = await issued(profile);
    successor = await issued(profile, { predecessorId: token.id });
    bystander = await issued(newProfile());
    expect(await world.cap({ [profile]: 5_400 })).toBe(2);
    expect(await world.rowOf(token.id)).toMatchObject({ ends_at: token.endsAt });
  });

  it('every way to read a token says so', async () => {
    const read = await world.database.read(async (tx) => ({
      found: await findToken(tx, token.id),
      byId: (await tokensByIds(tx, [token.id])).get(token.id),
      successor: (await successorsOf(tx, [token.id])).get(token.id),
    }));
    expect(read.found).toEqual({ ...token, endsAt: endsAt() });
    expect(read.byId).toEqual(read.found);
    expect(read.successor).toEqual({ ...successor, endsAt: after(successor, 5_400) });
    expect(await world.change(token.id, (_, locked) => Promise.resolve(locked))).toEqual(read.found);
    expect(await world.listed([token.id])).toEqual([read.found]);
  });
  it('no other token is any different', async () => {
    expect(await world.database.read((tx) => findToken(tx, bystander.id))).toEqual(bystander);
    expect(await world.listed([bystander.id])).toEqual([bystander]);
  });
  it('whoever changes it is given the end that holds', async () => {
    const ends = expect.objectContaining({ endsAt: endsAt() });
    const change = (work: Parameters<typeof world.change>[1]) => world.change(token.id, work);
    expect(await change((tx, it) => renameToken(tx, it, { name: 'old' }, grace))).toEqual(ends);
    expect(await change((tx, it) => suspendToken(tx, it, grace, byOwner))).toEqual(ends);
    expect(await change((tx, it) => resumeToken(tx, it, grace, byOwner))).toEqual(ends);
    expect(await change((tx, it) => revokeToken(tx, it, grace, null))).toEqual(ends);
  });
  it('a revocation that is being written as well leaves the end as it is', async () => {
    await world.revokeThese([token.id]);
    const read = await world.database.read((tx) => findToken(tx, token.id));
    expect(read).toMatchObject({ endsAt: endsAt(), revokedBy: ada.actor });
    expect(await world.listed([token.id])).toEqual([read]);
  });
  it('a second cap moves an end further, and never back', async () => {
    expect(await world.cap({ [profile]: 6_000 })).toBe(0);
    expect(await endOf(token)).toEqual(endsAt());
    expect(await world.cap({ [profile]: 4_500 })).toBe(2);
    expect(await endOf(token)).toEqual(after(token, 4_500));
    expect(await world.cap({ [profile]: 5_000 })).toBe(0);
    const [now] = await world.listed([token.id]);
    expect(now?.endsAt).toEqual(after(token, 4_500));
  });
  it('its rotation leaves the cap in the trail before itself, and the earlier of the two ends', async () => {
    const overlap = { successorId: successor.id, endsAt: after(token, 5_000), endsOnSuccessorsUse: false };
    const rotated = await world.change(token.id, (tx, it) => leaveToSuccessor(tx, it, overlap, grace));
    expect(rotated.endsAt).toEqual(after(token, 5_000));
    await world.writeAll();
    expect(await endOf(token)).toEqual(after(token, 5_000));
    expect(await world.actionsOf(token.id)).toEqual(['token.created', 'token.capped', 'token.rotated']);
  });
});

describe('a token that a cap has ended at once', () => {
  let principalId: string;
  let token: AccessTokenEntity;
  let other: AccessTokenEntity;
  beforeEach(async () => {
    const profile = newProfile();
    principalId = await world.addUser();
    token = await issued(profile, { principalId });
    other = await issued(newProfile(), { principalId });
    expect(await world.cap({ [profile]: 60 })).toBe(1);
    expect((await endOf(token))?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('is suspended, resumed and rotated no more', async () => {
    const refused = { code: 'TOKEN_NOT_ACTIVE' };
    const overlap = { successorId: other.id, endsAt: token.endsAt, endsOnSuccessorsUse: false };
    const change = (work: Parameters<typeof world.change>[1]) => world.change(token.id, work);
    await expect(change((tx, it) => suspendToken(tx, it, grace, byOwner))).rejects.toMatchObject(refused);
    await expect(change((tx, it) => resumeToken(tx, it, grace, byOwner))).rejects.toMatchObject(refused);
    await expect(change((tx, it) => leaveToSuccessor(tx, it, overlap, grace))).rejects.toMatchObject(refused);
  });
  it('is no live token of its principal', async () => {
    const { read, transaction } = {
      read: world.database.read.bind(world.database),
      transaction: world.database.transaction.bind(world.database),
    };
    expect(await read((tx) => liveCountOf(tx, principalId, 2))).toBe(1);
    expect((await read((tx) => liveCountsOf(tx, [principalId]))).get(principalId)).toBe(1);
    expect(await read((tx) => activeCountOf(tx, [principalId]))).toBe(1);
    const { sql, parameters } = liveTokensOf([principalId], await read(databaseNow));
    expect(await world.sql(sql, parameters)).toEqual([{ id: other.id }]);
    const suspended = await transaction((tx) => suspendTokensOf(tx, [principalId], null));
    expect(suspended.map(({ id }) => id)).toEqual([other.id]);
    const active = `SELECT ${hasActiveRows('u.id')} AS active FROM users u WHERE u.id = $1`;
    expect(await world.sql(active, [principalId])).toEqual([{ active: false }]);
    const ended = await transaction((tx) =>
      revokeTokensOf(tx, [principalId], { by: grace, reason: null, details: () => ({}) }),
    );
    expect(ended.map(({ id }) => id)).toEqual([other.id]);
  });
  it('is read the same once its row is written', async () => {
    const before = await endOf(token);
    await world.writeAll();
    expect(await endOf(token)).toEqual(before);
    expect(await world.rowOf(token.id)).toMatchObject({ ends_at: before });
  });
});
