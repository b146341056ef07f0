import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { grace, untilWaitingFor, World } from '../test/world.js';
import {
  lastUsesOf,
  lockToken,
  recordUses,
  revokeToken,
  USAGE_DAYS_KEPT,
  usageOf,
  type UsesOfToken,
} from './index.js';

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterAll(() => world?.end());

const minute = (n: number) => new Date(Date.UTC(2026, 9, 1, 12, n));
const DAY = 86_400_000;
/** The day in UTC so many days ago. */
const dayAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);

const uses = (tokenId: string, facts: Partial<UsesOfToken> = {}): UsesOfToken => ({
  tokenId,
  lastUsedAt: minute(0),
  days: new Map([[dayAgo(0), 1]]),
  ...facts,
});
const write = (...seen: UsesOfToken[]) => world.database.transaction((tx) => recordUses(tx, seen));
const lastUse = async (id: string) => (await world.database.read((tx) => lastUsesOf(tx, [id]))).get(id);
const usage = async (id: string, days: number) =>
  (await world.database.read((tx) => usageOf(tx, [id], days))).get(id) ?? [];

describe('the last use of a token', () => {
  it('is missing as long as nobody used it', async () =>
    expect(await lastUse((await world.issued()).id)).toBeUndefined());
  it('is the latest that any process saw, whichever writes first', async () => {
    const { id } = await world.issued();
    await write(uses(id, { lastUsedAt: minute(5), from: '203.0.113.5', agent: 'late' }));
    await write(uses(id, { lastUsedAt: minute(3), from: '203.0.113.3', agent: 'early' }));
    expect(await lastUse(id)).toEqual({ tokenId: id, at: minute(5), from: '203.0.113.5', agent: 'late' });
    await write(uses(id, { lastUsedAt: minute(9), from: '203.0.113.9', agent: 'last' }));
    expect(await lastUse(id)).toEqual({ tokenId: id, at: minute(9), from: '203.0.113.9', agent: 'last' });
  });
  it('keeps the address and the agent where the next one says none', async () => {
    const { id } = await world.issued();
    await write(uses(id, { from: '203.0.113.5', agent: 'curl/8' }));
    await write(uses(id, { lastUsedAt: minute(1), from: '203.0.113.6' }));
    await write(uses(id, { lastUsedAt: minute(2) }));
    expect(await lastUse(id)).toMatchObject({ at: minute(2), from: '203.0.113.6', agent: 'curl/8' });
  });
  it('takes them from an earlier use where the latest said none', async () => {
    const { id } = await world.issued();
    await write(uses(id, { lastUsedAt: minute(2) }));
    await write(uses(id, { lastUsedAt: minute(1), from: '203.0.113.5', agent: 'curl/8' }));
    expect(await lastUse(id)).toMatchObject({ at: minute(2), from: '203.0.113.5', agent: 'curl/8' });
  });
  it('keeps an agent that is no whole text as far as it is one', async () => {
    const { id } = await world.issued();
    await write(uses(id, { agent: 'half a pair \ud800' }));
    expect((await lastUse(id))?.agent).toMatch(/^half a pair /);
  });
  it('says in the token itself that there was a first one, once', async () => {
    const { id } = await world.issued();
    expect(await world.rowOf(id)).toMatchObject({ first_used_at: null });
    await write(uses(id, { lastUsedAt: minute(5) }));
    await write(uses(id, { lastUsedAt: minute(3) }), uses((await world.issued()).id));
    await write(uses(id, { lastUsedAt: minute(9) }));
    expect(await world.rowOf(id)).toMatchObject({ first_used_at: minute(5) });
  });
});

describe('the uses of a token a day', () => {
  it('add up over processes', async () => {
    const { id } = await world.issued();
    await write(uses(id, { days: new Map([[dayAgo(1), 2], [dayAgo(0), 3]]) })); // prettier-ignore
    await write(uses(id, { days: new Map([[dayAgo(0), 2_000_000_000_000]]) }));
    expect(await usage(id, 3)).toEqual([
      { date: dayAgo(2), count: 0n },
      { date: dayAgo(1), count: 2n },
      { date: dayAgo(0), count: 2_000_000_000_003n },
    ]);
  });
  it('are shown for the days asked, those without any too', async () => {
    const { id } = await world.issued();
    expect(await usage(id, 1)).toEqual([{ date: dayAgo(0), count: 0n }]);
    expect((await usage(id, 90)).map(({ date }) => date)).toEqual(
      Array.from({ length: 90 }, (_, i) => dayAgo(89 - i)),
    );
  });
  it(`are kept for ${USAGE_DAYS_KEPT} days`, async () => {
    const { id } = await world.issued();
    const kept = () =>
      world.sql<{ ago: number }>(
        `SELECT (now() AT TIME ZONE 'UTC')::date - day AS ago FROM token_usage_days WHERE token_id = $1 ORDER BY 1`,
        [id],
      );
    await world.sql(
      `INSERT INTO token_usage_days SELECT $1, (now() AT TIME ZONE 'UTC')::date - ago, 1 FROM unnest('{1,89,90,200}'::integer[]) AS ago`,
      [id],
    );
    await write(uses(id));
    expect((await kept()).map(({ ago }) => ago)).toEqual([0, 1, 89]);
  });
});

describe('writing uses down', () => {
  it('drops those of a token whose row is gone, and writes the others', async () => {
    const there = await world.issued();
    const gone = await world.issued();
    await write(uses(gone.id));
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [gone.id]);
    await write(uses(gone.id), uses(there.id), uses(randomUUID()));
    expect(await lastUse(gone.id)).toBeUndefined();
    expect(await lastUse(there.id)).toBeDefined();
  });
  it('of none does nothing', async () => expect(await write()).toBeUndefined());
  it('takes 500 tokens in one call', async () => {
    const ids = await world.manyIssued(500);
    await write(...ids.map((id) => uses(id)));
    await write(...ids.map((id) => uses(id)));
    const last = await world.database.read((tx) => lastUsesOf(tx, ids));
    const days = await world.database.read((tx) => usageOf(tx, ids, 1));
    expect(last.size).toBe(500);
    expect(new Set([...days.values()].map(([today]) => today?.count))).toEqual(new Set([2n]));
  });
  it('of the same tokens by many processes in any order ends well', async () => {
    const ids = await world.manyIssued(300);
    const flush = (i: number) => {
      const seen = ids.map((id) => uses(id, { days: new Map([[dayAgo(i % 3), 1]]) }));
      return write(...(i % 2 === 0 ? seen : seen.reverse()));
    };
    await Promise.all(Array.from({ length: 8 }, (_, i) => flush(i)));
    const days = await world.database.read((tx) => usageOf(tx, ids, 3));
    for (const counts of days.values()) expect(counts.map(({ count }) => count)).toEqual([2n, 3n, 3n]);
  });
  it('of a token used before does not wait for whoever changes it', async () => {
    const { id } = await world.issued();
    await write(uses(id));
    await world.database.transaction(async (tx) => {
      const token = await lockToken(tx, id);
      await write(uses(id, { lastUsedAt: minute(1), days: new Map([[dayAgo(1), 1]]) }));
      if (token) await revokeToken(tx, token, grace, null);
    });
    expect(await lastUse(id)).toMatchObject({ at: minute(1) });
  });
  it('for the first time keeps the row from being purged until it is written', async () => {
    const { id } = await world.issued();
    let purged: Promise<unknown> | undefined;
    await world.database.transaction(async (tx) => {
      await recordUses(tx, [uses(id)]);
      purged = world.sql('DELETE FROM access_tokens WHERE id = $1', [id]);
      await untilWaitingFor(world, 'transactionid');
    });
    await purged;
    expect(await lastUse(id)).toBeUndefined();
  });
});
