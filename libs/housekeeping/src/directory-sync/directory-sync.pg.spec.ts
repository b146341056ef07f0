import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { lockFor, openDatabase, rows, type Database } from '@tokenwarden/database';
import { DirectoryService, FileSource, permissionsOfUser } from '@tokenwarden/directory';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { DirectorySync } from './directory-sync.js';
import { DirectorySyncTask } from './directory-sync.task.js';

const ADA = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const GAUGE = 'tokenwarden_directory_last_success_timestamp_seconds';
const settings = new Settings({
  directorySyncSchedule: '*/5 * * * *',
  adminGroups: ['admins'],
} as Partial<SettingsValues> as SettingsValues);
const USERS = [{ id: ADA, username: 'ada', displayName: 'Ada', email: 'ada@example.com' }];
const GROUPS = [{ id: '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11', name: 'admins', members: ['ada'] }];

let fresh: TestDatabase;
let database: Database;
let folder: string;
let timers: SchedulerRegistry;
let metrics: Metrics;
let lines: string[];
let directory: DirectoryService;
let sync: DirectorySync;

const path = () => join(folder, 'directory.json');
const write = (users: object[], groups: object[] = GROUPS) =>
  writeFile(path(), JSON.stringify({ users, groups }));
const said = () => lines.map((line) => (JSON.parse(line) as { level: string; msg: string }).msg);

beforeAll(async () => {
  fresh = await freshDatabase();
  database = await openDatabase(fresh.url);
});
afterAll(async () => {
  await database?.close();
  await fresh?.close();
});
beforeEach(async () => {
  await database.read((tx) =>
    rows(tx, 'TRUNCATE directory_copy, users, groups, audit_pending_events, changes CASCADE'),
  );
  folder = await mkdtemp(join(tmpdir(), 'sync-'));
  lines = [];
  const destination = new PassThrough();
  destination.on('data', (line: Buffer) => lines.push(line.toString()));
  const logs = new Logs({ level: 'info', destination });
  metrics = new Metrics(logs);
  timers = new SchedulerRegistry();
  const source = new FileSource({ path: path(), acceptsPlainPasswords: true });
  directory = new DirectoryService(source, database);
  const task = new DirectorySyncTask(database, directory, settings);
  sync = new DirectorySync(task, timers, logs, metrics, settings);
});
afterEach(async () => {
  await sync.beforeApplicationShutdown();
  await rm(folder, { recursive: true });
});

describe('the first synchronisation of all', () => {
  it('fills the copy, pins the administrators and lets the schedule go on', async () => {
    await write(USERS);
    await sync.firstSynchronisation();
    expect(await database.read((tx) => permissionsOfUser(tx, ADA))).toEqual(['*:*']);
    expect(timers.getTimeouts()).toEqual(['DIRECTORY_SYNC']);
    expect(await metrics.registry.getSingleMetricAsString(GAUGE)).toMatch(/timestamp_seconds \d{10}/);
  });

  it('waits for a whole answer', async () => {
    const first = sync.firstSynchronisation();
    await sync.synchronise();
    await write(USERS);
    await first;
    expect(said().filter((line) => line.includes('no whole answer'))).toHaveLength(1);
    expect(said()).toContain('The directory gives whole answers again.');
  });

  it('is not spared by somebody who signs in meanwhile, and lets nobody in', async () => {
    await write([{ ...USERS[0], password: 'ada-demo' }, { email: 'nonsense' }]);
    await expect(directory.authenticate('ada', 'ada-demo')).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    expect(await database.read((tx) => rows(tx, 'SELECT FROM users'))).toEqual([]);
    // As somebody would stand there whose sign-in was written all the same.
    await database.read((tx) =>
      rows(
        tx,
        `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ($1, 'a', 'a', 'A', 'a')`,
        [ADA],
      ),
    );
    await expect(sync.firstSynchronisation({ patienceMilliseconds: 10 })).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    await write([{ ...USERS[0], password: 'ada-demo' }]);
    await sync.firstSynchronisation();
    expect(await directory.authenticate('ada', 'ada-demo')).toMatchObject({ id: ADA });
  });

  it('may have no group', async () => {
    await write(USERS, []);
    await sync.firstSynchronisation();
    await rm(path());
    await sync.firstSynchronisation({ patienceMilliseconds: 10 });
  });

  it('gives up with the reason where none comes', async () => {
    await write([{ ...USERS[0], email: 'nonsense' }]);
    await expect(sync.firstSynchronisation({ patienceMilliseconds: 10 })).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
      message: expect.stringContaining('users.0.email'),
    });
    expect(timers.getTimeouts()).toEqual([]);
  });
});

describe('a synchronisation', () => {
  it('that fails keeps the copy, and says so once when it begins and once when it ends', async () => {
    await write(USERS);
    await sync.synchronise();
    await writeFile(path(), '{');
    expect(await sync.synchronise()).toMatchObject({ state: 'FAILED' });
    await write([]);
    expect(await sync.synchronise()).toMatchObject({ state: 'FAILED' });
    const [count] = await database.read((tx) =>
      rows(tx, `SELECT count(*)::int AS active FROM users WHERE state = 'ACTIVE'`),
    );
    expect(count).toEqual({ active: 1 });
    await write(USERS);
    await sync.synchronise();
    await sync.synchronise();
    expect(said().filter((line) => line.includes('no whole answer'))).toHaveLength(1);
    expect(said().filter((line) => line.includes('again'))).toHaveLength(1);
  });

  it('starts on its copy when the directory is down', async () => {
    await write(USERS);
    await sync.synchronise();
    await rm(path());
    await sync.firstSynchronisation();
    expect(timers.getTimeouts()).toEqual(['DIRECTORY_SYNC']);
  });

  it('leaves it to the process that is at it already', async () => {
    await write(USERS);
    await database.transaction(async (tx) => {
      await lockFor(tx, 'housekeeping:DIRECTORY_SYNC');
      expect(await sync.synchronise()).toEqual({ state: 'ELSEWHERE' });
    });
    expect(await sync.synchronise()).toMatchObject({ state: 'SUCCEEDED', changedUsers: 1, changedGroups: 1 });
    expect(await sync.synchronise()).toMatchObject({ state: 'SUCCEEDED', changedUsers: 0, changedGroups: 0 });
  });

  it('tells a warning once, while it lasts', async () => {
    await write([{ ...USERS[0], password: 'ada-demo' }]);
    await sync.synchronise();
    await sync.synchronise();
    expect(said().filter((line) => line.includes('plain passwords'))).toHaveLength(1);
  });

  it('writes no name and no password into the log', async () => {
    await write([{ ...USERS[0], password: 'ada-demo' }, USERS[0] as object]);
    await sync.synchronise();
    expect(lines.join('')).not.toMatch(/ada/);
  });
});
