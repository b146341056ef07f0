import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseNow, rows } from '@tokenwarden/database';
import { ada, grace, theseIds, untilWaitingFor, World } from '../test/world.js';
import {
  findToken,
  forgetOldRevocations,
  holdAllTokens,
  holdOffBulkRevocations,
  lockToken,
  revokeMany,
  revokeToken,
  tokensNow,
  writeWaitingSet,
} from './index.js';

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterEach(() => world.writeAll());
afterAll(() => world?.end());

const writeOne = () => world.database.transaction(writeWaitingSet);
const forget = () => world.database.transaction(forgetOldRevocations);
const waiting = () => world.sql('SELECT FROM bulk_revocation_sets WHERE written_at IS NULL');
const written = () =>
  world.sql<{ id: string; revoked_by: unknown; revoked_reason: string }>(
    'SELECT * FROM access_tokens WHERE revoked_at IS NOT NULL ORDER BY id',
  );
const revocations = () => world.sql('SELECT FROM bulk_revocations');

/** How many events `token.revoked` each of these has. */
async function revokedEvents(ids: readonly string[]): Promise<number[]> {
  const counts = await world.sql<{ count: number }>(
    `SELECT count(e.id)::integer AS count FROM unnest($1::text[]) AS asked (id)
     LEFT JOIN audit_pending_events e ON e.action = 'token.revoked' AND e.target_id = asked.id GROUP BY asked.id`,
    [ids],
  );
  return counts.map(({ count }) => count);
}

describe('the rows of a bulk revocation', () => {
  it('follow set by set, each token with its row and one event', async () => {
    const ids = await world.manyIssued(1_100);
    await world.revokeThese(ids);
    const [decided] = await world.sql<{ id: string; revoked_at: Date }>('SELECT * FROM bulk_revocations');
    const waits: number[] = [(await waiting()).length];
    while (await writeOne()) waits.push((await waiting()).length);
    expect(waits).toEqual([3, 2, 1, 0]);
    expect((await written()).map(({ id }) => id)).toEqual(ids);
    expect(await world.rowOf(ids[0] ?? '')).toMatchObject({
      revoked_at: decided?.revoked_at,
      revoked_by: ada.actor,
      revoked_reason: 'leak',
    });
    expect(await revokedEvents(ids)).toEqual(ids.map(() => 1));
    expect(await world.eventsOf(ids[0] ?? '')).toEqual([
      expect.objectContaining({
        action: 'token.revoked',
        actor_name: 'ada',
        target_name: 'many',
        details: { reason: 'leak', revocationId: decided?.id },
      }),
    ]);
    expect(await world.database.read(tokensNow)).toBe('access_tokens');
  });
  it('are written once, however many write', async () => {
    const ids = await world.manyIssued(3_000);
    await world.revokeThese(ids);
    await Promise.all([1, 2, 3, 4].map(() => world.writeAll()));
    expect(await waiting()).toEqual([]);
    expect(await revokedEvents(ids)).toEqual(ids.map(() => 1));
  });
  it('are made good after whoever wrote them was killed in the middle', async () => {
    const ids = await world.manyIssued(600);
    await world.revokeThese(ids);
    const killed = world.database.transaction(async (tx) => {
      expect(await writeWaitingSet(tx)).toBe(true);
      const [mine] = await rows<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid');
      await world.sql('SELECT pg_terminate_backend($1)', [mine?.pid]);
    });
    await expect(killed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await waiting()).toHaveLength(2);
    expect(await revokedEvents(ids)).toEqual(ids.map(() => 0));
    await world.writeAll();
    expect(await revokedEvents(ids)).toEqual(ids.map(() => 1));
  });
  it('leave a token alone that somebody else has revoked meanwhile', async () => {
    const [mine, other] = [await world.issued(), await world.issued()];
    // Whoever began before the decision, without holding it off, and commits after it.
    let decided: Promise<number> | undefined;
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, mine.id);
      if (token) await revokeToken(tx, token, grace, 'mine');
      decided = world.revokeThese([mine.id, other.id]);
      await decided;
    });
    await world.writeAll();
    expect(await world.rowOf(mine.id)).toMatchObject({ revoked_by: grace.actor, revoked_reason: 'mine' });
    expect(await world.rowOf(other.id)).toMatchObject({ revoked_by: ada.actor, revoked_reason: 'leak' });
    expect(await revokedEvents([mine.id, other.id])).toEqual([1, 1]);
  });
  it('wait for a change of the token that is under way, which sees it as revoked itself', async () => {
    const { id } = await world.issued();
    await world.revokeThese([id]);
    let writing: Promise<boolean> | undefined;
    await world.database.transaction(async (tx) => {
      await lockToken(tx, id);
      writing = writeOne();
      await untilWaitingFor(world, 'transactionid');
      expect((await findToken(tx, id))?.revokedReason).toBe('leak');
    });
    expect(await writing).toBe(true);
    expect(await revokedEvents([id])).toEqual([1]);
  });
  it('are read the same by whoever waited for them', async () => {
    const { id } = await world.issued();
    await world.revokeThese([id]);
    let locked: ReturnType<World['change']> | undefined;
    await world.database.transaction(async (tx) => {
      await writeWaitingSet(tx);
      locked = world.change(id, (_, token) => Promise.resolve(token));
      await untilWaitingFor(world, 'transactionid');
    });
    expect(await locked).toMatchObject({ id, revokedBy: ada.actor, revokedReason: 'leak' });
  });
});

describe('a bulk revocation that is written', () => {
  const age = (interval: string) =>
    world.sql(`UPDATE bulk_revocations SET written_at = written_at - interval '${interval}'`);

  it('is known for an hour, and forgotten then with its sets', async () => {
    await world.revokeThese([(await world.issued()).id]);
    await world.writeAll();
    await age('59 minutes');
    await forget();
    expect((await revocations()).length).toBeGreaterThan(0);
    await age('2 minutes');
    await forget();
    expect(await revocations()).toEqual([]);
    expect(await world.sql('SELECT FROM bulk_revocation_sets')).toEqual([]);
  });
  it('is not forgotten while a set of it waits, however old it is', async () => {
    await world.revokeThese(await world.manyIssued(600));
    await world.sql(`UPDATE bulk_revocations SET revoked_at = revoked_at - interval '2 days'`);
    await world.database.transaction(async (tx) => {
      await writeWaitingSet(tx);
      await world.database.transaction(async (other) => {
        await writeWaitingSet(other);
        expect(await writeOne()).toBe(false);
        await forget();
      });
    });
    await writeOne();
    expect(await revocations()).toHaveLength(1);
    await age('61 minutes');
    await forget();
    expect(await revocations()).toEqual([]);
  });
});

describe('the moment of the decision', () => {
  it('waits for whoever issues or changes tokens, and sees what they did', async () => {
    const principalId = await world.addUser();
    const select = { sql: 'SELECT id FROM access_tokens WHERE principal_id = $1', parameters: [principalId] };
    let deciding: Promise<number> | undefined;
    await world.database.transaction(async (tx) => {
      await holdOffBulkRevocations(tx);
      deciding = world.database.transaction(async (other) => {
        await holdAllTokens(other);
        return revokeMany(other, select, { by: ada, reason: null, details: {} });
      });
      await untilWaitingFor(world, 'advisory');
      await world.issued({ principalId });
    });
    expect(await deciding).toBe(1);
  });
  it('is waited for by those who come later, who see what it did', async () => {
    const { id } = await world.issued();
    let changing: Promise<unknown> | undefined;
    await world.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      changing = world.database.transaction(async (other) => {
        await holdOffBulkRevocations(other);
        return lockToken(other, id);
      });
      await untilWaitingFor(world, 'advisory');
      await revokeMany(tx, theseIds([id]), { by: ada, reason: 'leak', details: {} });
    });
    expect(await changing).toMatchObject({ id, revokedReason: 'leak' });
  });
  it('is shared by those who hold it off', async () => {
    await world.database.transaction(async (tx) => {
      await holdOffBulkRevocations(tx);
      await world.database.transaction(holdOffBulkRevocations);
    });
  });
  it('is UNAVAILABLE where somebody is at work for too long, and nobody waits behind it then', async () => {
    await world.database.transaction(async (tx) => {
      await holdOffBulkRevocations(tx);
      const deciding = world.database.transaction(holdAllTokens);
      await expect(deciding).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await world.database.transaction(holdOffBulkRevocations);
    });
  });
  it('bounds no other wait of its transaction', async () => {
    await world.database.transaction(async (tx) => {
      const bound = async () => (await rows<{ lock_timeout: string }>(tx, 'SHOW lock_timeout'))[0];
      const before = await bound();
      await holdAllTokens(tx);
      expect(await bound()).toEqual(before);
      expect(await databaseNow(tx)).toBeInstanceOf(Date);
    });
  });
});
