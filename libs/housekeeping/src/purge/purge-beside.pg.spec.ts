import { afterEach, describe, expect, it } from '@jest/globals';
import { openDatabase, rows, type Database, type Transaction } from '@tokenwarden/database';
import {
  capTokens,
  holdAllTokens,
  holdOffBulkRevocations,
  lockToken,
  recordUses,
  revokeMany,
  revokeToken,
  writeWaitingCapSet,
  writeWaitingSet,
} from '@tokenwarden/tokens';
import { SYSTEM, wholeSecond } from '@tokenwarden/vocabulary';
import { until } from '../../../../test/harness/index.js';
import { keptTokensForSpecs } from '../../test/kept-tokens.js';
import { Gate } from '../../test/running-housekeeping.js';
import { PurgeTask } from './purge.task.js';

const kept = keptTokensForSpecs();
const keeper = () => kept.another((database) => new PurgeTask(database));
const opened: Database[] = [];

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

/** Connections of somebody else's. */
async function somebody(): Promise<Database> {
  const database = await openDatabase(kept.server.url);
  opened.push(database);
  return database;
}

/** A transaction of somebody else that has done this and stays open until it is told to end. */
async function holding(work: (tx: Transaction) => Promise<unknown>): Promise<{ end: () => Promise<void> }> {
  const database = await somebody();
  const gate = new Gate();
  const held = database.transaction(
    async (tx) => {
      await work(tx);
      await gate.pass();
    },
    { withinSeconds: 60 },
  );
  await gate.reached;
  return {
    end: async () => {
      gate.open();
      await held;
    },
  };
}

const lockRow = (table: string, column: string, id: string) => (tx: Transaction) =>
  rows(tx, `SELECT FROM ${table} WHERE ${column} = $1 FOR NO KEY UPDATE`, [id]);

const theseIds = (ids: readonly string[]) => ({ sql: 'SELECT unnest($1::uuid[])', parameters: [ids] });

/** Waits until so many tokens ended more than a second ago. */
async function untilOver(count: number): Promise<void> {
  const over = () =>
    kept.sql(`SELECT FROM access_tokens WHERE ends_at < clock_timestamp() - interval '1.1 seconds'`);
  await until(async () => (await over()).length === count);
}

describe('a token that somebody holds', () => {
  it.each<[string, (id: string, successor: string) => (tx: Transaction) => Promise<unknown>]>([
    ['itself', (id) => lockRow('access_tokens', 'id', id)],
    [
      'because a row refers to it that is being written',
      (id) => (tx) => rows(tx, 'SELECT FROM access_tokens WHERE id = $1 FOR KEY SHARE', [id]),
    ],
    ['by its successor', (_, successor) => lockRow('access_tokens', 'id', successor)],
    ['by its uses', (id) => lockRow('token_uses', 'token_id', id)],
  ])('%s, is passed over without waiting, said, and removed by the next run', async (_, hold) => {
    const [id = '', ...others] = await kept.tokens(5, { ends: '91 days', used: '95 days' });
    const successor = await kept.token({ predecessorId: id });
    const held = await holding(hold(id, successor));
    expect(await kept.run(await keeper())).toMatchObject({
      state: 'SUCCEEDED',
      affected: 4,
      details: { left: 1 },
    });
    expect(await kept.areThere([id, ...others])).toEqual([true, false, false, false, false]);
    await held.end();
    const next = await kept.run(await keeper());
    expect(next).toMatchObject({ state: 'SUCCEEDED', affected: 1 });
    expect(next.details).not.toHaveProperty('left');
    expect(await kept.events('token.purged')).toHaveLength(5);
  });

  it('for a moment, is removed by the same run', async () => {
    const ids = await kept.tokens(3, { ends: '91 days' });
    const held = await holding(lockRow('access_tokens', 'id', ids[0] ?? ''));
    const run = kept.run(await keeper());
    await until(async () => (await kept.count()) === 1);
    await held.end();
    expect(await run).toMatchObject({ state: 'SUCCEEDED', affected: 3 });
  });
});

describe('a batch that storage did not let through', () => {
  it('is done again: where somebody waits for its token and it for theirs, both come through', async () => {
    const [id = ''] = await kept.tokens(3, { ends: '91 days' });
    await kept.sql(
      `INSERT INTO token_warnings (token_id, kind, threshold_seconds, decided_at) VALUES ($1, 'IDLE', 60, now())`,
      [id],
    );
    const gate = new Gate();
    const other = (await somebody()).transaction(async (tx) => {
      await lockRow('token_warnings', 'token_id', id)(tx);
      await gate.pass();
      await rows(tx, 'SELECT FROM access_tokens WHERE id = $1 FOR KEY SHARE', [id]);
    });
    await gate.reached;
    const run = kept.run(await keeper());
    await until(
      async () =>
        (await kept.sql(`SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`)).length > 0,
    );
    gate.open();
    await other.catch(() => undefined); // one of the two is told to begin again
    expect(await run).toMatchObject({ state: 'SUCCEEDED', affected: 3 });
    expect(await kept.events('token.purged')).toHaveLength(3);
  });

  it('is done again: where it waited for a lock for too long', async () => {
    const [id = ''] = await kept.tokens(3, { ends: '91 days' });
    await kept.sql(
      `INSERT INTO token_warnings (token_id, kind, threshold_seconds, decided_at) VALUES ($1, 'IDLE', 60, now())`,
      [id],
    );
    const held = await holding(lockRow('token_warnings', 'token_id', id));
    let refusals = 0;
    const instance = await keeper();
    const run = kept.run(instance, {}, (context) =>
      instance.task.run({
        ...context,
        write: (work) =>
          context.write(work).catch((error: unknown) => {
            refusals += 1;
            throw error;
          }),
      }),
    );
    await until(() => refusals > 0);
    await held.end();
    expect(await run).toMatchObject({ state: 'SUCCEEDED', affected: 3 });
    expect(await kept.events('token.purged')).toHaveLength(3);
  });
});

describe('a bulk revocation whose rows are still to be written', () => {
  it('keeps its tokens until each has its own event, however short the policy is', async () => {
    await kept.setPolicy('purge', { after: 'PT1S' });
    const ids = await kept.tokens(3, { ends: '-2 seconds' });
    const database = await somebody();
    await database.transaction((tx) =>
      revokeMany(tx, theseIds(ids), { by: SYSTEM, reason: 'leak', details: {} }),
    );
    await untilOver(ids.length);
    expect(await kept.run(await keeper())).toMatchObject({ affected: 0, details: { left: 3 } });
    await database.transaction(writeWaitingSet);
    expect(await kept.run(await keeper())).toMatchObject({ affected: 3 });
    expect(await kept.events('token.revoked')).toHaveLength(3);
  });

  it('is not missed where it commits while a run is at it: the batch waits for it', async () => {
    await kept.setPolicy('purge', { after: 'PT1S' });
    const ids = await kept.tokens(3, { ends: '-1 second' });
    const revoking = await holding(async (tx) => {
      await holdAllTokens(tx);
      await revokeMany(tx, theseIds(ids), { by: SYSTEM, reason: 'leak', details: {} });
    });
    await untilOver(ids.length);
    const run = kept.run(await keeper());
    await until(
      async () =>
        (await kept.sql(`SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory'`)).length > 0,
    );
    await revoking.end();
    expect(await run).toMatchObject({ affected: 0, details: { left: 3 } });
  });
});

describe('a cap whose rows are still to be written', () => {
  it('keeps its tokens until each has its own event', async () => {
    await kept.setPolicy('purge', { after: 'PT1S' });
    const ids = await kept.tokens(3, { created: '1 hour', ends: '-2 seconds' });
    const database = await somebody();
    const capped = await database.transaction((tx) =>
      capTokens(tx, {
        ...{ by: SYSTEM, reason: null, policyVersion: 1, enforceFrom: wholeSecond(new Date()) },
        maxima: { interactive: 60 },
      }),
    );
    expect(capped).toBe(3);
    await untilOver(ids.length);
    expect(await kept.run(await keeper())).toMatchObject({ affected: 0, details: { left: 3 } });
    while (await database.transaction(writeWaitingCapSet)) continue;
    expect(await kept.run(await keeper())).toMatchObject({ affected: 3 });
    expect(await kept.events('token.capped')).toHaveLength(3);
  });
});

describe('a purge beside all that is done to tokens', () => {
  it('removes what is due once, and nobody stands in a circle with it', async () => {
    const due = await kept.tokens(2_000, { ends: '91 days', used: '92 days' });
    const live = await successorsOf(due);
    const database = await somebody();
    const trouble: unknown[] = [];
    let isOver = false;
    const some = (ids: readonly string[], count: number) =>
      Array.from({ length: count }, () => ids[Math.floor(Math.random() * ids.length)] ?? '');
    const again = async (work: () => Promise<unknown>) => {
      while (!isOver) await work().catch((error: unknown) => trouble.push(error));
    };
    const use = () =>
      database.transaction((tx) =>
        recordUses(
          tx,
          [...new Set([...some(due, 20), ...some(live, 20)])].map((tokenId) => ({
            ...{ tokenId, lastUsedAt: new Date(), from: undefined, agent: undefined },
            days: new Map([['2026-11-24', 1]]),
          })),
        ),
      );
    const revoke = () =>
      database.transaction(async (tx) => {
        await holdOffBulkRevocations(tx);
        for (const id of some(live, 5).sort()) {
          const token = await lockToken(tx, id);
          if (token) await revokeToken(tx, token, SYSTEM, null);
        }
      });
    const others = [again(use), again(use), again(revoke), again(() => kept.token({ userId: kept.userId }))];
    const run = await kept.run(await keeper());
    isOver = true;
    await Promise.all(others);
    expect(run).toMatchObject({ state: 'SUCCEEDED' });
    await kept.run(await keeper());
    const told = (await kept.events('token.purged')).map(({ target_id }) => target_id).sort();
    expect(told).toEqual(due);
    expect((await kept.areThere(live)).every(Boolean)).toBe(true);
    // A use of a token that goes in this very moment is written with the next time; nothing else is refused.
    expect(trouble.map(codeOf).filter((code) => code !== FOREIGN_KEY)).toEqual([]);
  });
});

const FOREIGN_KEY = '23503';

function codeOf(error: unknown): unknown {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return cause?.code ?? code;
}

/** A live successor of each of these tokens, by one statement. */
async function successorsOf(ids: readonly string[]): Promise<string[]> {
  const one = await kept.token();
  const made = await kept.sql<{ id: string }>(
    `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by, expires_at, ends_at, predecessor_id)
     SELECT gen_random_uuid(), t.kind, t.user_id, t.name, t.search_text, t.profile, t.audiences, t.issuer, t.kid, t.created_at, t.created_by, t.expires_at, t.ends_at, of.id
     FROM access_tokens t, unnest($2::uuid[]) AS of (id) WHERE t.id = $1 RETURNING id`,
    [one, ids],
  );
  return made.map(({ id }) => id).sort();
}
