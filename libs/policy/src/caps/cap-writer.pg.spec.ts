import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { capTokens, holdAllTokens } from '@tokenwarden/tokens';
import { SYSTEM, wholeSecond } from '@tokenwarden/vocabulary';
import { freshDatabase, until, type TestDatabase } from '../../../../test/harness/index.js';
import { ensureFirstPolicy } from '../policy.service.js';
import { CapWriter } from './cap-writer.js';

const MANY = 1_600; // four sets
const SET = 500;

let server: TestDatabase;
let database: Database;
let lines: { level: string; msg: string; count?: number }[];
let writers: CapWriter[];
let others: Database[];

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  await database.transaction(ensureFirstPolicy);
  await read(
    `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
     VALUES ('tokenwarden-test', 'ES256', '{}', '', now())`,
  );
  await read(
    `INSERT INTO users (id, username, canonical_username, display_name, search_text)
     VALUES (gen_random_uuid(), 'grace', 'grace', 'Grace', 'grace')`,
  );
});
afterAll(async () => {
  await database.close();
  await server.close();
});
beforeEach(async () => {
  [lines, writers, others] = [[], [], []];
  await read('TRUNCATE access_tokens, bulk_caps, audit_pending_events CASCADE');
  await read(
    `INSERT INTO access_tokens (id, kind, user_id, name, search_text, profile, audiences, issuer, kid, created_at, created_by,
       expires_at, ends_at)
     SELECT gen_random_uuid(), 'USER', users.id, 'many', 'many', 'interactive', '{https://tokens.example}',
       'https://tokens.example', 'tokenwarden-test', second, '{}', second + interval '1 hour', second + interval '1 hour'
     FROM date_trunc('second', now()) AS second, users, generate_series(1, $1)`,
    [MANY],
  );
});
afterEach(async () => {
  for (const writer of writers) await writer.beforeApplicationShutdown();
  for (const other of others) await other.close();
});

const read = <T>(sql: string, parameters: readonly unknown[] = []) =>
  database.read((tx) => rows<T>(tx, sql, parameters));

function writerOn(where: Database): CapWriter {
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  };
  const writer = new CapWriter(where, new Logs({ level: 'info', destination }));
  writers.push(writer);
  return writer;
}
async function anotherProcess(applicationName = 'another'): Promise<Database> {
  const other = await openDatabase(server.url, { applicationName });
  others.push(other);
  return other;
}
const cap = () =>
  database.transaction(async (tx) => {
    await holdAllTokens(tx);
    const maxima = { interactive: 1_800 };
    return capTokens(tx, {
      by: SYSTEM,
      reason: null,
      policyVersion: 1,
      enforceFrom: wholeSecond(new Date()),
      maxima,
    });
  });
const writtenRows = async () => (await read('SELECT FROM access_tokens WHERE ends_at < expires_at')).length;
const isWhole = async () => (await writtenRows()) === MANY;
/** One event for each token, each once. */
async function expectWholeTrail(): Promise<void> {
  const events = await read<{ action: string; target_id: string }>('SELECT * FROM audit_pending_events');
  expect(events).toHaveLength(MANY);
  expect(new Set(events.map(({ target_id: id }) => id)).size).toBe(MANY);
  expect(new Set(events.map(({ action }) => action))).toEqual(new Set(['token.capped']));
}

describe('the writer of caps', () => {
  it('begins where it is woken, writes every row and event once, and says so once', async () => {
    const writer = writerOn(database);
    writer.onApplicationBootstrap();
    expect(await cap()).toBe(MANY);
    writer.wake();
    await until(() => lines.length > 0);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', msg: expect.stringContaining('written'), count: MANY }),
    ]);
    expect(await isWhole()).toBe(true);
    await expectWholeTrail();
  });
  it('takes up what a process left behind that was killed in the middle of a set', async () => {
    const killed = await anotherProcess('killed');
    const writer = writerOn(killed);
    await cap();
    const [middle] = await read<{ id: string }>(
      'SELECT id FROM access_tokens ORDER BY id OFFSET 700 LIMIT 1',
    );
    await database.transaction(
      async (tx) => {
        await rows(tx, 'SELECT FROM access_tokens WHERE id = $1 FOR UPDATE', [middle?.id]);
        writer.onApplicationBootstrap();
        const waits = `SELECT FROM pg_stat_activity WHERE application_name = 'killed' AND wait_event_type = 'Lock'`;
        await until(async () => (await read(waits)).length > 0);
        const stopped = writer.beforeApplicationShutdown();
        await read(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed'`,
        );
        await stopped;
      },
      { withinSeconds: 20 },
    );
    expect(await writtenRows()).toBe(SET);
    writerOn(await anotherProcess()).onApplicationBootstrap();
    await until(isWhole);
    await expectWholeTrail();
  });
  it('of several processes writes one cap together, each token once', async () => {
    await cap();
    for (let i = 0; i < 3; i++) writerOn(await anotherProcess()).onApplicationBootstrap();
    await until(isWhole);
    await expectWholeTrail();
  });
  it('stops at shutdown after the set under way, and leaves the rest to the next start', async () => {
    await cap();
    const first = writerOn(database);
    first.onApplicationBootstrap();
    await until(async () => (await writtenRows()) > 0);
    await first.beforeApplicationShutdown();
    const written = await writtenRows();
    expect(written % SET === 0 || written === MANY).toBe(true);
    writerOn(database).onApplicationBootstrap();
    await until(isWhole);
    await expectWholeTrail();
  });
});
