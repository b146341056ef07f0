import { describe, expect, it } from '@jest/globals';
import { unavailable } from '@tokenwarden/vocabulary';
import { BY_HAND, DONE, DRY, Gate, housekeepingForSpecs, succeed } from '../../test/running-housekeeping.js';
import { RunFailed, type RunWork } from './run.js';

const TASK = 'DIRECTORY_SYNC';
const housekeeping = housekeepingForSpecs();

async function outcomeOf(work: RunWork) {
  const { runs } = await housekeeping.another();
  return (await runs.begin(TASK, BY_HAND, work)).ended;
}
const fail = (error: unknown) => () => Promise.reject(error instanceof Error ? error : new Error());

describe('a run by hand', () => {
  it('is answered while it is RUNNING, and recorded with what it did', async () => {
    const { runs } = await housekeeping.another();
    const gate = new Gate();
    const { run, isNew, ended } = await runs.begin(TASK, BY_HAND, gate.work);
    expect(isNew).toBe(true);
    const begun = { state: 'RUNNING', trigger: 'MANUAL', dryRun: false, finishedAt: null, error: null };
    expect(run).toMatchObject({
      task: TASK,
      startedBy: BY_HAND.by.actor,
      ...begun,
      examined: 0,
      affected: 0,
    });
    gate.open();
    const after = await ended;
    expect(after).toEqual({ ...run, ...DONE, finishedAt: expect.any(Date) });
    expect(after.finishedAt?.getTime()).toBeGreaterThanOrEqual(run.startedAt.getTime());
  });

  it('is recorded with its start, by whoever started it', async () => {
    const { runs } = await housekeeping.another();
    const { run, ended } = await runs.begin(TASK, BY_HAND);
    await ended;
    expect(await housekeeping.events()).toEqual([
      {
        action: 'housekeeping.started',
        actor_name: 'ada',
        target_id: run.id,
        details: { task: TASK, dryRun: false },
      },
    ]);
  });

  it('is the one that is RUNNING already, here or elsewhere, and nothing is started or recorded', async () => {
    const [one, other] = [await housekeeping.another(), await housekeeping.another()];
    const gate = new Gate();
    const first = await one.runs.begin(TASK, BY_HAND, gate.work);
    const again = await one.runs.begin(TASK, BY_HAND);
    const elsewhere = await other.runs.begin(TASK, BY_HAND);
    for (const given of [again, elsewhere]) {
      expect(given).toMatchObject({ isNew: false, run: first.run });
    }
    gate.open();
    const ended = await first.ended;
    expect(await Promise.all([again.ended, elsewhere.ended])).toEqual([ended, ended]);
    expect(await housekeeping.all()).toHaveLength(1);
    expect(await housekeeping.events()).toHaveLength(1);
  });

  it('of many at the same moment on three instances is one', async () => {
    const instances = await Promise.all([1, 2, 3].map(() => housekeeping.another()));
    const gate = new Gate();
    const begun = await Promise.all(
      [...instances, ...instances].map(({ runs }) => runs.begin(TASK, BY_HAND, gate.work)),
    );
    expect(begun.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(begun.map(({ run }) => run.id)).size).toBe(1);
    gate.open();
    await Promise.all(begun.map(({ ended }) => ended));
    expect(await housekeeping.story()).toEqual(['MANUAL SUCCEEDED']);
  });
});

describe('a dry run', () => {
  it('runs beside a real one, and two of them are one', async () => {
    const [one, other] = [await housekeeping.another(), await housekeeping.another()];
    const [real, dry] = [new Gate(), new Gate()];
    const begun = await one.runs.begin(TASK, BY_HAND, real.work);
    const first = await one.runs.begin(TASK, DRY, dry.work);
    expect(first).toMatchObject({ isNew: true, run: { dryRun: true, state: 'RUNNING' } });
    expect(await other.runs.begin(TASK, DRY)).toMatchObject({ isNew: false, run: { id: first.run.id } });
    [real, dry].forEach((gate) => gate.open());
    expect(await first.ended).toMatchObject({ dryRun: true, ...DONE });
    await begun.ended;
  });

  it('cannot write, whatever its task tries', async () => {
    const { runs } = await housekeeping.another();
    let refusal: unknown;
    const { ended } = await runs.begin(TASK, DRY, async (context) => {
      await context.write(() => Promise.resolve()).catch((error: unknown) => (refusal = error));
      return DONE;
    });
    await ended;
    expect(refusal).toEqual(new Error('A dry run writes nothing.'));
  });

  it('changes nothing of its task, and fails without an alarm', async () => {
    const { runs } = await housekeeping.another();
    const before = await housekeeping.sql(
      'SELECT scheduled_through, last_success_at FROM housekeeping_tasks ORDER BY task',
    );
    await (
      await runs.begin(TASK, DRY)
    ).ended;
    expect(await (await runs.begin(TASK, DRY, fail(new RunFailed('No.')))).ended).toMatchObject({
      error: 'No.',
    });
    expect(
      await housekeeping.sql(
        'SELECT scheduled_through, last_success_at FROM housekeeping_tasks ORDER BY task',
      ),
    ).toEqual(before);
    expect((await housekeeping.events()).map(({ action }) => action)).toEqual([
      'housekeeping.started',
      'housekeeping.started',
    ]);
    expect(housekeeping.lines).toEqual([]);
  });
});

describe('a run that throws', () => {
  it('says why, in the words of whoever refused', async () => {
    expect(await outcomeOf(fail(unavailable('The database does not answer.')))).toMatchObject({
      state: 'FAILED',
      error: 'The database does not answer.',
    });
    expect(await outcomeOf(fail(new RunFailed('The file is gone.')))).toMatchObject({
      state: 'FAILED',
      error: 'The file is gone.',
      examined: 0,
    });
  });

  it('of what nobody has foreseen says so, and leaves the reason to the log, each time', async () => {
    const broken: RunWork = () => {
      throw new TypeError('x is not a function');
    };
    expect((await outcomeOf(broken)).error).toBe('It failed for a reason that only the log tells.');
    await outcomeOf(broken);
    expect(housekeeping.lines).toHaveLength(2);
    for (const line of housekeeping.lines) {
      expect(line).toMatchObject({ level: 'error', error: { message: 'x is not a function' } });
    }
  });
});

describe('what is kept of a run', () => {
  it('holds no secret and nothing that Postgres refuses', async () => {
    const session = `tws_${'a'.repeat(43)}`;
    const run = await outcomeOf(() =>
      Promise.resolve({
        state: 'FAILED',
        examined: 0,
        affected: 0,
        error: `Found ${session} and \u0000.`,
        details: { session, name: 'a\u0000b', half: '\ud800', list: ['fine'] },
      }),
    );
    expect(run.error).toBe('Found [redacted] and \ufffd.');
    expect(run.details).toEqual({ session: '[withheld]', name: 'a\ufffdb', half: '\ufffd', list: ['fine'] });
  });

  it('tells when the task last succeeded', async () => {
    await outcomeOf(succeed);
    await outcomeOf(fail(new RunFailed('No.')));
    const [task] = await housekeeping.sql<{ isKnown: boolean }>(
      `SELECT last_success_at = (SELECT finished_at FROM housekeeping_runs WHERE state = 'SUCCEEDED') AS "isKnown"
       FROM housekeeping_tasks WHERE task = '${TASK}'`,
    );
    expect(task?.isKnown).toBe(true);
  });
});

describe('a fault of a task', () => {
  it('is told once when it begins, for each reason, and once when it ends, whichever instance meets it', async () => {
    const [one, other] = [await housekeeping.another(), await housekeeping.another()];
    const works = [
      succeed,
      fail(new RunFailed('No answer.')),
      fail(new RunFailed('Still none.')),
      succeed,
      succeed,
    ];
    for (const [i, work] of works.entries()) {
      const { runs } = i % 2 === 0 ? one : other;
      await (
        await runs.begin(TASK, { ...BY_HAND, trigger: 'SCHEDULE' }, work)
      ).ended;
    }
    const [, failed] = await housekeeping.all();
    expect(await housekeeping.events()).toEqual([
      {
        action: 'housekeeping.failed',
        actor_name: 'Tokenwarden',
        target_id: failed?.id,
        details: { task: TASK, trigger: 'SCHEDULE', error: 'No answer.' },
      },
    ]);
    expect(housekeeping.lines.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
      'error: A housekeeping task fails: No answer.',
      'warn: A housekeeping task still fails, and for another reason: Still none.',
      'info: A housekeeping task that failed goes through again.',
    ]);
  });

  it('begins with the first run of all, and is not ended or hidden by a dry run', async () => {
    const { runs } = await housekeeping.another();
    const begin = async (start: typeof BY_HAND, work: RunWork) => (await runs.begin(TASK, start, work)).ended;
    await begin(BY_HAND, fail(new RunFailed('No answer.')));
    await begin(DRY, succeed);
    await begin(BY_HAND, fail(new RunFailed('No answer.')));
    await begin(BY_HAND, succeed);
    await begin(DRY, fail(new RunFailed('No answer.')));
    await begin(BY_HAND, fail(new RunFailed('No answer.')));
    const failed = (await housekeeping.events()).filter(({ action }) => action === 'housekeeping.failed');
    expect(failed).toHaveLength(2);
  });

  it('is ended by a run that was held', async () => {
    await outcomeOf(fail(new RunFailed('No answer.')));
    await outcomeOf(() => Promise.resolve({ state: 'HELD', examined: 9, affected: 0 }));
    expect(housekeeping.lines.at(-1)?.msg).toBe('A housekeeping task that failed goes through again.');
  });
});
