import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { holdAllTokens, revokeMany } from '@tokenwarden/tokens';
import { until } from '../../../test/harness/index.js';
import { forgetWritten } from './waiting-suspensions.js';
import { ada, theseIds, worldForSpecs } from '../test/world.js';

const MANY = 1_500; // five transactions
const AT_ONCE = 300;

const world = worldForSpecs();
let grace: string;
let ids: string[];
beforeEach(async () => {
  [grace = ''] = await world.adds(1);
  ids = await world.tokens(MANY, grace);
});

const disable = (...users: string[]) => {
  world.says(users, false);
  return world.sync();
};
const written = async () => {
  const sql = 'SELECT count(*)::integer AS count FROM access_tokens WHERE suspended_at IS NOT NULL';
  return (await world.sql<{ count: number }>(sql))[0]?.count ?? 0;
};
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
const WAITS = `SELECT FROM pg_stat_activity WHERE application_name = 'killed' AND wait_event_type = 'Lock'`;

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
    await world.whileLocked('access_tokens', 'id', ids[800] ?? '', async () => {
      killed.writer.onApplicationBootstrap();
      await until(async () => (await world.sql(WAITS)).length > 0);
      const stopped = killed.writer.beforeApplicationShutdown();
      await world.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed'`,
      );
      await stopped;
    });
    const left = await written();
    expect(left).toBe(Math.floor(800 / AT_ONCE) * AT_ONCE);
    expect(await world.waiting()).toEqual([grace]);
    await started();
    await until(isWhole);
    await expectWholeTrail();
  });

  it('of several processes write together, each token once', async () => {
    const others = await world.adds(5);
    for (const other of others) ids.push(...(await world.tokens(150, other)));
    await disable(grace, ...others);
    await Promise.all([1, 2, 3, 4].map(() => started()));
    await until(isWhole);
    await expectWholeTrail();
  });

  it('writes what is left of very many users who have little each', async () => {
    const others = await world.adds(150);
    for (const other of others) ids.push(...(await world.tokens(1, other)));
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
  it('is left to them, and nobody waits: those of others are written', async () => {
    const [linus = ''] = await world.adds(1);
    const others = await world.tokens(10, linus);
    await disable(grace, linus);
    await world.whileLocked('waiting_suspensions', 'user_id', grace, async () => {
      const { writer } = await started();
      await until(async () => (await world.waiting()).length === 1);
      await writer.beforeApplicationShutdown();
    });
    const hit = await world.sql('SELECT FROM access_tokens WHERE suspended_at IS NOT NULL AND user_id = $1', [
      linus,
    ]);
    expect([hit.length, await written()]).toEqual([others.length, others.length]);
    ids.push(...others);
    await started();
    await until(isWhole);
    await expectWholeTrail();
  });

  it('is not forgotten before the last of their tokens is written', async () => {
    await disable(grace);
    expect(await world.database.transaction((tx) => forgetWritten(tx, [grace]))).toBe(0);
    expect(await world.waiting()).toEqual([grace]);
  });

  it('is enabled in that transaction: then nothing more is written, though it was looked up before', async () => {
    await disable(grace);
    const { writer } = await world.process('killed');
    // The writer has looked up what to write, and waits for the first token of the next three hundred.
    await world.database.transaction(
      async (tx) => {
        await tx.query('SELECT FROM access_tokens WHERE id = $1 FOR UPDATE', [ids[400]]);
        writer.onApplicationBootstrap();
        await until(async () => (await world.sql(WAITS)).length > 0);
      },
      { withinSeconds: 30 },
    );
    world.says([grace], true);
    await world.sync();
    await world.sql('UPDATE access_tokens SET suspended_at = NULL, suspended_by = NULL');
    await until(async () => (await world.sql(WAITS)).length === 0);
    await writer.beforeApplicationShutdown();
    expect(await written()).toBe(0);
    expect(await world.eventsOfEach(ids, 'token.suspended')).toEqual([1]);
  });
});

describe('a bulk revocation at the same time', () => {
  it('comes before what is written or behind it, whole: nothing is suspended that it has revoked', async () => {
    await disable(grace);
    const [leaked = ''] = ids;
    const { writer } = await world.process('killed');
    await world.database.transaction(
      async (tx) => {
        await holdAllTokens(tx);
        writer.onApplicationBootstrap();
        await until(async () => (await world.sql(WAITS)).length > 0);
        await revokeMany(tx, theseIds([leaked]), { by: ada, reason: 'leak', details: {} });
      },
      { withinSeconds: 30 },
    );
    await until(async () => (await world.waiting()).length === 0);
    expect(await written()).toBe(MANY - 1);
    expect(await world.eventsOfEach([leaked], 'token.suspended')).toEqual([0]);
  });
});
