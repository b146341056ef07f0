import { describe, expect, it } from '@jest/globals';
import { openDatabase, rows } from '@tokenwarden/database';
import { readSettings } from '@tokenwarden/settings';
import { databaseForSpecs } from '../../../../test/harness/index.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

const settings = readSettings({ ADMIN_GROUPS: 'nobody-here' });

const fresh = databaseForSpecs();

function started(database = fresh.database): HealthController {
  const readiness = new Readiness(database, settings);
  readiness.started();
  return new HealthController(settings, readiness);
}

describe('the warnings of a product that is ready', () => {
  it('are what somebody should look at', async () => {
    const { status, warnings } = await started().ready();
    expect(status).toBe('ready');
    expect(warnings).toContain('ADMIN_GROUPS: "nobody-here" is no group of the directory.');
  });

  it('do not make it unready where they cannot be read, and are there again afterwards', async () => {
    const health = started();
    await whileLocked('administrator_groups', async () => {
      const { status, warnings } = await health.ready();
      expect(status).toBe('ready');
      expect(warnings).toEqual([expect.stringContaining('The warnings could not be read')]);
    });
    await untilWarnedOf(health, 'is no group of the directory');
  });

  it('are read once a second, however many ask', async () => {
    const health = started();
    await whileLocked('administrator_groups', async () => {
      await Promise.all(Array.from({ length: 50 }, () => health.ready()));
      expect(await waiting()).toBeLessThanOrEqual(2);
    });
  });
});

describe('a product whose database has another clock', () => {
  it.each([
    ['6 seconds', '6 seconds ahead of'],
    ['-1 hour', '60 minutes behind'],
  ])('by %s, is not ready and names it', async (interval, words) => {
    const sql = (text: string) => fresh.database.read((tx) => rows<{ name: string }>(tx, text));
    const [{ name } = { name: '' }] = await sql('SELECT current_database() AS name');
    await sql('CREATE SCHEMA wrong');
    await sql(`CREATE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      $$ SELECT pg_catalog.clock_timestamp() + interval '${interval}' $$`);
    await sql(`ALTER DATABASE "${name}" SET search_path = wrong, public, pg_catalog`);
    const wrong = await openDatabase(fresh.url, { applicationName: 'wrong' });
    try {
      await expect(started(wrong).ready()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(`The database's clock is about ${words} the clock of this process`),
      });
    } finally {
      await wrong.close();
      await sql(`ALTER DATABASE "${name}" RESET search_path`);
      await sql('DROP SCHEMA wrong CASCADE');
    }
  });
});

async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
  await fresh.database.transaction(async (tx) => {
    await rows(tx, `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await work();
  });
}

async function waiting(): Promise<number> {
  const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  return (await fresh.database.read((tx) => rows<{ n: number }>(tx, sql)))[0]?.n ?? 0;
}

async function untilWarnedOf(health: HealthController, words: string): Promise<void> {
  const began = performance.now();
  for (;;) {
    const { warnings } = await health.ready();
    if (warnings.some((warning) => warning.includes(words))) return;
    if (performance.now() - began > 10_000)
      throw new Error(`Still no warning with "${words}": ${warnings.join(' ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
