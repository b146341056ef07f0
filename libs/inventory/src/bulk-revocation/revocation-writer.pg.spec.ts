import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import type { Caller } from '@tokenwarden/vocabulary';
import { freshDatabase, until, type TestDatabase } from '../../../../test/harness/index.js';
import { BulkRevokeService } from './bulk-revoke.service.js';
import { RevocationWriter } from './revocation-writer.js';
import { SAMPLE_SETTINGS, sessionOf, StoredSamples } from '../../test/stored-samples.js';
import { Traces } from '../../test/stored-traces.js';
import { TokenFilter } from '../token-lists/token-list.types.js';

const MANY = 2_600; // six sets
const SET = 500;

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
let traces: Traces;
let ada: Caller;
let grace: string;
let lines: { level: string; msg: string; count?: number }[];
let writers: RevocationWriter[];
let others: Database[];

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  samples = new StoredSamples(database);
  traces = new Traces(database);
  await samples.signingKey();
  grace = await samples.user('grace');
  ada = sessionOf(await samples.user('ada'), { permissions: ['tokens:revoke'] });
});
afterAll(async () => {
  await database.close();
  await server.close();
});
beforeEach(async () => {
  [lines, writers, others] = [[], [], []];
  await traces.forgetTokens();
});
afterEach(async () => {
  for (const writer of writers) await writer.beforeApplicationShutdown();
  for (const other of others) await other.close();
});

function writerOn(where: Database): RevocationWriter {
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  };
  const writer = new RevocationWriter(where, new Logs({ level: 'info', destination }));
  writers.push(writer);
  return writer;
}
async function anotherProcess(applicationName = 'another'): Promise<Database> {
  const other = await openDatabase(server.url, { applicationName });
  others.push(other);
  return other;
}
const revokeAll = (writer: RevocationWriter) =>
  new BulkRevokeService(database, SAMPLE_SETTINGS, writer).revoke(ada, {
    filter: Object.assign(new TokenFilter(), { userId: grace }),
    reason: 'leaked',
    dryRun: false,
  });
/** Starts the writer on this database, and waits until it has looked in vain: what it last does is to forget. */
async function untilItRests(writer: RevocationWriter, where: Database): Promise<void> {
  const forgetting = jest.spyOn(where, 'transaction');
  writer.onApplicationBootstrap();
  await until(() => forgetting.mock.results.length > 0);
  await forgetting.mock.results[0]?.value;
  forgetting.mockRestore();
}
const isWhole = async () => (await traces.writtenRows()) === MANY;

/** One event of the whole, then one for each token, each once, all of them by ada. */
async function expectWholeTrail(): Promise<void> {
  const [first, ...rest] = await traces.events();
  expect(first).toMatchObject({ action: 'tokens.bulk-revoked', actor: ada.principal.id });
  expect(rest).toHaveLength(MANY);
  expect(new Set(rest.map(({ target }) => target)).size).toBe(MANY);
  expect(rest.every(({ action, actor }) => action === 'token.revoked' && actor === ada.principal.id)).toBe(
    true,
  );
}

describe('the writer', () => {
  beforeEach(() => traces.manyTokens(grace, MANY));

  it('begins at once behind the decision of its process, and writes every row and event once', async () => {
    const writer = writerOn(database);
    await untilItRests(writer, database);
    const woken = jest.spyOn(writer, 'wake');
    expect(await revokeAll(writer)).toMatchObject({ revoked: MANY });
    expect(woken).toHaveBeenCalled();
    await until(isWhole);
    await expectWholeTrail();
  });
  it('says once, with the number, that it is whole', async () => {
    const writer = writerOn(database);
    writer.onApplicationBootstrap();
    await revokeAll(writer);
    await until(() => lines.length > 0);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', msg: expect.stringContaining('written'), count: MANY }),
    ]);
    expect(await isWhole()).toBe(true);
  });
  it('takes up what a process left behind that was killed before it wrote anything', async () => {
    await revokeAll(writerOn(database));
    expect(await traces.writtenRows()).toBe(0);
    const other = writerOn(await anotherProcess());
    other.onApplicationBootstrap();
    await until(isWhole);
    await expectWholeTrail();
  });
  it('takes up what a process left that was killed in the middle of a set', async () => {
    const killed = await anotherProcess('killed');
    const writer = writerOn(killed);
    await revokeAll(writer);
    const [middle] = await read<{ id: string }>(
      'SELECT id FROM access_tokens ORDER BY id OFFSET 1200 LIMIT 1',
    );
    await whileLocked(middle?.id, async () => {
      writer.onApplicationBootstrap();
      await until(async () => (await read(WAITS_FOR_A_ROW)).length > 0);
      const stopped = writer.beforeApplicationShutdown();
      await read(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed'`);
      await stopped;
    });
    expect(await traces.writtenRows()).toBe(2 * SET);
    writerOn(await anotherProcess()).onApplicationBootstrap();
    await until(isWhole);
    await expectWholeTrail();
  });
  it('finds by itself what another process has decided', async () => {
    const other = await anotherProcess();
    await untilItRests(writerOn(other), other);
    await revokeAll(writerOn(database));
    await until(isWhole);
  });
  it('of several processes write one revocation together, each token once', async () => {
    await revokeAll(writerOn(database));
    for (let i = 0; i < 4; i++) writerOn(await anotherProcess()).onApplicationBootstrap();
    await until(isWhole);
    await expectWholeTrail();
  });
  it('stops at shutdown after the set under way, and leaves the rest to the next start', async () => {
    await revokeAll(writerOn(database));
    const first = writerOn(database);
    first.onApplicationBootstrap();
    await until(async () => (await traces.writtenRows()) > 0);
    await first.beforeApplicationShutdown();
    const written = await traces.writtenRows();
    expect(written).toBeLessThan(MANY);
    expect(written % SET).toBe(0);
    first.wake();
    expect(await traces.writtenRows()).toBe(written);
    writerOn(database).onApplicationBootstrap();
    await until(isWhole);
    await expectWholeTrail();
  });
  it('says once that it cannot write, and goes on when it can', async () => {
    const writer = writerOn(database);
    await revokeAll(writer);
    await read('ALTER TABLE bulk_revocation_sets RENAME TO gone');
    const attempts = jest.spyOn(database, 'transaction');
    writer.onApplicationBootstrap();
    await until(() => attempts.mock.calls.length >= 3);
    attempts.mockRestore();
    await read('ALTER TABLE gone RENAME TO bulk_revocation_sets');
    await until(isWhole);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    await expectWholeTrail();
  });
});

describe('a writer that begins', () => {
  it('forgets what was written long ago', async () => {
    await samples.tokenOfUser(grace);
    const writer = writerOn(database);
    writer.onApplicationBootstrap();
    await revokeAll(writer);
    await until(async () => (await traces.writtenRows()) === 1);
    await writer.beforeApplicationShutdown();
    await read(`UPDATE bulk_revocations SET written_at = now() - interval '61 minutes'`);
    await samples.tokenOfUser(grace);
    const next = writerOn(database);
    await revokeAll(next);
    next.onApplicationBootstrap();
    await until(
      async () => (await read<{ count: string }>('SELECT count(*) FROM bulk_revocations'))[0]?.count === '1',
    );
  });
});

function read<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
  return database.read((tx) => rows(tx, sql, parameters));
}

const WAITS_FOR_A_ROW = `SELECT FROM pg_stat_activity WHERE application_name = 'killed' AND wait_event_type = 'Lock'`;

/** Keeps everybody from writing this token while the work is done. */
async function whileLocked(id: string | undefined, work: () => Promise<void>): Promise<void> {
  await database.transaction(
    async (tx) => {
      await rows(tx, 'SELECT FROM access_tokens WHERE id = $1 FOR UPDATE', [id]);
      await work();
    },
    { withinSeconds: 20 },
  );
}
