import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { signIn, type SignedIn } from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { askForSync, endOf, recentRuns, syncNow } from './directory-runs.js';
import { accountById, createAccount, everybody, grantTo, groupIds, userById } from './principals.js';
import { askForAccountToken, isActive, issuedIn, type Issued } from './token-calls.js';
import { twoOnSlapdForSpecs } from './two-on-slapd.js';
import { until } from './waiting.js';

jest.setTimeout(60_000);

const { world, directory, one, other, ada, gate, sync } = twoOnSlapdForSpecs();
let grace: SignedIn;
beforeAll(async () => {
  grace = await signIn(one.url, 'grace');
});

/** A group with its grant, and a service account that stands on it alone, with a token of Grace's making. */
async function team(name: string) {
  await directory.addGroup(name, 'grace');
  await sync();
  const id = (await groupIds(one.url, ada))[name] ?? '';
  await grantTo(one.url, ada, name, [`dataset/${name}:read`]);
  const account = await createAccount(one.url, ada, `nightly of ${name}`, [name]);
  const token = issuedIn(await askForAccountToken(one.url, grace, { serviceAccountId: account }));
  expect(await isActive(other.url, gate, token.value)).toBe(true);
  return { id, account, token };
}

async function becomes(active: boolean, { value }: Issued): Promise<void> {
  for (const { url } of [one, other])
    await until(async () => (await isActive(url, gate, value)) === active, { seconds: 1 });
}

async function actionsOn(targetId: string): Promise<string[]> {
  const trail = await auditLines(one.url, ada);
  return trail.filter((event) => event.targetId === targetId).map(({ action }) => action);
}

describe('a service account', () => {
  it('goes on when any of the members of its group leaves', async () => {
    await directory.addUsers('leon');
    await directory.addGroup('pipelines', 'leon', 'grace');
    await sync();
    const account = await createAccount(one.url, ada, 'pipeline', ['pipelines']);
    const leon = await signIn(one.url, 'leon');
    const token = issuedIn(await askForAccountToken(one.url, leon, { serviceAccountId: account }));
    await directory.removeUsers('leon');
    expect((await sync()).details).toMatchObject({ users: { removed: 1 } });
    expect(await isActive(other.url, gate, token.value)).toBe(true);
    expect((await accountById(one.url, ada, account)).state).toBe('ACTIVE');
  });

  it('is orphaned when its last group is gone, and is back with the group under its id', async () => {
    const { id, account, token } = await team('reports');
    await directory.removeGroup('reports');
    const run = await sync();
    expect(run.details).toMatchObject({ groups: { removed: 1 }, orphanedAccounts: { count: 1 } });
    await becomes(false, token);
    const orphan = await accountById(one.url, ada, account);
    expect(orphan).toMatchObject({ state: 'ORPHANED', permissions: [] });
    const days =
      (Date.parse(orphan.recoverableUntil ?? '') - Date.parse(orphan.orphanedAt ?? '')) / 86_400_000;
    expect(days).toBe(30);
    expect(await gaugeOf('ORPHANED')).toBe(1);

    await directory.restoreGroup('reports', id, 'grace');
    expect((await sync()).details).toMatchObject({
      groups: { returned: 1 },
      recoveredAccounts: { count: 1 },
    });
    await becomes(true, token);
    expect(await accountById(one.url, ada, account)).toMatchObject({
      state: 'ACTIVE',
      permissions: ['dataset/reports:read'],
    });
    const life = await actionsOn(account);
    expect(life.slice(-2)).toEqual(['service-account.orphaned', 'service-account.recovered']);
  });
});

describe('a group', () => {
  it('that is created again under its name gets nothing of the old one', async () => {
    const { id, account, token } = await team('forecasts');
    await directory.removeGroup('forecasts');
    await directory.addGroup('forecasts', 'grace');
    await sync();
    expect((await groupIds(one.url, ada))['forecasts']).not.toBe(id);
    expect(await isActive(other.url, gate, token.value)).toBe(false);
    expect((await accountById(one.url, ada, account)).state).toBe('ORPHANED');
    expect((await userById(one.url, ada, grace.user.id)).permissions).not.toContain('dataset/forecasts:read');
    expect((await actionsOn(id)).at(-1)).toBe('group.removed');
  });

  it('that is renamed keeps its grants and its service accounts', async () => {
    const { id, account, token } = await team('metrics');
    await directory.renameGroup('metrics', 'measures');
    await sync();
    expect((await groupIds(one.url, ada))['measures']).toBe(id);
    expect(await isActive(other.url, gate, token.value)).toBe(true);
    expect((await accountById(one.url, ada, account)).permissions).toEqual(['dataset/metrics:read']);
    expect((await actionsOn(id)).at(-1)).toBe('group.renamed');
  });
});

describe('a synchronisation', () => {
  it('that is dry says what it would do, and does nothing', async () => {
    await directory.addUsers('dryden');
    const before = await everybody(one.url, ada);
    const run = await syncNow(one.url, ada, true);
    expect(run).toMatchObject({ state: 'SUCCEEDED', dryRun: true, affected: 1 });
    expect(run.details).toMatchObject({ users: { created: 1 } });
    expect(await everybody(one.url, ada)).toEqual(before);
    await sync();
    expect(await everybody(one.url, ada)).toHaveLength(before.length + 1);
  });

  it('that two instances are asked for at once is one run', async () => {
    world.slapd.freeze(); // so that neither is over before the other is asked
    const asked = [await askForSync(one.url, ada), await askForSync(other.url, ada)];
    world.slapd.thaw();
    const [first, second] = asked.map(({ data }) => data.runHousekeeping.run);
    expect(first).toMatchObject({ state: 'RUNNING', trigger: 'MANUAL' });
    expect(second?.id).toBe(first?.id);
    expect(await endOf(other.url, ada, first?.id ?? '')).toMatchObject({ state: 'SUCCEEDED', error: null });
  });

  it('that finds nothing changed writes nothing', async () => {
    await sync();
    const trail = (await auditLines(one.url, ada)).length;
    expect(await sync()).toMatchObject({
      affected: 0,
      trigger: 'MANUAL',
      startedBy: { kind: 'USER', name: 'ada' },
    });
    const more = (await auditLines(one.url, ada)).slice(trail).map(({ action }) => action);
    expect(more).toEqual(['housekeeping.started']);
  });

  it('is listed with all the others, by whichever instance is asked', async () => {
    const [here, there] = [await recentRuns(one.url, ada), await recentRuns(other.url, ada)];
    expect(there).toEqual(here);
    expect(new Set(here.map(({ task }) => task))).toEqual(new Set(['DIRECTORY_SYNC']));
  });
});

async function gaugeOf(state: string): Promise<number> {
  const text = await (await fetch(`${one.url}/metrics`)).text();
  return Number(
    new RegExp(`^tokenwarden_service_accounts\\{state="${state}"\\} (\\S+)$`, 'm').exec(text)?.[1],
  );
}
