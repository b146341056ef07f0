import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { lastUsesOf, usageOf, USES_WHOLE_SINCE } from '@tokenwarden/tokens';
import { unavailable } from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';
import { UseFlusher } from './use-flusher.js';
import { UseTally } from './use-tally.js';

let world: World;
let lines: { msg: string; count?: number }[];
let tally: UseTally;
let flusher: UseFlusher;
beforeEach(async () => {
  world = await World.open();
  lines = [];
  tally = new UseTally();
  flusher = flusherOf(tally, world.database);
});
afterEach(async () => {
  jest.useRealTimers();
  await world.close();
});

function flusherOf(waiting: UseTally, database: Database): UseFlusher {
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  };
  return new UseFlusher(waiting, database, new Logs({ level: 'info', destination }));
}

async function tokens(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, async () => (await world.issue()).id));
}

/** Uses of today, as they are written down; 0 where there are none. */
async function usesOf(...ids: string[]): Promise<number[]> {
  const usage = await world.database.read((tx) => usageOf(tx, ids, 1));
  return ids.map((id) => Number(usage.get(id)?.[0]?.count));
}
const lastUse = async (id: string) => (await world.database.read((tx) => lastUsesOf(tx, [id]))).get(id);
const use = (...ids: string[]) => {
  for (const id of ids) tally.count(id, new Date(), { from: '192.0.2.7', agent: 'curl/8' });
};

/** Somebody holds the table, so that a flush hangs in the middle. */
async function held(): Promise<{ release: () => Promise<void>; killOthers: () => Promise<void> }> {
  const holder = new Client({ connectionString: world.databaseUrl });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE token_usage_days IN ACCESS EXCLUSIVE MODE');
  const isWaitedFor = async () => {
    const found = await holder.query(
      "SELECT FROM pg_locks WHERE relation = 'token_usage_days'::regclass AND NOT granted",
    );
    return found.rowCount !== 0;
  };
  return {
    release: () => holder.end(),
    killOthers: async () => {
      while (!(await isWaitedFor()));
      await holder.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    },
  };
}

describe('a flush', () => {
  it('writes the last use and the count of the day, and nothing of it again', async () => {
    const [id = ''] = await tokens(1);
    const now = new Date();
    for (const agent of ['curl/8', `eyJhbGciOiJFUzI1NiJ9.${'x'.repeat(40)} \u0000`])
      tally.count(id, now, { from: '2001:db8::1', agent });
    await flusher.flush();
    await flusher.flush();
    expect(await lastUse(id)).toEqual({
      tokenId: id,
      at: now,
      from: '2001:db8::1',
      agent: '[redacted] \uFFFD',
    });
    expect(await usesOf(id)).toEqual([2]);
  });

  it('writes a thousand tokens in transactions of at most three hundred', async () => {
    const ids = await tokens(40);
    use(
      ...ids,
      ...Array.from({ length: 960 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`),
    );
    const written = jest.spyOn(world.database, 'transaction');
    await flusher.flush();
    expect([written.mock.calls.length, tally.size]).toEqual([4, 0]);
    expect(await usesOf(...ids)).toEqual(ids.map(() => 1));
  });

  it('shares its work with one that is asked for at the same time', async () => {
    const [id = ''] = await tokens(1);
    use(id);
    await Promise.all([flusher.flush(), flusher.flush()]);
    expect(await usesOf(id)).toEqual([1]);
  });

  it('drops uses of a token that is gone', async () => {
    const [id = ''] = await tokens(1);
    use(id);
    await world.sql('DELETE FROM access_tokens WHERE id = $1', [id]);
    await flusher.flush();
    expect([tally.size, await world.sql('SELECT FROM token_uses')]).toEqual([0, []]);
  });
});

describe('two processes', () => {
  it('add up, and the later use is the last one', async () => {
    const ids = await tokens(3);
    const [id = ''] = ids;
    const other = await openDatabase(world.databaseUrl);
    const theirs = new UseTally();
    const now = Date.now();
    for (const one of ids)
      for (let i = 0; i < 20; i++) {
        tally.count(one, new Date(now + 10), { agent: 'late' });
        theirs.count(one, new Date(now), { from: '192.0.2.8', agent: 'early' });
      }
    await Promise.all([flusher.flush(), flusherOf(theirs, other).flush()]);
    await other.close();
    expect(await usesOf(...ids)).toEqual([40, 40, 40]);
    expect(await lastUse(id)).toMatchObject({ at: new Date(now + 10), from: '192.0.2.8', agent: 'late' });
  });
});

describe('a flush that fails', () => {
  it('for its connection is killed keeps all of it, and the next writes it once with what came since', async () => {
    const [one = '', other = ''] = await tokens(2);
    use(one, one);
    const hold = await held();
    const failing = flusher.flush();
    use(one, other);
    await Promise.all([expect(failing).rejects.toMatchObject({ code: 'UNAVAILABLE' }), hold.killOthers()]);
    await hold.release();
    use(other);
    expect(tally.size).toBe(2);
    await flusher.flush();
    expect(await usesOf(one, other)).toEqual([3, 2]);
  });

  it('after some batches keeps the others only', async () => {
    const ids = (await tokens(40)).concat(
      Array.from({ length: 560 }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`),
    );
    use(...ids);
    const transaction = world.database.transaction.bind(world.database);
    const second = jest
      .spyOn(world.database, 'transaction')
      .mockImplementationOnce(transaction)
      .mockRejectedValueOnce(unavailable('gone'));
    await expect(flusher.flush()).rejects.toThrow();
    second.mockRestore();
    expect(tally.size).toBe(300);
    await flusher.flush();
    expect(await usesOf(...ids.slice(0, 40))).toEqual(Array(40).fill(1));
  });

  // A reply can be lost at the very moment of the commit only: nothing outside of the product can cut there.
  it('though it was written counts twice, and no more than that', async () => {
    const [id = ''] = await tokens(1);
    use(id);
    const transaction = world.database.transaction.bind(world.database);
    const lost = jest.spyOn(world.database, 'transaction').mockImplementationOnce(async (work) => {
      await transaction(work);
      throw unavailable('the reply was lost');
    });
    await expect(flusher.flush()).rejects.toThrow();
    lost.mockRestore();
    await flusher.flush();
    await flusher.flush();
    expect(await usesOf(id)).toEqual([2]);
  });
});

describe('a process', () => {
  const PERIOD = 10_000;
  const running = () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'Date', 'performance', 'queueMicrotask'] });
    flusher.onApplicationBootstrap();
  };
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
  };
  const written = async (...ids: string[]) => (await usesOf(...ids)).every((count) => count === 1);

  it('writes every ten seconds', async () => {
    const [one = '', other = ''] = await tokens(2);
    running();
    use(one);
    jest.advanceTimersByTime(PERIOD - 1);
    expect(tally.size).toBe(1);
    jest.advanceTimersByTime(1);
    await until(() => written(one));
    await flusher.flush(); // what was written is seen a moment before that flush is over
    await until(() => jest.getTimerCount() > 0);
    use(other);
    jest.advanceTimersByTime(PERIOD);
    await until(() => written(other));
    await flusher.beforeApplicationShutdown();
  });

  it('writes early when half of the room is taken', async () => {
    tally = new UseTally(4);
    flusher = flusherOf(tally, world.database);
    const [one = '', other = ''] = await tokens(2);
    flusher.onApplicationBootstrap();
    use(one, other);
    await until(() => written(one, other));
    await flusher.beforeApplicationShutdown();
  });

  it('tells of trouble once, and of dropped uses once', async () => {
    tally = new UseTally(2);
    flusher = flusherOf(tally, world.database);
    const ids = await tokens(5);
    const failing = jest.spyOn(world.database, 'transaction').mockRejectedValue(unavailable('gone'));
    running();
    for (let round = 1; round <= 3; round++) {
      use(...ids);
      jest.advanceTimersByTime(PERIOD);
      await until(() => jest.getTimerCount() > 0);
    }
    expect(lines.map(({ msg }) => msg)).toEqual([
      'The last uses of tokens could not be written down; they wait.',
      'So many tokens wait for their last use to be written down that uses of others are dropped.',
    ]);
    failing.mockRestore();
    await flusher.flush();
    await flusher.beforeApplicationShutdown();
    expect(await usesOf(...ids)).toEqual([3, 3, 3, 0, 0]); // the first one was under way while two more filled the tally
  });
});

describe('uses that were dropped', () => {
  it('begin the tracking of uses anew, once, before what is left is written', async () => {
    tally = new UseTally(2);
    flusher = flusherOf(tally, world.database);
    const since = () =>
      world.database.read((tx) =>
        rows<{ at: Date }>(tx, USES_WHOLE_SINCE.replace('whole_since', 'whole_since AS at')),
      );
    const [before] = await since();
    use(...(await tokens(2)));
    await flusher.flush();
    expect(await since()).toEqual([before]);
    use(...(await tokens(3)));
    const dropped = new Date();
    await flusher.flush();
    const [after] = await since();
    expect(after?.at.getTime()).toBeGreaterThanOrEqual(dropped.getTime());
    await flusher.flush();
    expect(await since()).toEqual([after]);
  });
});

describe('at a stop', () => {
  it('everything is written that was used, while the server closed too', async () => {
    const [one = '', other = ''] = await tokens(2);
    flusher.onApplicationBootstrap();
    use(one);
    await flusher.beforeApplicationShutdown();
    expect(await usesOf(one)).toEqual([1]);
    use(other);
    await flusher.onApplicationShutdown();
    expect([await usesOf(other), lines]).toEqual([[1], []]);
  });

  it('a database that hangs holds it up for three seconds, and what is lost is said', async () => {
    use(...(await tokens(2)));
    const hold = await held();
    const began = performance.now();
    await flusher.beforeApplicationShutdown();
    await flusher.onApplicationShutdown();
    expect(performance.now() - began).toBeLessThan(15_000); // the batch itself may take 30 s
    expect(lines).toMatchObject([{ count: 2 }]);
    await hold.release();
  });
});
