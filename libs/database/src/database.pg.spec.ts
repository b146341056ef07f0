import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { invalidInput, type Problem } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import {
  agreeOn,
  Database,
  databaseNow,
  dataSourceOptions,
  lockFor,
  migrate,
  migrations,
  openDatabase,
  recordChange,
  rows,
  tryLockFor,
  type Transaction,
} from './index.js';

const fresh = databaseForSpecs();

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Problem) => error.code ?? String(error),
  );

describe('a transaction', () => {
  it('keeps nothing of work that failed', async () => {
    const id = randomUUID();
    await expect(
      fresh.database.transaction(async (tx) => {
        await recordChange(tx, 'token', [id]);
        throw invalidInput('name', 'No.');
      }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(
      await fresh.database.read((tx) => rows(tx, 'SELECT 1 FROM changes WHERE $1 = ANY(subject_ids)', [id])),
    ).toEqual([]);
  });
  it('turns a lost connection into UNAVAILABLE', async () => {
    const failed = fresh.database.transaction((tx) =>
      rows(tx, 'SELECT pg_terminate_backend(pg_backend_pid())'),
    );
    expect(await codeOf(failed)).toBe('UNAVAILABLE');
    expect(await fresh.database.read((tx) => rows(tx, 'SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });
  it('is UNAVAILABLE where the work takes longer than anybody waits', async () => {
    const slow = fresh.database.read((tx) => rows(tx, 'SELECT pg_sleep(2)'), { withinSeconds: 0.1 });
    expect(await codeOf(slow)).toBe('UNAVAILABLE');
  });
  it('leaves a broken statement what it is: a fault of ours', async () => {
    await expect(fresh.database.read((tx) => rows(tx, 'SELECT nonsense'))).rejects.toThrow(/nonsense/);
  });
  it('is UNAVAILABLE where nobody listens', async () => {
    expect(await codeOf(openDatabase('postgres://nobody:x@127.0.0.1:1/none'))).toContain('ECONNREFUSED');
  });
});

describe('a snapshot', () => {
  const noted = (id: string) => (tx: Transaction) =>
    rows(tx, 'SELECT 1 FROM changes WHERE $1 = ANY(subject_ids)', [id]);
  it('stays at the moment of its first read, whatever is written meanwhile', async () => {
    const id = randomUUID();
    const seen = await fresh.database.inSnapshot(async (tx) => {
      const before = await noted(id)(tx);
      await fresh.database.transaction((other) => recordChange(other, 'token', [id]));
      return [before, await noted(id)(tx)];
    });
    expect(seen).toEqual([[], []]);
    expect(await fresh.database.read(noted(id))).toHaveLength(1);
  });
  it('lets nothing be written', async () => {
    const writing = fresh.database.inSnapshot((tx) => recordChange(tx, 'token', [randomUUID()]));
    await expect(writing).rejects.toMatchObject({
      cause: { message: expect.stringContaining('read-only transaction') },
    });
  });
  it('is bounded as its caller says', async () => {
    const slow = fresh.database.inSnapshot((tx) => rows(tx, 'SELECT pg_sleep(2)'), { withinSeconds: 0.1 });
    expect(await codeOf(slow)).toBe('UNAVAILABLE');
  });
});

describe('a connection on which a statement was given up', () => {
  let impatient: Database;
  beforeAll(async () => {
    const options = dataSourceOptions({ url: fresh.url });
    const dataSource = new DataSource(Object.assign(options, { extra: { max: 1, query_timeout: 200 } }));
    impatient = new Database(await dataSource.initialize());
  });
  afterAll(() => impatient.close());
  const backend = async () =>
    (await impatient.read((tx) => rows<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid')))[0]?.pid;

  it('is closed: the half of a transaction is not committed with the next one', async () => {
    const [given, later] = [randomUUID(), randomUUID()];
    const givenUp = impatient.transaction(async (tx) => {
      await recordChange(tx, 'token', [given]);
      await rows(tx, 'SELECT pg_sleep(1)');
    });
    expect(await codeOf(givenUp)).toBe('UNAVAILABLE');
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // the statement is over, had anybody waited for it
    await impatient.transaction((tx) => recordChange(tx, 'token', [later]));
    const kept = 'SELECT subject_ids[1] AS id FROM changes WHERE subject_ids[1] = ANY($1)';
    expect(await fresh.database.read((tx) => rows(tx, kept, [[given, later]]))).toEqual([{ id: later }]);
  });
  it('is closed after a read too, and nobody waits behind it', async () => {
    const before = await backend();
    expect(await codeOf(impatient.read((tx) => rows(tx, 'SELECT pg_sleep(2)')))).toBe('UNAVAILABLE');
    expect(await backend()).not.toBe(before);
  });
  it('is kept where nothing was given up', async () => {
    const before = await backend();
    await expect(impatient.transaction((tx) => rows(tx, 'SELECT nonsense'))).rejects.toThrow(/nonsense/);
    expect(await backend()).toBe(before);
  });
});

describe('the rows of a statement', () => {
  it('are plain for SELECT, INSERT, UPDATE and DELETE alike', () =>
    fresh.database.transaction(async (tx) => {
      const id = randomUUID();
      const insert = `INSERT INTO groups (id, name, search_text) VALUES ($1, 'a', 'a') RETURNING name`;
      expect(await rows(tx, insert, [id])).toEqual([{ name: 'a' }]);
      expect(await rows(tx, `UPDATE groups SET name = 'b' WHERE id = $1 RETURNING name`, [id])).toEqual([
        { name: 'b' },
      ]);
      expect(await rows(tx, 'SELECT name FROM groups WHERE id = $1', [id])).toEqual([{ name: 'b' }]);
      expect(await rows(tx, 'DELETE FROM groups WHERE id = $1 RETURNING name', [id])).toEqual([
        { name: 'b' },
      ]);
      expect(await rows(tx, 'DELETE FROM groups WHERE id = $1 RETURNING name', [id])).toEqual([]);
    }));
  it('give the time of the database in milliseconds', async () => {
    expect(await fresh.database.read(databaseNow)).toBeInstanceOf(Date);
  });
});

describe('a lock', () => {
  it('is one at a time, and free when its transaction ends', async () => {
    await fresh.database.transaction(async (tx) => {
      await lockFor(tx, 'spec');
      expect(await fresh.database.transaction((other) => tryLockFor(other, 'spec'))).toBe(false);
      expect(await fresh.database.transaction((other) => tryLockFor(other, 'another'))).toBe(true);
    });
    expect(await fresh.database.transaction((tx) => tryLockFor(tx, 'spec'))).toBe(true);
  });
});

describe('the change log', () => {
  it('tells a change that took its place earlier and commits later from one that is over', async () => {
    const slow = new pg.Client({ connectionString: fresh.url });
    await slow.connect();
    const [early, late] = [randomUUID(), randomUUID()];
    await slow.query('BEGIN');
    await slow.query(`INSERT INTO changes (kind, subject_ids) VALUES ('token', ARRAY[$1::uuid])`, [early]);
    await fresh.database.transaction((tx) => recordChange(tx, 'token', [late]));
    // What a reader may count as over: everything before the oldest transaction that still runs.
    const over = () =>
      fresh.database.read((tx) =>
        rows<{ subject: string }>(
          tx,
          `SELECT subject_ids[1] AS subject FROM changes WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) AND subject_ids[1] = ANY($1)`,
          [[early, late]],
        ),
      );
    expect(await over()).toEqual([]);
    await slow.query('COMMIT');
    await slow.end();
    // Transactions of other databases on this server hold the horizon back too: wait for it.
    let seen = await over();
    for (let tries = 0; seen.length === 0 && tries < 200; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      seen = await over();
    }
    expect(seen.map(({ subject }) => subject).sort()).toEqual([early, late].sort());
  });
  it('takes a whole company in rows of a thousand, each subject once', async () => {
    const ids = Array.from({ length: 2_001 }, () => randomUUID());
    await fresh.database.transaction((tx) => recordChange(tx, 'user', ids));
    const sql = 'SELECT subject_ids AS ids FROM changes WHERE subject_ids && $1::uuid[] ORDER BY position';
    const kept = await fresh.database.read((tx) => rows<{ ids: string[] }>(tx, sql, [ids]));
    expect(kept.map((row) => row.ids.length)).toEqual([1_000, 1_000, 1]);
    expect(kept.flatMap((row) => row.ids)).toEqual(ids);
  });
  it('says by a row without subjects that all of a kind changed', async () => {
    const count = async () =>
      (await fresh.database.read((tx) => rows(tx, `SELECT FROM changes WHERE subject_ids = '{}'`))).length;
    const before = await count();
    await fresh.database.transaction((tx) => recordChange(tx, 'user', []));
    expect(await count()).toBe(before + 1);
  });
});

describe('the schema', () => {
  it('is brought up once by processes that start together', async () => {
    const name = `migrated_${randomUUID().replaceAll('-', '')}`;
    await fresh.database.read((tx) => rows(tx, `CREATE DATABASE ${name} TEMPLATE template0`));
    const url = new URL(fresh.url);
    url.pathname = `/${name}`;
    try {
      const ran = await Promise.all([migrate(url.href), migrate(url.href), migrate(url.href)]);
      expect(ran.flat()).toEqual(migrations.map(({ name }) => name));
    } finally {
      await fresh.database.read((tx) => rows(tx, `DROP DATABASE ${name} WITH (FORCE)`));
    }
  });
  it.each(['UPDATE audit_events SET action = action', 'DELETE FROM audit_events', 'TRUNCATE audit_events'])(
    'refuses %s',
    async (statement) => {
      await expect(fresh.database.read((tx) => rows(tx, statement))).rejects.toThrow(/append-only/);
    },
  );
});

describe('an agreement', () => {
  it('is joined by whoever says the same, and refused to whoever says something else while somebody lives', async () => {
    const first = await agreeOn(fresh.url, 'https://a.example|x');
    const second = await agreeOn(fresh.url, 'https://a.example|x');
    expect([first, second]).toEqual([expect.anything(), expect.anything()]);
    expect(await agreeOn(fresh.url, 'https://b.example|x')).toBeUndefined();
    await first?.end();
    expect(await agreeOn(fresh.url, 'https://b.example|x')).toBeUndefined();
    await second?.end();
    const other = await agreeOn(fresh.url, 'https://b.example|x');
    expect(other).toBeDefined();
    await other?.end();
  });
  it('comes first for one of two that start together', async () => {
    const [a, b] = await Promise.all([agreeOn(fresh.url, 'one'), agreeOn(fresh.url, 'other')]);
    expect([a, b].filter((agreement) => agreement === undefined)).toHaveLength(1);
    await (a ?? b)?.end();
  });
});
