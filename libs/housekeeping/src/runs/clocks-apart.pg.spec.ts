import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keptTokensForSpecs } from '../../test/kept-tokens.js';
import { BY_HAND, DRY } from '../../test/running-housekeeping.js';
import { idle, purge, warn } from '../../test/tasks-by-policy.js';

const kept = keptTokensForSpecs();
const FUNCTIONS = ['clock_timestamp', 'statement_timestamp', 'now', 'transaction_timestamp'];

/** Whoever connects from here on sees a clock that is so far ahead. */
const setAhead = (interval: string) => kept.sql('UPDATE wrong.clock SET ahead = $1::interval', [interval]);
const database = async () =>
  (await kept.sql<{ name: string }>('SELECT current_database() AS name'))[0]?.name ?? '';

beforeEach(async () => {
  await kept.sql('CREATE SCHEMA wrong');
  await kept.sql(`CREATE TABLE wrong.clock AS SELECT interval '0' AS ahead`);
  for (const name of FUNCTIONS) {
    await kept.sql(`CREATE FUNCTION wrong.${name}() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      $$ SELECT pg_catalog.${name}() + ahead FROM wrong.clock $$`);
  }
  await kept.sql(`ALTER DATABASE "${await database()}" SET search_path = wrong, public, pg_catalog`);
});
afterEach(async () => {
  await kept.sql(`ALTER DATABASE "${await database()}" RESET search_path`);
  await setAhead('0');
  await kept.forget();
  await kept.sql('DROP SCHEMA wrong CASCADE');
});

const FAILED = (words: string) => ({
  state: 'FAILED',
  affected: 0,
  error: expect.stringContaining(`The database's clock is about ${words} the clock of this process`),
});

describe('while the clocks are apart', () => {
  it.each(['365 days', '-365 days'])('PURGE removes nothing: the database is at %s', async (interval) => {
    const ids = [
      ...(await kept.tokens(2, { ends: '-200 days' })),
      ...(await kept.tokens(2, { ends: '1 day' })),
      ...(await kept.tokens(2, { ends: '200 days', created: '300 days' })),
    ];
    const one = await kept.another(purge);
    await setAhead(interval);
    const failed = FAILED(interval.startsWith('-') ? '365 days behind' : '365 days ahead of');
    expect(await kept.run(one)).toMatchObject(failed);
    expect(await kept.run(one, DRY)).toMatchObject(failed);
    expect(await kept.areThere(ids)).toEqual(ids.map(() => true));
  });

  it('a moment that seems to be missed removes nothing, and is made up for once they are right', async () => {
    const [live, old] = [
      await kept.tokens(2, { ends: '-200 days' }),
      await kept.tokens(2, { ends: '200 days', created: '300 days' }),
    ];
    const one = await kept.another(purge);
    await setAhead('365 days');
    await one.scheduler.look();
    await one.runs.beforeApplicationShutdown();
    expect(await kept.story('PURGE')).toEqual(['CATCH_UP FAILED']);
    expect(await kept.areThere([...live, ...old])).toEqual([true, true, true, true]);
    await setAhead('0');
    const another = await kept.another(purge);
    await another.scheduler.look();
    const [run] = await kept.sql<{ id: string }>(
      `SELECT id FROM housekeeping_runs ORDER BY fence DESC LIMIT 1`,
    );
    expect(run).toBeDefined();
    await kept.run(another);
    expect(await kept.areThere([...live, ...old])).toEqual([true, true, false, false]);
  });

  it.each([
    ['6 seconds', 'FAILED'],
    ['4 seconds', 'SUCCEEDED'],
  ])('by %s, a run is %s', async (interval, state) => {
    const one = await kept.another(purge);
    await setAhead(interval);
    expect(await kept.run(one)).toMatchObject({ state });
  });

  it('IDLE_REVOCATION marks and revokes nothing', async () => {
    await kept.setPolicy('idleRevocation', { after: 'PT1H' });
    await kept.sql(`UPDATE use_tracking SET whole_since = clock_timestamp() - interval '9 hours'`);
    await kept.tokens(2, { ends: '-500 days' });
    const one = await kept.another(idle);
    await setAhead('365 days');
    expect(await kept.run(one)).toMatchObject(FAILED('365 days ahead of'));
    expect(await kept.run(one, DRY)).toMatchObject(FAILED('365 days ahead of'));
    expect(await kept.sql('SELECT FROM token_warnings')).toEqual([]);
  });

  it('EXPIRY_WARNINGS decides nothing', async () => {
    await kept.tokens(2, { ends: '-370 days', created: '100 days' });
    const one = await kept.another(warn);
    await setAhead('365 days');
    expect(await kept.run(one)).toMatchObject(FAILED('365 days ahead of'));
    expect(await kept.run(one, DRY)).toMatchObject(FAILED('365 days ahead of'));
    expect(await kept.sql('SELECT FROM token_warnings')).toEqual([]);
  });
});

// Farther ahead it would lose its place: its hold on the task is over by such a clock.
describe('a clock that is set wrong while a run is at it', () => {
  it.each([
    ['PURGE', purge, { ends: '200 days', created: '300 days' }],
    ['EXPIRY_WARNINGS', warn, { ends: '-5 days', created: '300 days' }],
  ] as const)('ends %s before its next step, and what was done is told', async (name, task, token) => {
    for (let tokens = 0; tokens < 3; tokens += 1) await kept.tokens(2_000, token);
    const one = await kept.another(task);
    const { ended } = await one.runs.begin(name, BY_HAND, (context) =>
      one.task.run({
        ...context,
        write: async (work) => {
          const written = await context.write(work);
          await setAhead('30 seconds');
          return written;
        },
      }),
    );
    const { state, affected, error } = await ended;
    expect({ state, error }).toMatchObject({
      state: 'FAILED',
      error: expect.stringContaining('30 seconds ahead of'),
    });
    expect(affected).toBeGreaterThan(0);
    expect(affected).toBeLessThan(6_000);
    const done = name === 'PURGE' ? 6_000 - (await kept.count()) : (await kept.events('token.warned')).length;
    expect(affected).toBe(done);
  });
});
