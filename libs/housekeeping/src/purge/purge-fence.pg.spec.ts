import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/harness/index.js';
import { keptTokensForSpecs } from '../../test/kept-tokens.js';
import { BY_HAND, Gate } from '../../test/running-housekeeping.js';
import type { RunContext, RunWork } from '../runs/run.js';
import { PurgeTask } from './purge.task.js';

const kept = keptTokensForSpecs();
const keeper = () => kept.another((database) => new PurgeTask(database));

const told = async () => (await kept.events('token.purged')).map(({ target_id }) => target_id).sort();

/** The task's work, which waits at a gate before its second batch, outside or inside of its transaction. */
function halting(run: RunWork, gate: Gate, place: 'outside' | 'inside'): RunWork {
  return (context) => {
    let batches = 0;
    const write: RunContext['write'] = async (work) => {
      const isTheOne = (batches += 1) === 2;
      if (isTheOne && place === 'outside') await gate.pass();
      return context.write(async (tx) => {
        const done = await work(tx);
        if (isTheOne && place === 'inside') await gate.pass();
        return done;
      });
    };
    return run({ ...context, write });
  };
}

describe('a purge whose process was frozen past its lease', () => {
  it('between two batches: another one does the rest, and it deletes nothing when it wakes', async () => {
    const due = await kept.tokens(3_500, { ends: '91 days' });
    const [frozen, other] = [await keeper(), await keeper()];
    const gate = new Gate();
    const begun = await frozen.runs.begin('PURGE', BY_HAND, halting(frozen.task.run, gate, 'outside'));
    await gate.reached;
    expect(await kept.count()).toBe(1_500);
    await kept.letLeasesExpire();
    await kept.setPolicy('purge', { after: 'P95D' }); // what is frozen still believes in P90D
    const young = await kept.tokens(3, { ends: '92 days' });
    expect(await kept.run(other)).toMatchObject({ state: 'SUCCEEDED', affected: 0 });
    await kept.setPolicy('purge', { after: 'P90D' });
    gate.open();
    expect(await begun.ended).toMatchObject({
      state: 'FAILED',
      error: expect.stringContaining('stopped reporting'),
    });
    expect(await kept.count()).toBe(1_503);
    expect(await kept.run(other)).toMatchObject({ state: 'SUCCEEDED', affected: 1_503 });
    expect(await told()).toEqual([...due, ...young].sort());
  });

  it('inside of a batch: that one is whole or nothing, and nothing has two events', async () => {
    const due = await kept.tokens(3_500, { ends: '91 days' });
    const [frozen, other] = [await keeper(), await keeper()];
    const gate = new Gate();
    const begun = await frozen.runs.begin('PURGE', BY_HAND, halting(frozen.task.run, gate, 'inside'));
    await gate.reached;
    await kept.letLeasesExpire();
    // It holds its run to the end of its commit: until then nobody takes its place.
    await other.scheduler.look();
    expect(await kept.story('PURGE')).toEqual(['MANUAL RUNNING']);
    gate.open();
    await until(async () => {
      await other.scheduler.look();
      return (await kept.story('PURGE')).length === 2;
    });
    await begun.ended;
    await until(async () => (await kept.story('PURGE'))[1] === 'CATCH_UP SUCCEEDED');
    expect(await kept.count()).toBe(0);
    expect(await told()).toEqual(due);
  });
});

describe('a purge whose process was killed', () => {
  it('between two batches is gone on with by the next one, which needs no more than what is still there', async () => {
    const due = await kept.tokens(2_800, { ends: '91 days' });
    const [killed, other] = [await keeper(), await keeper()];
    const gate = new Gate(); // it never opens
    await killed.runs.begin(
      'PURGE',
      { ...BY_HAND, trigger: 'SCHEDULE' },
      halting(killed.task.run, gate, 'outside'),
    );
    await gate.reached;
    await kept.letLeasesExpire();
    await other.scheduler.look();
    await until(async () => (await kept.story('PURGE'))[1] === 'CATCH_UP SUCCEEDED');
    expect(await told()).toEqual(due);
    gate.open();
  });

  it('in the middle of a batch has removed nothing of it', async () => {
    await kept.tokens(2_500, { ends: '91 days' });
    const instance = await keeper();
    const gate = new Gate();
    const begun = await instance.runs.begin('PURGE', BY_HAND, halting(instance.task.run, gate, 'inside'));
    await gate.reached;
    await kept.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'keeper-1' AND state = 'idle in transaction'`,
    );
    expect(await kept.count()).toBe(500);
    expect(await told()).toHaveLength(2_000);
    gate.open();
    expect(await begun.ended).toMatchObject({ state: 'SUCCEEDED', affected: 2_500 }); // the batch is done again
    expect(await told()).toHaveLength(2_500);
  });
});
