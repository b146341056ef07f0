import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { permissionsOfUser } from '@tokenwarden/directory';
import {
  ADA_ID,
  ADMINS_ID,
  Gate,
  instanceForSpecs,
  people,
  syncWorldForSpecs,
} from '../../test/sync-world.js';

const GAUGE = 'tokenwarden_directory_last_success_timestamp_seconds';
const ADA = { id: ADA_ID, username: 'ada', displayName: 'Ada', email: 'ada@example.com' };
const GROUPS = [{ id: ADMINS_ID, name: 'admins', members: ['ada'] }];

const world = syncWorldForSpecs();
const one = instanceForSpecs(world);

const write = (users: object[], groups: object[] = GROUPS) => world.says({ users, groups });
const runs = () =>
  world.sql<{ state: string; trigger: string; error: string | null }>(
    'SELECT state, trigger, error FROM housekeeping_runs ORDER BY fence',
  );

describe('the first synchronisation of all', () => {
  it('fills the copy and pins the administrators', async () => {
    await write([ADA]);
    await one.sync.firstSynchronisation();
    expect(await world.database.read((tx) => permissionsOfUser(tx, ADA_ID))).toEqual(['*:*']);
    expect(await one.metrics.registry.getSingleMetricAsString(GAUGE)).toMatch(/timestamp_seconds \d{10}/);
    expect(await runs()).toEqual([{ state: 'SUCCEEDED', trigger: 'SCHEDULE', error: null }]);
  });

  it('waits for a whole answer', async () => {
    const first = one.sync.firstSynchronisation();
    await one.synchronise();
    await write([ADA]);
    await first;
    expect(world.said('no whole answer')).toHaveLength(1);
    expect(world.said('goes through again')).toHaveLength(1);
  });

  it('is not spared by somebody who signs in meanwhile, and lets nobody in', async () => {
    await write([{ ...ADA, password: 'ada-demo' }, { email: 'nonsense' }]);
    await expect(one.directory.authenticate('ada', 'ada-demo')).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    expect(await world.sql('SELECT FROM users')).toEqual([]);
    // As somebody would stand there whose sign-in was written all the same.
    await world.sql(
      `INSERT INTO users (id, username, canonical_username, display_name, search_text) VALUES ($1, 'a', 'a', 'A', 'a')`,
      [ADA_ID],
    );
    await expect(one.sync.firstSynchronisation({ patienceMilliseconds: 10 })).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    await write([{ ...ADA, password: 'ada-demo' }]);
    await one.sync.firstSynchronisation();
    expect(await one.directory.authenticate('ada', 'ada-demo')).toMatchObject({ id: ADA_ID });
  });

  it('may have no group', async () => {
    await write([ADA], []);
    await one.sync.firstSynchronisation();
    await rm(world.path);
    await one.sync.firstSynchronisation({ patienceMilliseconds: 10 });
  });

  it('gives up with the reason where none comes', async () => {
    await write([{ ...ADA, email: 'nonsense' }]);
    await expect(one.sync.firstSynchronisation({ patienceMilliseconds: 300 })).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
      message: expect.stringContaining('users.0.email'),
    });
  });

  it('gives up where the directory does not answer at all', async () => {
    await write([ADA]);
    const gate = new Gate();
    const isReading = gate.close();
    const hanging = await world.instance('hanging', gate);
    const first = hanging.sync.firstSynchronisation({ patienceMilliseconds: 300 });
    await isReading;
    await expect(first).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
    gate.letThrough();
  });

  it('waits on for an answer that has come and is being written', async () => {
    await write([ADA]);
    let first: Promise<void> | undefined;
    await world.database.transaction(async (tx) => {
      await tx.query('LOCK TABLE users IN SHARE MODE'); // nothing can be written until this ends
      first = one.sync.firstSynchronisation({ patienceMilliseconds: 300 });
      await sleep(900);
    });
    await first;
    expect(await runs()).toMatchObject([{ state: 'SUCCEEDED' }]);
  });

  it('is done by a process that takes the name of one which died in the middle of it', async () => {
    await write([ADA]);
    const gate = new Gate();
    const isReading = gate.close();
    const dead = await world.instance('the-same', gate);
    const lost = dead.synchronise();
    await isReading;
    const again = await world.instance('the-same');
    await again.sync.firstSynchronisation();
    expect(await runs()).toMatchObject([{ state: 'FAILED' }, { state: 'SUCCEEDED' }]);
    gate.letThrough();
    expect(await lost).toMatchObject({ state: 'FAILED' });
  });
});

describe('a start on a copy', () => {
  beforeEach(async () => {
    await write([ADA]);
    await one.synchronise();
  });

  it('goes on when the directory is down', async () => {
    await rm(world.path);
    await one.sync.firstSynchronisation();
    expect(await runs()).toMatchObject([{ state: 'SUCCEEDED' }, { state: 'FAILED' }]);
  });

  it('waits for its synchronisation, and no longer than it has patience for', async () => {
    await one.sync.firstSynchronisation();
    expect((await runs()).map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const gate = new Gate();
    const isReading = gate.close();
    const slow = await world.instance('slow', gate);
    await slow.sync.firstSynchronisation({ onCopyMilliseconds: 10 });
    await isReading;
    expect((await runs()).map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'RUNNING']);
    gate.letThrough();
  });

  it('says why the directory has been failing, where that began before', async () => {
    await rm(world.path);
    await one.sync.firstSynchronisation();
    expect(world.said('this start goes on')).toEqual([]); // that it begins is said already
    const [{ error } = { error: null }] = (await runs()).slice(-1);
    const other = await world.instance();
    await other.sync.firstSynchronisation();
    expect(world.said('this start goes on')).toEqual([expect.stringContaining(error ?? '?')]);
    await write([ADA]);
    await (await world.instance()).sync.firstSynchronisation();
    expect(world.said('this start goes on')).toHaveLength(1);
  });

  it('catches up with what was missed by that very run', async () => {
    await world.sql(`UPDATE housekeeping_tasks SET scheduled_through = clock_timestamp() - interval '1 day'`);
    await one.sync.firstSynchronisation();
    expect((await runs()).map(({ trigger }) => trigger)).toEqual(['MANUAL', 'CATCH_UP']);
  });
});

describe('a synchronisation', () => {
  it('that fails keeps the copy, and says so once when it begins, for each reason, and once when it ends', async () => {
    await write([ADA]);
    await one.synchronise();
    await writeFile(world.path, '{');
    expect(await one.synchronise()).toMatchObject({ state: 'FAILED' });
    await one.synchronise();
    expect(world.said('no whole answer')).toHaveLength(1);
    await write([]);
    expect(await one.synchronise()).toMatchObject({ state: 'FAILED' });
    await one.synchronise();
    expect(await world.activeUsers()).toBe(1);
    await write([ADA]);
    await one.synchronise();
    await one.synchronise();
    // Another reason is said once as well, and is the same fault.
    expect(world.said('no whole answer')).toHaveLength(2);
    expect(world.said('for another reason')).toHaveLength(1);
    expect(world.said('goes through again')).toHaveLength(1);
    expect(await world.events('housekeeping.failed')).toHaveLength(1);
  });

  it('leaves it to the process that is at it already', async () => {
    await write([ADA]);
    const gate = new Gate();
    const isReading = gate.close();
    const other = await world.instance('other', gate);
    const first = other.synchronise();
    await isReading;
    const second = one.synchronise();
    gate.letThrough();
    expect((await second).id).toBe((await first).id);
    expect(await first).toMatchObject({ state: 'SUCCEEDED', examined: 2, affected: 2 });
    expect(await runs()).toHaveLength(1);
    expect(await one.synchronise()).toMatchObject({ state: 'SUCCEEDED', affected: 0, details: {} });
  });

  it('tells a warning once, while it lasts', async () => {
    await write([{ ...ADA, password: 'ada-demo' }]);
    await one.synchronise();
    const { details } = await one.synchronise();
    expect(world.said('plain passwords')).toHaveLength(1);
    expect(details).toEqual({ warnings: [expect.stringContaining('plain passwords')] });
  });

  it('writes no name and no password into the log', async () => {
    await write([{ ...ADA, password: 'ada-demo' }, ADA]);
    await one.synchronise();
    expect(JSON.stringify(world.lines)).not.toMatch(/ada/);
  });

  it('of many at once is one run', async () => {
    await world.says(people(0, 50));
    const processes = [one, await world.instance(), await world.instance()];
    const ended = await Promise.all([...processes, ...processes].map((each) => each.synchronise()));
    expect(new Set(ended.map(({ state }) => state))).toEqual(new Set(['SUCCEEDED']));
    expect(await world.events('user.created')).toHaveLength(51);
    // Whoever asked while it was RUNNING was given that one; a later one found nothing to do.
    expect((await runs()).length).toBe(new Set(ended.map(({ id }) => id)).size);
  });
});

describe('a process that was frozen while it read the directory', () => {
  it('applies nothing when it wakes after another one has taken its place: an older answer never follows a newer', async () => {
    await world.says(people(0, 19));
    await one.synchronise();
    const gate = new Gate();
    const isReading = gate.close();
    const frozen = await world.instance('frozen', gate);
    const old = frozen.synchronise();
    await isReading; // it has read that all are there
    await world.sql(`UPDATE housekeeping_runs SET lease_until = clock_timestamp() WHERE state = 'RUNNING'`);
    await world.says(people(2, 19));
    expect(await one.synchronise()).toMatchObject({ state: 'SUCCEEDED', affected: 2 });
    const events = await world.events();
    gate.letThrough();
    expect(await old).toMatchObject({ state: 'FAILED', affected: 0 });
    expect(await world.activeUsers()).toBe(18);
    expect(await world.events()).toEqual(events);
  });
});
