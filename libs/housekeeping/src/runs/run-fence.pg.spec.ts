import { describe, expect, it } from '@jest/globals';
import { record } from '@tokenwarden/audit';
import { rows, type Transaction } from '@tokenwarden/database';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { until } from '../../../../test/harness/index.js';
import { BY_HAND, DONE, DRY, Gate, housekeepingForSpecs, succeed } from '../../test/running-housekeeping.js';
import { LostRun, type RunWork } from './run.js';

const TASK = 'DIRECTORY_SYNC';
const FAILED = { state: 'FAILED', error: expect.stringContaining('stopped reporting') };
const housekeeping = housekeepingForSpecs();

const mark = (tx: Transaction) => record(tx, { action: 'group.renamed', by: SYSTEM });
const marks = async () =>
  (await housekeeping.events()).filter(({ action }) => action === 'group.renamed').length;

/** A run that waits at a gate and then writes; `thrown` is what became of that. */
function writingAfter(gate: Gate) {
  const told: { thrown?: unknown; wasTold?: boolean } = {};
  const work: RunWork = async (context) => {
    await gate.pass();
    try {
      await context.write(mark);
    } catch (error) {
      told.thrown = error;
      told.wasTold = context.signal.aborted;
      throw error;
    }
    return DONE;
  };
  return { work, told };
}

/** A run that waits inside of a transaction in which it has written already, and ends with its commit. */
const waitingInside =
  (gate: Gate): RunWork =>
  async (context) => {
    await context.write(async (tx) => {
      await mark(tx);
      await gate.pass();
      await context.finish(tx, DONE);
    });
    return DONE;
  };

describe('a run that was taken over', () => {
  it('writes nothing when it wakes, and ends as whoever took it over has said', async () => {
    const [frozen, other] = [await housekeeping.another(), await housekeeping.another()];
    const gate = new Gate();
    const { work, told } = writingAfter(gate);
    const { ended } = await frozen.runs.begin(TASK, BY_HAND, work);
    await gate.reached;
    await housekeeping.letLeasesExpire();
    await other.scheduler.look();
    gate.open();
    expect(await ended).toMatchObject(FAILED);
    expect(told.thrown).toBeInstanceOf(LostRun);
    expect(told.wasTold).toBe(true);
    expect(await marks()).toBe(0);
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED', 'CATCH_UP SUCCEEDED']);
  });

  it('changes nothing where it only says how it ended', async () => {
    const [frozen, other] = [await housekeeping.another(), await housekeeping.another()];
    const gate = new Gate();
    const { ended } = await frozen.runs.begin(TASK, BY_HAND, gate.work);
    await housekeeping.letLeasesExpire();
    await other.scheduler.look();
    gate.open();
    expect(await ended).toMatchObject({ ...FAILED, examined: 0 });
    const [run] = await housekeeping.all();
    expect(run?.error).toBe(
      `The process ${frozen.name}.1 stopped reporting, and another run takes its place.`,
    );
  });

  it('is told once, as failed, although it has nobody to tell it', async () => {
    const [frozen, other] = [await housekeeping.another(), await housekeeping.another()];
    const [first, second] = [new Gate(), new Gate()];
    await frozen.runs.begin(TASK, BY_HAND, first.work);
    await housekeeping.letLeasesExpire();
    const { run } = await other.runs.begin(TASK, BY_HAND, second.work);
    expect(run).toMatchObject({ state: 'RUNNING', trigger: 'MANUAL' });
    first.open();
    second.open();
    await housekeeping.untilNobodyRuns();
    expect((await housekeeping.events()).map(({ action }) => action)).toEqual([
      'housekeeping.started',
      'housekeeping.failed',
      'housekeeping.started',
    ]);
  });
});

describe('a run whose lease is over', () => {
  it('writes nothing, although nobody has taken it over yet', async () => {
    const frozen = await housekeeping.another();
    const gate = new Gate();
    const { work, told } = writingAfter(gate);
    const { ended } = await frozen.runs.begin(TASK, BY_HAND, work);
    await gate.reached;
    await housekeeping.letLeasesExpire();
    gate.open();
    await until(() => told.thrown !== undefined);
    expect(told.thrown).toBeInstanceOf(LostRun);
    expect(await marks()).toBe(0);
    expect(await housekeeping.story()).toEqual(['MANUAL RUNNING']);
    await frozen.scheduler.look();
    expect(await ended).toMatchObject(FAILED);
  });

  it('is found by its own process, too', async () => {
    const frozen = await housekeeping.another();
    const gate = new Gate();
    await frozen.runs.begin(TASK, BY_HAND, gate.work);
    await housekeeping.letLeasesExpire();
    await frozen.scheduler.look();
    gate.open();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED', 'CATCH_UP SUCCEEDED']);
  });

  it('of a dry run is over, and nobody runs it again', async () => {
    const [dead, other] = [await housekeeping.another(), await housekeeping.another()];
    const gate = new Gate();
    await dead.runs.begin(TASK, DRY, gate.work);
    await housekeeping.letLeasesExpire();
    await other.scheduler.look();
    gate.open();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED']);
    expect((await housekeeping.events()).map(({ action }) => action)).toEqual(['housekeeping.started']);
  });

  it('is also one that is longer than any was given: the clock was set back since', async () => {
    const [dead, other] = [await housekeeping.another(), await housekeeping.another()];
    const gate = new Gate();
    await dead.runs.begin(TASK, BY_HAND, gate.work);
    await housekeeping.sql(
      `UPDATE housekeeping_runs SET lease_until = clock_timestamp() + interval '1 hour'`,
    );
    await other.scheduler.look();
    gate.open();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED', 'CATCH_UP SUCCEEDED']);
  });
});

describe('a run that is committing', () => {
  it('is not taken over, however late it is, and is whole', async () => {
    const [slow, other] = [await housekeeping.another(), await housekeeping.another()];
    const gate = new Gate();
    const { ended } = await slow.runs.begin(TASK, BY_HAND, waitingInside(gate));
    await gate.reached;
    await housekeeping.letLeasesExpire(); // which also shows that a renewal does not wait for it
    await other.scheduler.look();
    expect(await other.runs.begin(TASK, BY_HAND)).toMatchObject({ isNew: false });
    gate.open();
    expect(await ended).toMatchObject(DONE);
    expect(await housekeeping.story()).toEqual(['MANUAL SUCCEEDED']);
    expect(await marks()).toBe(1);
  });

  it('keeps what it did and how it ended together, or neither', async () => {
    const { runs } = await housekeeping.another();
    const work: RunWork = (context) =>
      context.write(async (tx) => {
        await mark(tx);
        await context.finish(tx, DONE);
        return Promise.reject(new Error('The last statement.'));
      });
    expect(await (await runs.begin(TASK, BY_HAND, work)).ended).toMatchObject({
      state: 'FAILED',
      examined: 0,
    });
    expect(await marks()).toBe(0);
  });

  it('ends where nobody waits for its answer any more, whatever is returned behind it', async () => {
    const { runs } = await housekeeping.another();
    const work: RunWork = async (context) => {
      await context.write((tx) => context.finish(tx, DONE));
      throw new Error('Something behind the commit.');
    };
    expect(await (await runs.begin(TASK, BY_HAND, work)).ended).toMatchObject(DONE);
    expect(await housekeeping.story()).toEqual(['MANUAL SUCCEEDED']);
  });
});

describe('the lease of a run', () => {
  it('ends early enough for the look that finds it to replace whoever is silent for 60 s', async () => {
    const { runs } = await housekeeping.another();
    const gate = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, gate.work);
    const found = await housekeeping.sql(
      `SELECT lease_until <= clock_timestamp() + interval '58 seconds' AS "isInTime" FROM housekeeping_runs`,
    );
    gate.open();
    await ended;
    expect(found).toEqual([{ isInTime: true }]);
  });

  it('is renewed while somebody carries it out, and not when it is over: then the work is told', async () => {
    const { runs } = await housekeeping.another();
    const [alive, late] = [new Gate(), new Gate()];
    const { ended } = await runs.begin(TASK, BY_HAND, alive.work);
    let signal: AbortSignal | undefined;
    await runs.begin(TASK, DRY, (context) => {
      signal = context.signal;
      return late.work(context);
    });
    const [first] = await housekeeping.all();
    await housekeeping.sql('UPDATE housekeeping_runs SET lease_until = clock_timestamp() WHERE dry_run');
    await until(async () => {
      const [run] = await housekeeping.all();
      return (run?.lease_until?.getTime() ?? 0) > (first?.lease_until?.getTime() ?? Infinity);
    });
    await until(() => signal?.aborted ?? false);
    expect(signal?.reason).toBeInstanceOf(LostRun);
    const [, dry] = await housekeeping.all();
    expect(dry).toMatchObject({ state: 'RUNNING', dry_run: true });
    [alive, late].forEach((gate) => gate.open());
    expect(await ended).toMatchObject(DONE);
  }, 60_000);
});

describe('the fence of a task', () => {
  it('grows with every claim, dry ones too', async () => {
    const { runs } = await housekeeping.another();
    for (const start of [BY_HAND, DRY, BY_HAND]) await (await runs.begin(TASK, start, succeed)).ended;
    expect((await housekeeping.all()).map(({ fence }) => fence)).toEqual(['1', '2', '3']);
    const [task] = await housekeeping.database.read((tx) =>
      rows<{ fence: string }>(tx, 'SELECT fence FROM housekeeping_tasks WHERE task = $1', [TASK]),
    );
    expect(task?.fence).toBe('3');
  });
});
