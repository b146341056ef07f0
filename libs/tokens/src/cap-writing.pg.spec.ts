import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { wholeSecond } from '@tokenwarden/vocabulary';
import { rows } from '@tokenwarden/database';
import { ada, untilWaitingFor, World } from '../test/world.js';
import {
  endOnSuccessorsUse,
  findToken,
  forgetOldCaps,
  leaveToSuccessor,
  lockToken,
  revokeToken,
  tokensNow,
  writeWaitingCapSet,
} from './index.js';

let world: World;
let profiles = 0;
beforeAll(async () => {
  world = await World.begin();
});
afterEach(() => world.writeAll());
afterAll(() => world?.end());

const newProfile = () => `profile-${(profiles += 1)}`;
const writeOne = () => world.database.transaction(writeWaitingCapSet);
const forget = () => world.database.transaction(forgetOldCaps);
const waiting = () => world.sql('SELECT FROM bulk_cap_sets WHERE written_at IS NULL');
const caps = () => world.sql('SELECT FROM bulk_caps');
const later = (moment: Date, seconds: number) => new Date(moment.getTime() + seconds * 1_000);
const endInRow = async (id: string) => (await world.rowOf(id))['ends_at'];
const cappedOf = async (id: string) =>
  (await world.eventsOf(id)).filter(({ action }) => action === 'token.capped').map(({ details }) => details);

/** How many events `token.capped` each of these has. */
async function cappedEvents(ids: readonly string[]): Promise<number[]> {
  const counts = await world.sql<{ count: number }>(
    `SELECT count(e.id)::integer AS count FROM unnest($1::text[]) AS asked (id)
     LEFT JOIN audit_pending_events e ON e.action = 'token.capped' AND e.target_id = asked.id GROUP BY asked.id`,
    [ids],
  );
  return counts.map(({ count }) => count);
}

describe('the rows of a cap', () => {
  it('follow set by set, each token with its row and one event', async () => {
    const profile = newProfile();
    const ids = await world.manyIssued(1_100, world.userId, profile);
    await world.cap({ [profile]: 1_800 }, wholeSecond(new Date()), 'shorter');
    const waits: number[] = [(await waiting()).length];
    while (await writeOne()) waits.push((await waiting()).length);
    expect(waits).toEqual([3, 2, 1, 0]);
    const { created_at: createdAt, expires_at: endsAtBefore } = (await world.rowOf(ids[0] ?? '')) as {
      created_at: Date;
      expires_at: Date;
    };
    const endsAt = later(createdAt, 1_800);
    expect(await endInRow(ids[0] ?? '')).toEqual(endsAt);
    const unlike = `SELECT FROM access_tokens WHERE profile = $1 AND ends_at <> created_at + interval '1800 s'`;
    expect(await world.sql(unlike, [profile])).toEqual([]);
    expect(await cappedEvents(ids)).toEqual(ids.map(() => 1));
    const [cap] = await world.sql<{ policy_version: number }>('SELECT policy_version FROM bulk_caps');
    expect(await world.eventsOf(ids[0] ?? '')).toEqual([
      expect.objectContaining({
        action: 'token.capped',
        actor_name: 'ada',
        target_name: 'many',
        details: {
          policyVersion: cap?.policy_version,
          endsAtBefore: endsAtBefore.toISOString(),
          endsAt: endsAt.toISOString(),
          reason: 'shorter',
        },
      }),
    ]);
    expect(await world.database.read(tokensNow)).toBe('access_tokens');
  });
  it('are written once, however many write', async () => {
    const profile = newProfile();
    const ids = await world.manyIssued(3_000, world.userId, profile);
    await world.cap({ [profile]: 1_800 });
    await Promise.all([1, 2, 3, 4].map(() => world.writeAll()));
    expect(await waiting()).toEqual([]);
    expect(await cappedEvents(ids)).toEqual(ids.map(() => 1));
  });
  it('are made good after whoever wrote them was killed in the middle', async () => {
    const profile = newProfile();
    const ids = await world.manyIssued(600, world.userId, profile);
    await world.cap({ [profile]: 1_800 });
    const killed = world.database.transaction(async (tx) => {
      expect(await writeWaitingCapSet(tx)).toBe(true);
      const [mine] = await rows<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid');
      await world.sql('SELECT pg_terminate_backend($1)', [mine?.pid]);
    });
    await expect(killed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await waiting()).toHaveLength(2);
    expect(await cappedEvents(ids)).toEqual(ids.map(() => 0));
    await world.writeAll();
    expect(await cappedEvents(ids)).toEqual(ids.map(() => 1));
  });
  it('of a later cap follow those of the earlier one, each event from the end that the one before left', async () => {
    const profile = newProfile();
    const { id, createdAt, endsAt } = await world.issued({ profile });
    await world.cap({ [profile]: 6_000 });
    await world.cap({ [profile]: 5_000 });
    await world.database.transaction(async (tx) => {
      await writeWaitingCapSet(tx);
      // The later cap is nobody's yet: the set of the earlier one is still being written.
      expect(await writeOne()).toBe(false);
    });
    await Promise.all([world.writeAll(), world.writeAll()]);
    const ends = [endsAt, later(createdAt, 6_000), later(createdAt, 5_000)].map((end) => end.toISOString());
    expect(await cappedOf(id)).toMatchObject([
      { endsAtBefore: ends[0], endsAt: ends[1] },
      { endsAtBefore: ends[1], endsAt: ends[2] },
    ]);
    expect(await endInRow(id)).toEqual(later(createdAt, 5_000));
  });
  it('are those of tokens that were revoked meanwhile too, and of no row that was removed', async () => {
    const profile = newProfile();
    const [revoked, removed] = [await world.issued({ profile }), await world.issued({ profile })];
    await world.cap({ [profile]: 5_400 });
    await world.change(revoked.id, (tx, token) => revokeToken(tx, token, ada, null));
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [removed.id]);
    await world.writeAll();
    expect(await endInRow(revoked.id)).toEqual(later(revoked.createdAt, 5_400));
    expect(await world.actionsOf(revoked.id)).toEqual(['token.created', 'token.revoked', 'token.capped']);
    expect(await world.actionsOf(removed.id)).toEqual(['token.created']);
  });
  it('stay as they are where the token ends earlier by then', async () => {
    const profile = newProfile();
    const token = await world.issued({ profile });
    const successor = await world.issued({ predecessorId: token.id });
    const endsAt = later(token.createdAt, 4_000);
    // Whoever began before the decision, without holding it off, and commits after it.
    await world.database.transaction(async (tx) => {
      const locked = await lockToken(tx, token.id);
      const overlap = { successorId: successor.id, endsAt, endsOnSuccessorsUse: false };
      if (locked) await leaveToSuccessor(tx, locked, overlap, ada);
      await world.cap({ [profile]: 5_400 });
    });
    await world.writeAll();
    expect(await endInRow(token.id)).toEqual(endsAt);
    expect(await cappedEvents([token.id])).toEqual([0]);
  });
  it('are written first where a successor ends the token by its first use', async () => {
    const profile = newProfile();
    const [open, shut] = [await world.issued({ profile }), await world.issued({ profile })];
    for (const { id, endsAt } of [open, shut]) {
      const successor = await world.issued({ predecessorId: id });
      const overlap = { successorId: successor.id, endsAt, endsOnSuccessorsUse: true };
      await world.change(id, (tx, token) => leaveToSuccessor(tx, token, overlap, ada));
    }
    await world.cap({ [profile]: 5_400 });
    await world.database.transaction((tx) => endOnSuccessorsUse(tx, open.id));
    expect((await world.actionsOf(open.id)).slice(-2)).toEqual(['token.capped', 'token.updated']);
    await world.cap({ [profile]: 60 });
    const ended = (await world.database.read((tx) => findToken(tx, shut.id)))?.endsAt;
    await world.database.transaction((tx) => endOnSuccessorsUse(tx, shut.id));
    expect(await endInRow(shut.id)).toEqual(ended);
    expect((await world.actionsOf(shut.id)).slice(-2)).toEqual(['token.capped', 'token.capped']);
  });
  it('wait for a change of the token that is under way, and are read the same by whoever waits for them', async () => {
    const profile = newProfile();
    const { id, createdAt } = await world.issued({ profile });
    await world.cap({ [profile]: 5_400 });
    let writing: Promise<boolean> | undefined;
    await world.database.transaction(async (tx) => {
      await lockToken(tx, id);
      writing = writeOne();
      await untilWaitingFor(world, 'transactionid');
    });
    expect(await writing).toBe(true);
    await world.cap({ [profile]: 5_000 });
    let locked: ReturnType<World['change']> | undefined;
    await world.database.transaction(async (tx) => {
      await writeWaitingCapSet(tx);
      locked = world.change(id, (_, token) => Promise.resolve(token));
      await untilWaitingFor(world, 'transactionid');
    });
    expect(await locked).toMatchObject({ id, endsAt: later(createdAt, 5_000) });
  });
});

describe('a cap that is written', () => {
  const age = (interval: string) =>
    world.sql(`UPDATE bulk_caps SET written_at = written_at - interval '${interval}'`);

  it('is known for an hour, and forgotten then with its sets', async () => {
    const profile = newProfile();
    await world.issued({ profile });
    await world.cap({ [profile]: 5_400 });
    await world.writeAll();
    await age('59 minutes');
    await forget();
    expect((await caps()).length).toBeGreaterThan(0);
    await age('2 minutes');
    await forget();
    expect(await caps()).toEqual([]);
    expect(await world.sql('SELECT FROM bulk_cap_sets')).toEqual([]);
  });
});
