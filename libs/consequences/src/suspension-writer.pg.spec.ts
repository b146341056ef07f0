import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { until, World } from '../test/world.js';

const MANY = 2_400;
const AT_ONCE = 300;

let world: World;
let grace: string;
let ids: string[];
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.begin();
  [grace = ''] = await world.adds(1);
  ids = await world.tokens(MANY, grace);
});
afterEach(() => world.expectOthersSpared());

const disable = (...users: string[]) => {
  world.says(users, false);
  return world.sync();
};
const written = async () =>
  (await world.rows(ids)).filter(({ suspended_at }) => suspended_at !== null).length;
const isWhole = async () => (await written()) === ids.length && (await world.waiting()).length === 0;
async function started(applicationName?: string) {
  const process = await world.process(applicationName);
  process.writer.onApplicationBootstrap();
  return process;
}
async function expectWholeTrail(): Promise<void> {
  expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([1]);
  expect(await world.events('token.suspended')).toHaveLength(ids.length);
}
const WAITS_FOR_A_ROW = `SELECT FROM pg_stat_activity WHERE application_name = 'killed' AND wait_event_type = 'Lock'`;

describe('the writer', () => {
  it('finds by itself what was decided, writes it in transactions of three hundred, and says so once', async () => {
    const { lines } = await started();
    expect((await disable(grace)).suspendedTokens).toBe(MANY);
    await until(isWhole);
    await until(() => lines.length > 0);
    await expectWholeTrail();
    expect(lines).toEqual([expect.objectContaining({ level: 'info', count: MANY })]);
    const sizes = await world.sql<{ size: number }>(
      `SELECT DISTINCT cardinality(subject_ids) AS size FROM changes WHERE kind = 'token'`,
    );
    expect(sizes).toEqual([{ size: AT_ONCE }]);
  });

  it('takes up what a process left that was killed in the middle, and suspends nothing twice', async () => {
    await disable(grace);
    const killed = await world.process('killed');
    await world.whileLocked('access_tokens', 'id', ids[1_000] ?? '', async () => {
      killed.writer.onApplicationBootstrap();
      await until(async () => (await world.sql(WAITS_FOR_A_ROW)).length > 0);
      const stopped = killed.writer.beforeApplicationShutdown();
      await world.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed'`,
      );
      await stopped;
    });
    const left = await written();
    expect(left).toBe(Math.floor(1_000 / AT_ONCE) * AT_ONCE);
    expect(await world.waiting()).toEqual([grace]);
    await started();
    await until(isWhole);
    await expectWholeTrail();
  });

  it('of several processes write together, each token once', async () => {
    const others = await world.adds(5);
    for (const other of others) ids.push(...(await world.tokens(300, other)));
    await disable(grace, ...others);
    await Promise.all([1, 2, 3, 4].map(() => started()));
    await until(isWhole);
    await expectWholeTrail();
  });

  it('writes what is left of very many users who have little each', async () => {
    const others = await world.adds(250);
    for (const other of others) ids.push(...(await world.tokens(2, other)));
    await disable(grace, ...others);
    await started();
    await until(isWhole);
    await expectWholeTrail();
  });

  it('stops at shutdown after the transaction under way, and leaves the rest to the next start', async () => {
    await disable(grace);
    const { writer } = await started();
    await until(async () => (await written()) > 0);
    await writer.beforeApplicationShutdown();
    const before = await written();
    expect(before).toBeLessThan(MANY);
    expect(before % AT_ONCE).toBe(0);
    await started();
    await until(isWhole);
    await expectWholeTrail();
  });

  it('says once that it cannot write, and goes on when it can', async () => {
    await disable(grace);
    await world.sql('ALTER TABLE waiting_suspensions RENAME TO gone');
    const { database, writer, lines } = await world.process();
    const attempts = jest.spyOn(database, 'read');
    writer.onApplicationBootstrap();
    await until(() => attempts.mock.calls.length >= 3);
    await world.sql('ALTER TABLE gone RENAME TO waiting_suspensions');
    await until(isWhole);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    await expectWholeTrail();
  });

  it('forgets a user whose last ACTIVE token is gone before it comes to them', async () => {
    await disable(grace);
    await world.sql('UPDATE access_tokens SET ends_at = created_at + $1::interval WHERE principal_id = $2', [
      '0 seconds',
      grace,
    ]);
    await started();
    await until(async () => (await world.waiting()).length === 0);
    expect(await written()).toBe(0);
  });
});

describe('a user whom somebody else has in hand', () => {
  it('is left to them, and nobody waits', async () => {
    await disable(grace);
    await world.whileLocked('waiting_suspensions', 'user_id', grace, async () => {
      const { database, writer } = await world.process();
      const looks = jest.spyOn(database, 'transaction');
      writer.onApplicationBootstrap();
      await until(() => looks.mock.calls.length > 0);
      await looks.mock.results[0]?.value;
      await writer.beforeApplicationShutdown();
      expect(await written()).toBe(0);
    });
    await started();
    await until(isWhole);
  });

  it('is enabled in that transaction: then nothing more is written, though it was looked up before', async () => {
    await disable(grace);
    const { writer } = await world.process('killed');
    // The writer has looked up what to write, and waits for the first token of the next three hundred.
    await world.database.transaction(
      async (tx) => {
        await tx.query('SELECT FROM access_tokens WHERE id = $1 FOR UPDATE', [ids[400]]);
        writer.onApplicationBootstrap();
        await until(async () => (await world.sql(WAITS_FOR_A_ROW)).length > 0);
      },
      { withinSeconds: 30 },
    );
    world.says([grace], true);
    await world.sync();
    await world.sql('UPDATE access_tokens SET suspended_at = NULL, suspended_by = NULL');
    await until(async () => (await world.sql(WAITS_FOR_A_ROW)).length === 0);
    await writer.beforeApplicationShutdown();
    expect(await written()).toBe(0);
    expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([1]);
  });
});
