import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NOBODY } from '@tokenwarden/vocabulary';
import { startSmtp, until, type RunningSmtp } from '../../../../test/harness/index.js';
import { BY_HAND, Gate } from '../../test/running-housekeeping.js';
import { warningWorldForSpecs, type WarningInstance } from '../../test/warning-world.js';
import { LostRun, type RunContext, type RunWork } from '../runs/run.js';

const world = warningWorldForSpecs();
let smtp: RunningSmtp;
const another = () => world.another({ smtp: { host: '127.0.0.1', port: smtp.port } });

beforeEach(async () => {
  smtp = await startSmtp();
});
afterEach(() => smtp.stop());

/** Each address that got mail, as often as it did. */
const told = () =>
  smtp
    .accepted()
    .map(({ to }) => to)
    .sort();
const ALL = ['grace@example.org', 'linus@example.org'];

/** grace and linus with a token each, and an account of both. */
async function people(): Promise<void> {
  const [grace, linus] = [await world.user('grace'), await world.user('linus')];
  await world.token({ ends: '1 hour', userId: grace, name: 'a' });
  await world.token({ ends: '2 hours', userId: linus, name: 'b' });
  const both = await world.account('both', [await world.group([grace, linus])]);
  await world.token({ ends: '3 hours', accountId: both, name: 'c' });
}

/** The task's work, which waits at a gate before or at the end of the write of this number. */
function halting(run: RunWork, gate: Gate, number: number, place: 'before' | 'within'): RunWork {
  return (context) => {
    let writes = 0;
    const write: RunContext['write'] = async (work) => {
      const isTheOne = (writes += 1) === number;
      if (isTheOne && place === 'before') await gate.pass();
      return context.write(async (tx) => {
        const done = await work(tx);
        if (isTheOne && place === 'within') await gate.pass();
        return done;
      });
    };
    return run({ ...context, write });
  };
}

const story = async () =>
  (
    await world.sql<{ told: string }>(
      `SELECT trigger || ' ' || state AS told FROM housekeeping_runs WHERE task = 'EXPIRY_WARNINGS' ORDER BY fence`,
    )
  ).map((run) => run.told);

async function everybodyIsToldOnce(): Promise<void> {
  expect(told()).toEqual(ALL);
  expect(await world.warnings()).toEqual([
    { token: 'a', threshold: 1, recipients: 1, isSent: true },
    { token: 'b', threshold: 1, recipients: 1, isSent: true },
    { token: 'c', threshold: 1, recipients: 2, isSent: true },
  ]);
  expect((await world.warnedEvents()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(await world.sql('SELECT FROM outbox_messages')).toHaveLength(2);
}

/** Whoever looks takes over, and ends well. */
async function takenOver(other: WarningInstance): Promise<void> {
  await world.letLeasesExpire();
  await until(async () => {
    await other.scheduler.look();
    return (await story())[1] === 'CATCH_UP SUCCEEDED';
  });
}

// 1: decides; 2 and 3: mails, and that there are no more; 4: events of a webhook; 5: hurries; 6: settles; 7: counts.
const STEPS = [1, 2, 3, 4, 5, 6, 7];

describe.each(STEPS)('a run that is stopped at its write %i', (step) => {
  it('before it, past its lease, is gone on with by another one, and writes nothing when it wakes', async () => {
    await people();
    const [frozen, other] = [await another(), await another()];
    const gate = new Gate();
    const work = halting(frozen.task.run, gate, step, 'before');
    const begun = await frozen.runs.begin('EXPIRY_WARNINGS', BY_HAND, work);
    await gate.reached;
    await takenOver(other);
    gate.open();
    expect(await begun.ended).toMatchObject({ state: 'FAILED', error: expect.stringContaining('stopped') });
    await everybodyIsToldOnce();
  });

  it('within it, with its connection, has written nothing of it, and does it again', async () => {
    await people();
    const killed = await another();
    const gate = new Gate();
    const work = halting(killed.task.run, gate, step, 'within');
    const begun = await killed.runs.begin('EXPIRY_WARNINGS', BY_HAND, work);
    await gate.reached;
    await world.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = $1 AND state = 'idle in transaction'`,
      [killed.name],
    );
    gate.open();
    expect(await begun.ended).toMatchObject({ state: 'SUCCEEDED' });
    await everybodyIsToldOnce();
  });
});

describe('a run that was killed behind its decisions', () => {
  it('leaves out, when another one goes on, what does not matter any more', async () => {
    const [grace, linus] = [await world.user('grace'), await world.user('linus')];
    const revoked = await world.token({ ends: '1 hour', userId: grace, name: 'revoked' });
    const rotated = await world.token({ ends: '1 hour', userId: grace, name: 'rotated' });
    const moved = await world.token({ ends: '2 hours', userId: grace, name: 'moved' });
    await world.token({ ends: '1 hour', userId: grace, name: 'stays' });
    await world.token({ ends: '1 hour', userId: linus, name: 'of-linus' });
    const [killed, other] = [await another(), await another()];
    const gate = new Gate();
    await killed.runs.begin('EXPIRY_WARNINGS', BY_HAND, halting(killed.task.run, gate, 2, 'before'));
    await gate.reached;
    await world.sql(
      `UPDATE access_tokens SET revoked_at = clock_timestamp(), revoked_by = '{}' WHERE id = $1`,
      [revoked],
    );
    await world.sql('UPDATE access_tokens SET rotated_at = clock_timestamp() WHERE id = $1', [rotated]);
    await world.sql(`UPDATE access_tokens SET ends_at = ends_at - interval '1 hour' WHERE id = $1`, [moved]);
    await world.sql(`UPDATE users SET state = 'DISABLED' WHERE id = $1`, [linus]);
    await takenOver(other);
    gate.open();
    expect(told()).toEqual(['grace@example.org']);
    expect(smtp.accepted()[0]?.parsed.text).not.toMatch(/revoked\n|rotated\n|of-linus/);
    expect(await world.warnings()).toEqual([
      { token: 'moved', threshold: 1, recipients: 0, isSent: true },
      { token: 'moved', threshold: 1, recipients: 1, isSent: true }, // of its end now
      { token: 'of-linus', threshold: 1, recipients: 0, isSent: true },
      { token: 'revoked', threshold: 1, recipients: 0, isSent: true },
      { token: 'rotated', threshold: 1, recipients: 0, isSent: true },
      { token: 'stays', threshold: 1, recipients: 1, isSent: true },
    ]);
  });

  it('tells of a token once, by its most urgent warning, where a shorter threshold has passed by then', async () => {
    await world.token({ ends: '2 days', userId: await world.user('grace') });
    const [killed, other] = [await another(), await another()];
    const gate = new Gate();
    await killed.runs.begin('EXPIRY_WARNINGS', BY_HAND, halting(killed.task.run, gate, 2, 'before'));
    await gate.reached;
    await world.setWarnings({ thresholds: ['P7D', 'P3D'] });
    await takenOver(other);
    gate.open();
    expect(told()).toHaveLength(1);
    const [message] = await world.sql<{ tokens: { threshold: string }[] }>(
      `SELECT content -> 'tokens' AS tokens FROM outbox_messages`,
    );
    expect(message?.tokens.map(({ threshold }) => threshold)).toEqual(['P3D']);
    expect(await world.warnings()).toMatchObject([
      { threshold: 7, isSent: true },
      { threshold: 3, isSent: true },
    ]);
  });
});

describe('a run that has lost its place', () => {
  it('writes nothing, by whatever way', async () => {
    await people();
    const one = await another();
    const lost: RunContext = {
      ...{ runId: NOBODY, dryRun: false, trigger: 'MANUAL', startedBy: BY_HAND.by },
      signal: new AbortController().signal,
      write: () => Promise.reject(new LostRun('Another run has taken the place of this one.')),
      finish: () => Promise.reject(new LostRun('The run has ended already.')),
    };
    await expect(one.task.run(lost)).rejects.toThrow(LostRun);
    for (const table of ['token_warnings', 'outbox_messages', 'audit_pending_events'])
      expect(await world.sql(`SELECT FROM ${table}`)).toEqual([]);
  });
});

describe('a sender that is quicker than the run', () => {
  it('has its messages counted all the same', async () => {
    await people();
    const one = await another();
    const gate = new Gate();
    const { ended } = await one.runs.begin(
      'EXPIRY_WARNINGS',
      BY_HAND,
      halting(one.task.run, gate, 5, 'before'),
    );
    await gate.reached;
    await until(() => told().length === 2);
    gate.open();
    expect(await ended).toMatchObject({ state: 'SUCCEEDED', details: { messages: 2, told: 2 } });
    await everybodyIsToldOnce();
  });
});

describe('three instances', () => {
  it('that look at the same moment tell once of what is due, at each of sixty moments that were set back', async () => {
    await people();
    const ada = await world.user('ada');
    const instances = [await another(), await another(), await another()];
    const look = () => Promise.all(instances.map(({ scheduler }) => scheduler.look()));
    // It has no moment of its own while the test runs: each run is of one that was set back.
    await world.setWarnings({ schedule: '0 0 1 1 *' });
    await look();
    for (let moment = 1; moment <= 60; moment += 1) {
      await world.token({ ends: '1 hour', userId: ada, name: `z${moment}` });
      await world.missMoments('366 days');
      await look();
      await until(async () => {
        const runs = await story();
        return runs.length >= moment && runs.every((run) => !run.endsWith('RUNNING'));
      });
      expect(told().filter((to) => to === 'ada@example.org')).toHaveLength(moment);
    }
    expect(await story()).toEqual(Array(60).fill(expect.stringMatching(/SUCCEEDED$/)));
    expect(told().filter((to) => to !== 'ada@example.org')).toEqual(ALL);
    const warned = (await world.warnings()).map(({ token, isSent }) => [token, isSent]);
    const names = ['a', 'b', 'c', ...Array.from({ length: 60 }, (_, i) => `z${i + 1}`)].sort();
    expect(warned.sort()).toEqual(names.map((name) => [name, true]));
    expect((await world.warnedEvents()).map(({ name }) => name).sort()).toEqual(names);
  }, 180_000);

  it('go by a policy that another one has changed at their next look', async () => {
    await world.setWarnings({ enabled: false, schedule: '0 0 1 1 *' });
    const instances = [await another(), await another(), await another()];
    await Promise.all(instances.map(({ scheduler }) => scheduler.look()));
    await world.token({ ends: '2 days', userId: await world.user('grace') });
    await world.setWarnings({ enabled: true, schedule: '* * * * *', thresholds: ['P1D'] });
    // The new schedule has no moment yet: it comes within a minute, or is set back here.
    await Promise.all(instances.map(({ scheduler }) => scheduler.look()));
    await world.missMoments('1 minute');
    await Promise.all(instances.map(({ scheduler }) => scheduler.look()));
    await until(
      async () => (await story()).every((run) => run.endsWith('SUCCEEDED')) && (await story()).length > 0,
    );
    expect(await world.warnings()).toEqual([]); // P1D has not passed
    await world.setWarnings({ thresholds: ['P3D'] });
    expect(await instances[2]?.run()).toMatchObject({ state: 'SUCCEEDED', affected: 1 });
    expect(told()).toEqual(['grace@example.org']);
  });
});
