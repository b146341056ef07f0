import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Transaction } from '@tokenwarden/database';
import { World } from '../test/world.js';
import { purgePage } from './purging.js';
import { BEFORE_ALL, purgeTokens, type EndedBy, type TokenCondition } from './purging.queries.js';

let world: World;
beforeAll(async () => {
  world = await World.begin();
});
afterAll(async () => {
  await world?.end();
});

const LONG_AGO = new Date('2020-01-01T00:00:00Z');
const endedBefore = (at: Date): TokenCondition => ({ sql: 't.ends_at < $1::timestamptz', parameters: [at] });
const pageOf = (by: EndedBy, before: Date, most = 10) => ({ by, before, behind: BEFORE_ALL, most });

/** Tokens that ended at this moment, without events. */
async function ended(count: number, at: string): Promise<string[]> {
  const ids = await world.manyIssued(count);
  await world.sql(
    `UPDATE access_tokens SET created_at = $2::timestamptz - interval '1 day', expires_at = $2, ends_at = $2 WHERE id = ANY ($1::uuid[])`,
    [ids, at],
  );
  return ids;
}

describe('a page of a purge', () => {
  it('ends where it has removed as many as it may, and the next one begins behind it', async () => {
    const ids = await ended(5, '2019-06-01T00:00:00Z');
    const removed: number[] = [];
    let page = { ...pageOf('ends_at', LONG_AGO, 2) };
    for (;;) {
      const { purged, next } = await world.database.transaction((tx) =>
        purgePage(tx, page, endedBefore(LONG_AGO), { isHeld: removed.length === 1 }),
      );
      removed.push(purged);
      if (next === null) break;
      page = { ...page, behind: next };
    }
    expect(removed).toEqual([2, 2, 1]);
    const actions = await Promise.all(ids.map((id) => world.actionsOf(id)));
    expect(actions).toEqual(ids.map(() => ['token.purged']));
  });

  it.each([false, true])('keeps what the condition does not name, whatever the page says', async (isHeld) => {
    const [id = ''] = await ended(1, '2019-06-01T00:00:00Z');
    for (const sql of ['false', 'NULL::boolean', `t.revoked_at < $1::timestamptz`]) {
      const condition = { sql: `${sql} AND $1::timestamptz IS NOT NULL`, parameters: [LONG_AGO] };
      const page = await world.database.transaction((tx) =>
        purgePage(tx, pageOf('ends_at', LONG_AGO), condition, { isHeld }),
      );
      expect(page.purged).toBe(0);
      expect(await world.database.transaction((tx) => purgeTokens(tx, [id], condition))).toEqual({
        purged: 0,
        passedOver: [],
      });
    }
    const moment = new Date('2019-06-01T00:00:00Z');
    expect(
      await world.database.transaction((tx) => purgeTokens(tx, [id], endedBefore(moment))),
    ).toMatchObject({ purged: 0 });
    const later = new Date(moment.getTime() + 1);
    expect(await world.database.transaction((tx) => purgeTokens(tx, [id], endedBefore(later)))).toMatchObject(
      {
        purged: 1,
      },
    );
  });

  it.each<[EndedBy, string]>([
    ['ends_at', 'access_tokens_by_end'],
    ['revoked_at', 'access_tokens_by_revocation'],
  ])('is found by its index, by %s', async (by, index) => {
    const ids = await world.manyIssued(5_000);
    await world.sql(
      `UPDATE access_tokens SET revoked_at = clock_timestamp(), revoked_by = '{}' WHERE id = ANY ($1::uuid[])`,
      [ids.slice(0, 1_000)],
    );
    await world.sql('ANALYZE access_tokens');
    const isDue = {
      sql: 't.ends_at < $1::timestamptz OR t.revoked_at < $1::timestamptz',
      parameters: [LONG_AGO],
    };
    for (const isHeld of [false, true]) {
      const plan = await planOf((tx) => purgePage(tx, pageOf(by, LONG_AGO), isDue, { isHeld }));
      expect(plan).toContain(`"Index Name":"${index}"`);
      expect(plan).toContain('"Node Type":"Tid Scan"');
      expect(plan).not.toMatch(/"Node Type":"(BitmapOr|Seq Scan)"[^{}]*"access_tokens"/);
    }
  });
});

/** What Postgres would do for the statement that removes. */
async function planOf(work: (tx: Transaction) => Promise<unknown>): Promise<string> {
  let plan = '';
  await world.database.transaction(async (tx) => {
    const explaining = Object.create(tx) as Transaction;
    explaining.query = async <T>(sql: string, parameters?: unknown[]) => {
      if (sql.startsWith('WITH'))
        plan += JSON.stringify(await tx.query(`EXPLAIN (FORMAT JSON) ${sql}`, parameters));
      return (await tx.query(sql, parameters)) as T;
    };
    await work(explaining);
  });
  return plan;
}
