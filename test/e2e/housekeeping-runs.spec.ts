import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  emptyDatabase,
  graphql,
  signIn,
  startProduct,
  type RunningProduct,
  type SignedIn,
  type TestDatabase,
} from '../harness/index.js';
import { HangingFile } from './hanging-file.js';
import { group, person, writeDirectory, type People } from './directory-file.js';
import { askForSync, recentRuns, type ShownRun } from './directory-runs.js';
import { until } from './waiting.js';

const PEOPLE: People = {
  users: [person('root'), person('gwen')],
  groups: [group('wardens', ['root']), group('people', ['gwen'])],
};

let database: TestDatabase;
let looking: pg.Client;
let one: RunningProduct;
let other: RunningProduct;
/** Signed in at the other instance, which is there through it all. */
let root: SignedIn;
let gwen: SignedIn;

/** The directory of the first instance. */
const file = new HangingFile(PEOPLE);
const isBeingRead = () => file.isReadBy(one.pid);

let shared: Record<string, string>;
const startOne = () => startProduct({ env: { ...shared, INSTANCE_NAME: 'one', DIRECTORY_FILE: file.path } });

beforeAll(async () => {
  database = await emptyDatabase();
  looking = new pg.Client({ connectionString: database.url });
  await looking.connect();
  shared = {
    DATABASE_URL: database.url,
    MASTER_KEY: randomBytes(32).toString('base64'),
    ADMIN_GROUPS: 'wardens',
    PUBLIC_URL: 'http://127.0.0.1:4000', // one issuer for both
    DIRECTORY_SYNC_SCHEDULE: '0 0 1 1 *', // nobody but the tests
  };
  one = await startOne();
  other = await startProduct({
    env: { ...shared, INSTANCE_NAME: 'other', DIRECTORY_FILE: writeDirectory(PEOPLE) },
  });
  [root, gwen] = await Promise.all([
    signIn(other.url, 'root', 'root-secret'),
    signIn(other.url, 'gwen', 'gwen-secret'),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([one?.kill(), other?.kill()]);
  await looking?.end();
  await database?.close();
});

const runs = () => recentRuns(other.url, root);
const begin = async (at: RunningProduct, dryRun = false) =>
  (await askForSync(at.url, root, dryRun)).data.runHousekeeping.run;
const ended = (id: string, seconds = 20) =>
  until(async () => (await runs()).some((run) => run.id === id && run.state !== 'RUNNING'), { seconds });
const runOf = async (id: string) => (await runs()).find((run) => run.id === id);
/** The run that took the place of this one. */
async function follower(id: string): Promise<ShownRun | undefined> {
  const found = await runs();
  return found[found.findIndex((run) => run.id === id) - 1];
}
/** As if a minute without a sign of whoever is at it had passed. */
const letLeasesExpire = () =>
  looking.query(`UPDATE housekeeping_runs SET lease_until = clock_timestamp() WHERE state = 'RUNNING'`);

describe('housekeeping by hand', () => {
  it('answers at once with the run that has begun, which is shown until it has ended and after', async () => {
    const run = await begin(one);
    expect(run).toMatchObject({
      trigger: 'MANUAL',
      state: 'RUNNING',
      dryRun: false,
      startedBy: { kind: 'USER', name: 'root' },
      finishedAt: null,
    });
    await ended(run.id);
    expect(await runOf(run.id)).toMatchObject({ state: 'SUCCEEDED', examined: 4, error: null });
    const shown = await graphql(
      other.url,
      root,
      `
        query ($id: ID!) {
          node(id: $id) {
            __typename
            id
          }
        }
      `,
      { id: run.id },
    );
    expect(shown.data).toEqual({ node: { __typename: 'HousekeepingRun', id: run.id } });
  });

  it('gives the run that is under way at another instance, and a dry run beside it', async () => {
    file.hang();
    const run = await begin(one);
    await until(isBeingRead, { seconds: 10 });
    expect(await begin(other)).toEqual(await runOf(run.id));
    const dry = await begin(other, true);
    expect(dry).toMatchObject({ dryRun: true, state: 'RUNNING' });
    await ended(dry.id);
    file.letOut();
    await ended(run.id);
    file.answer();
    expect(await runOf(run.id)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('is in the trail with whoever began it, and shown to nobody without the right', async () => {
    const run = await begin(other);
    await ended(run.id);
    const trail = await graphql<{ auditEvents: { nodes: unknown[] } }>(
      other.url,
      root,
      `
        query ($id: ID!) {
          auditEvents(filter: { targetId: $id }) {
            nodes {
              action
              outcome
              actor {
                name
              }
              targetType
              targetName
              details
            }
          }
        }
      `,
      { id: run.id },
    );
    expect(trail.data.auditEvents.nodes).toEqual([
      {
        action: 'housekeeping.started',
        outcome: 'SUCCEEDED',
        actor: { name: 'root' },
        targetType: 'housekeeping_run',
        targetName: 'DIRECTORY_SYNC',
        details: { task: 'DIRECTORY_SYNC', dryRun: false },
      },
    ]);
    const hidden = await graphql(
      other.url,
      gwen,
      `
        query ($id: ID!) {
          node(id: $id) {
            id
          }
        }
      `,
      { id: run.id },
    );
    expect(hidden.data).toEqual({ node: null });
    const refused = await graphql(other.url, gwen, '{ housekeepingTasks { task } }');
    expect(refused.code).toBe('FORBIDDEN');
  });

  it('is seen with its schedule, and on the gauges of each instance', async () => {
    const tasks = await graphql<{ housekeepingTasks: { task: string; nextRunAt: string }[] }>(
      one.url,
      root,
      '{ housekeepingTasks { task enabled schedule nextRunAt lastRun { state dryRun } } }',
    );
    const task = tasks.data.housekeepingTasks.find(({ task: name }) => name === 'DIRECTORY_SYNC');
    expect(task).toMatchObject({
      task: 'DIRECTORY_SYNC',
      enabled: true,
      schedule: '0 0 1 1 *',
      lastRun: { state: 'SUCCEEDED', dryRun: false },
    });
    expect(task?.nextRunAt).toMatch(/-01-01T00:00:00\.000Z$/);
    for (const { url } of [one, other]) {
      const page = await (await fetch(`${url}/metrics`)).text();
      expect(page).toMatch(
        /^tokenwarden_housekeeping_last_success_timestamp_seconds{task="DIRECTORY_SYNC"} \d{10}/m,
      );
      expect(page).toContain('tokenwarden_housekeeping_failing{task="DIRECTORY_SYNC"} 0');
    }
  });
});

describe('an instance in the middle of a run', () => {
  it('that was frozen for longer than its lock writes nothing when it wakes', async () => {
    file.hang();
    const run = await begin(one);
    await until(isBeingRead, { seconds: 10 });
    process.kill(one.pid, 'SIGSTOP');
    await letLeasesExpire();
    await until(async () => (await follower(run.id))?.state === 'SUCCEEDED', { seconds: 15 });
    expect(await follower(run.id)).toMatchObject({ trigger: 'CATCH_UP', startedBy: { kind: 'SYSTEM' } });

    file.letOut({ ...PEOPLE, users: [...PEOPLE.users, person('intruder')] });
    process.kill(one.pid, 'SIGCONT');
    await until(() => !isBeingRead(), { seconds: 10 });
    file.answer();
    const again = await begin(one);
    await ended(again.id);

    expect(await runOf(run.id)).toMatchObject({
      state: 'FAILED',
      error: 'The process one.1 stopped reporting, and another run takes its place.',
    });
    const { rows } = await looking.query(`SELECT FROM users WHERE username = 'intruder'`);
    expect(rows).toEqual([]);
    expect(await runOf(again.id)).toMatchObject({ state: 'SUCCEEDED' });
  }, 60_000);

  it('that is stopped ends in time, and another one does what was left', async () => {
    file.hang();
    const run = await begin(one);
    await until(isBeingRead, { seconds: 10 });
    const stopping = one.stop();
    await until(async () => (await follower(run.id))?.state === 'SUCCEEDED', { seconds: 15 });
    file.answer(); // Node waits at its end for whoever reads a file
    expect(await stopping).toBe(0);
    expect(await runOf(run.id)).toMatchObject({
      state: 'FAILED',
      error: 'The process that carried it out was stopped.',
    });
    one = await startOne();
  }, 60_000);

  it('that is killed is known to be dead when it is started again, long before its lock is over', async () => {
    file.hang();
    const run = await begin(one);
    await until(isBeingRead, { seconds: 10 });
    await one.kill();
    file.answer();
    one = await startOne();
    const { rows } = await looking.query<{ isEarly: boolean }>(
      `SELECT clock_timestamp() < started_at + interval '60 seconds' AS "isEarly" FROM housekeeping_runs WHERE id = $1`,
      [run.id],
    );
    expect(rows).toEqual([{ isEarly: true }]);
    expect(await runOf(run.id)).toMatchObject({ state: 'FAILED' });
    expect(await follower(run.id)).toMatchObject({ state: 'SUCCEEDED', trigger: 'CATCH_UP' });
  }, 60_000);
});

describe('what an instance says of it', () => {
  it('holds no password and no name of a person', () => {
    for (const product of [one, other]) expect(product.logs()).not.toMatch(/-secret|gwen|intruder/);
  });
});
