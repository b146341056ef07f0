import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { graphql, signIn, type RunningProduct, type SignedIn } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { acceptChanges, syncNow, type ShownRun } from './directory-runs.js';
import { onSlapd, stoppedAmong, type DirectoryHand, type OnSlapd } from './ldap-directory.js';
import { everybody, grantTo } from './principals.js';
import { userToken, type Issued } from './token-calls.js';
import { until } from './waiting.js';

jest.setTimeout(60_000);

const OSLO = ['anna', 'bent', 'carl', 'dina', 'elin', 'finn'];

let world: OnSlapd;
let directory: DirectoryHand;
let product: RunningProduct;
let url: string;
let ada: SignedIn;
let gate: { readonly token: string };
/** One for each person of Oslo, and others. */
let tokens: Readonly<Record<string, Issued>>;

beforeAll(async () => {
  world = await onSlapd();
  ({ directory } = world);
  await directory.addUsers(...OSLO);
  await directory.addGroup('oslo', ...OSLO);
  product = await world.start();
  ({ url } = product);
  ada = await signIn(url, 'ada');
  gate = { token: (await userToken(url, ada, { scopes: ['tokens:introspect'] })).value };
  await grantTo(url, ada, 'analysts', ['directory:accept', 'housekeeping:run']);
  const issued = [...OSLO, 'grace', 'linus'].map(async (name) => [
    name,
    await userToken(url, await signIn(url, name)),
  ]);
  tokens = Object.fromEntries((await Promise.all(issued)) as [string, Issued][]);
});
afterAll(async () => {
  await world.stop();
});

const stopped = () => stoppedAmong(url, gate, tokens);

async function warnings(): Promise<string[]> {
  const answer = await fetch(`${url}/health/ready`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { warnings?: string[] }).warnings ?? [];
}

/** Gauges are counted every few seconds. */
async function gaugeBecomes(value: '0' | '1'): Promise<void> {
  const shown = async () => (await (await fetch(`${url}/metrics`)).text()).split('\n');
  await until(async () => (await shown()).includes(`tokenwarden_directory_held ${value}`), { seconds: 15 });
}

async function trailOf(run: ShownRun): Promise<string[]> {
  return (await auditLines(url, ada))
    .filter(({ targetId }) => targetId === run.id)
    .map(({ action }) => action);
}

describe('an answer that would take away too much', () => {
  let held: ShownRun;

  beforeAll(async () => {
    const before = await everybody(url, ada);
    // A whole office is gone, and somebody joined: neither is applied.
    await directory.removeGroup('oslo');
    await directory.removeUsers(...OSLO);
    await directory.addUsers('greta');
    held = await syncNow(url, ada);
    expect(await everybody(url, ada)).toEqual(before);
  });

  it('is held, says what it would have done, and stops no token', async () => {
    expect(held).toMatchObject({ state: 'HELD', affected: 0 });
    expect(held.details).toMatchObject({
      activeUsers: 10,
      removedUsers: { count: 6, listed: expect.arrayContaining([{ id: expect.any(String), name: 'anna' }]) },
      removedGroups: { count: 1 },
    });
    expect(await stopped()).toEqual([]);
  });

  it('is told in the trail, by the gauge and in the warnings of health, and the instance stays ready', async () => {
    expect(await trailOf(held)).toContain('directory.held');
    await gaugeBecomes('1');
    await until(async () => (await warnings()).join().includes('held'), { seconds: 5 });
  });

  it('is told once, however often it is read again', async () => {
    const again = await syncNow(url, ada);
    expect(again.state).toBe('HELD');
    const trail = await auditLines(url, ada);
    expect(trail.filter(({ action }) => action === 'directory.held')).toHaveLength(1);
    held = again;
  });

  it('is accepted only by who may, only the latest, and only a run that was held', async () => {
    const grace = await signIn(url, 'grace');
    expect((await acceptChanges(url, grace, held.id)).code).toBe('FORBIDDEN');
    const [, first] = await runsOf('HELD');
    const [succeeded] = await runsOf('SUCCEEDED');
    const refusals = [];
    for (const runId of [first, succeeded, randomUUID()]) {
      const { code, field } = await acceptChanges(url, ada, runId ?? '');
      refusals.push(`${code} on ${field}`);
    }
    expect(refusals).toEqual(['VERSION_CONFLICT on runId', 'INVALID_INPUT on runId', 'NOT_FOUND on runId']);
    expect(await stopped()).toEqual([]);
  });

  it('is held anew when by then it would take away more', async () => {
    await directory.removeUsers('linus');
    const { run } = (await acceptChanges(url, ada, held.id)).data.acceptDirectoryChanges;
    expect(run).toMatchObject({ state: 'HELD', details: { removedUsers: { count: 7 } } });
    expect(await stopped()).toEqual([]);
    held = run;
  });

  it('is applied once it is accepted, with what waited behind it, and is over', async () => {
    const edsger = await signIn(url, 'edsger');
    const accepted = await acceptChanges(url, edsger, held.id, 'Oslo was closed, and Linus left.');
    const { run } = accepted.data.acceptDirectoryChanges;
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      trigger: 'MANUAL',
      startedBy: { kind: 'USER', name: 'edsger' },
      details: { users: { created: 1, removed: 7 }, revokedTokens: 7 },
    });
    expect((await stopped()).sort()).toEqual([...OSLO, 'linus']);
    expect(await trailOf(held)).toContain('directory.accepted');
    await gaugeBecomes('0');
    await until(async () => !(await warnings()).join().includes('held'), { seconds: 5 });
    expect((await acceptChanges(url, ada, held.id)).code).toBe('VERSION_CONFLICT');
    expect((await syncNow(url, ada)).state).toBe('SUCCEEDED');
    await signIn(url, 'greta');
  });
});

describe('a held answer of a directory that is mended', () => {
  it('is forgotten by the next whole answer', async () => {
    const people = Array.from({ length: 6 }, (_, i) => `guest${i}`);
    await directory.addUsers(...people);
    await syncNow(url, ada);
    await directory.disableUsers(...people);
    const held = await syncNow(url, ada);
    expect(held).toMatchObject({ state: 'HELD', details: { disabledUsers: { count: 6 } } });
    await directory.enableUsers(...people);
    expect(await syncNow(url, ada)).toMatchObject({ state: 'SUCCEEDED', affected: 0 });
    await gaugeBecomes('0');
    expect((await acceptChanges(url, ada, held.id)).code).toBe('VERSION_CONFLICT');
  });
});

describe('accepting what would leave nobody to administer', () => {
  it('is refused, and nothing of it is applied', async () => {
    const people = ['grace', 'guest0', 'guest1', 'guest2', 'guest3', 'ada'];
    await directory.disableUsers(...people);
    const held = await syncNow(url, ada);
    expect(held.state).toBe('HELD');
    const before = await everybody(url, ada);
    const edsger = await signIn(url, 'edsger');
    expect((await acceptChanges(url, edsger, held.id)).code).toBe('WOULD_LOCK_OUT');
    expect(await everybody(url, ada)).toEqual(before);
    expect((await graphql(url, ada, '{ viewer { permissions } }')).data).toEqual({
      viewer: { permissions: ['*:*'] },
    });
    await directory.enableUsers(...people);
    expect((await syncNow(url, ada)).state).toBe('SUCCEEDED');
  });
});

/** The ids of real runs in this state, the newest first. */
async function runsOf(state: string): Promise<string[]> {
  const query =
    'query ($state: [HousekeepingRunState!]) { housekeepingRuns(state: $state) { nodes { id } } }';
  const answer = await graphql<{ housekeepingRuns: { nodes: { id: string }[] } }>(url, ada, query, {
    state: [state],
  });
  return answer.data.housekeepingRuns.nodes.map(({ id }) => id);
}
