import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import {
  emptyDatabase,
  graphql,
  signIn,
  startProduct,
  type RunningProduct,
  type TestDatabase,
} from '../../harness/index.js';
import { group, person, writeDirectory, type People } from '../../e2e/directory-file.js';
import { until } from '../../e2e/waiting.js';

jest.setTimeout(120_000);

const before: People = {
  users: [person('root'), ...Array.from({ length: 30 }, (_, i) => person(`worker${i}`))],
  groups: [group('wardens', ['root']), group('people', ['worker0'])],
};
/** worker29 is gone, worker28 disabled, and there is somebody new. */
const after: People = {
  users: [
    ...before.users.slice(0, -1).map((one, i) => (i === 29 ? { ...one, enabled: false } : one)),
    person('newcomer'),
  ],
  groups: before.groups,
};

let database: TestDatabase;
let client: Client;
let env: Record<string, string>;
let product: RunningProduct;

beforeAll(async () => {
  database = await emptyDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.close();
});
beforeEach(async () => {
  env = {
    ...{ MASTER_KEY: randomBytes(32).toString('base64'), DATABASE_URL: database.url, INSTANCE_NAME: 'here' },
    ...{
      DIRECTORY_FILE: writeDirectory(before),
      ADMIN_GROUPS: 'wardens',
      DIRECTORY_SYNC_SCHEDULE: '0 0 1 1 *',
    },
    PUBLIC_URL: 'http://127.0.0.1:4000',
  };
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  product = await startProduct({ env });
});
afterEach(async () => {
  await client.query('ROLLBACK');
  await product?.stop();
});

/** All that a synchronisation writes, as it stands: rows, events, places in the change log. */
async function everything(): Promise<unknown> {
  const tables = ['users', 'groups', 'group_members', 'administrator_groups', 'changes'];
  const found: unknown[] = [];
  for (const table of tables) {
    found.push((await client.query(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY 1::text`)).rows);
  }
  const events = await client.query(
    `SELECT action, target_id FROM audit_events WHERE action !~ 'session|housekeeping'
     UNION ALL SELECT action, target_id FROM audit_pending_events WHERE action !~ 'session|housekeeping'
     ORDER BY 1, 2`,
  );
  return [...found, events.rows];
}
const states = async () =>
  (await client.query('SELECT username, state FROM users ORDER BY username')).rows as object[];

describe('a process that is killed in the middle of a synchronisation', () => {
  // Whoever holds the lock stops a synchronisation exactly there.
  it.each([
    ['when it has read the directory and written nothing yet', 'directory-copy'],
    ['when it has written all of it and committed nothing', 'administrator-groups'],
  ])('%s, leaves nothing half done, and the next one does it', async (_, lock) => {
    const root = await signIn(product.url, 'root', 'root-secret');
    const standing = await everything();
    writeDirectory(after, env['DIRECTORY_FILE']);
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`tokenwarden:${lock}`]);
    await graphql(
      product.url,
      root,
      'mutation { runHousekeeping(input: { task: DIRECTORY_SYNC }) { run { id } } }',
    );
    await until(async () => (await waitingForLocks()) > 0, { seconds: 4 });
    await product.kill();
    await client.query('ROLLBACK');

    expect(await everything()).toEqual(standing);
    product = await startProduct({ env });
    expect(await states()).toEqual(
      expect.arrayContaining([
        { username: 'newcomer', state: 'ACTIVE' },
        { username: 'worker27', state: 'ACTIVE' },
        { username: 'worker28', state: 'DISABLED' },
        { username: 'worker29', state: 'REMOVED' },
      ]),
    );
    const runs = await client.query('SELECT state, trigger FROM housekeeping_runs ORDER BY fence');
    expect(runs.rows).toEqual([
      { state: 'SUCCEEDED', trigger: 'SCHEDULE' },
      { state: 'FAILED', trigger: 'MANUAL' },
      { state: 'SUCCEEDED', trigger: 'CATCH_UP' },
    ]);
  });
});

async function waitingForLocks(): Promise<number> {
  const waiting = await client.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
  return waiting.rowCount ?? 0;
}
