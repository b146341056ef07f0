import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { record } from '@tokenwarden/audit';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { tcpProxy, until, type TcpProxy } from '../../../../test/harness/index.js';
import { BY_HAND, DONE, Gate, housekeepingForSpecs } from '../../test/running-housekeeping.js';
import { RunFailed, type RunContext, type RunWork } from './run.js';

const TASK = 'DIRECTORY_SYNC';
const housekeeping = housekeepingForSpecs();

beforeEach(() => {
  begun = undefined;
});

const marks = async () =>
  (await housekeeping.events()).filter(({ action }) => action === 'group.renamed').length;
/** Waits until it is told to stop, and says so as a client does whose call was given up. */
const untilAborted: RunWork = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('This operation was aborted.')), { once: true });
  });
let begun: RunContext | undefined;
/** Writes, waits inside of the transaction, and then wants to end with it. */
const waitingInside =
  (before: Gate, behind?: Gate): RunWork =>
  async (context) => {
    begun = context;
    await context.write(async (tx) => {
      await record(tx, { action: 'group.renamed', by: SYSTEM });
      await before.pass();
      await context.finish(tx, DONE);
      await behind?.pass();
    });
    return DONE;
  };

describe('a run that takes too long', () => {
  const TOO_LONG = { state: 'FAILED', error: 'It took longer than the 0.3 seconds that it may take.' };

  it('is told to stop, and FAILED for that, whatever its work says', async () => {
    const { runs } = await housekeeping.another({ budgetSeconds: 0.3 });
    expect(await (await runs.begin(TASK, BY_HAND, untilAborted)).ended).toMatchObject(TOO_LONG);
  });

  it('ends without its work where that does not stop, and nothing can be written any more', async () => {
    const { runs } = await housekeeping.another({ budgetSeconds: 0.3 });
    const gate = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, (context) => {
      begun = context;
      return gate.work(context);
    });
    expect(await ended).toMatchObject(TOO_LONG);
    await expect(begun?.write(() => Promise.resolve())).rejects.toThrow('It took longer');
    gate.open();
  });

  it('does not commit what is not finished in time', async () => {
    const { runs } = await housekeeping.another({ budgetSeconds: 0.3 });
    const gate = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, waitingInside(gate));
    await until(() => begun?.signal.aborted ?? false);
    gate.open();
    expect(await ended).toMatchObject(TOO_LONG);
    expect(await marks()).toBe(0);
  });
});

describe('a run that was given up in the middle of a transaction', () => {
  it('is not said to have FAILED before that one has ended', async () => {
    const { runs } = await housekeeping.another({ budgetSeconds: 0.3 });
    const gate = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, async (context) => {
      await context.write(async (tx) => {
        await record(tx, { action: 'group.renamed', by: SYSTEM });
        await gate.pass();
      });
      return DONE;
    });
    const waiting = `SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')
      AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`;
    await until(async () => (await housekeeping.sql(waiting)).length > 0);
    expect(await housekeeping.story()).toEqual(['MANUAL RUNNING']);
    gate.open();
    expect(await ended).toMatchObject({ state: 'FAILED', error: expect.stringContaining('longer than') });
  });
});

describe('a process that is stopped', () => {
  it('ends its run as FAILED, and another one begins it again', async () => {
    const [stopped, other] = [await housekeeping.another(), await housekeeping.another()];
    const { ended } = await stopped.runs.begin(TASK, BY_HAND, untilAborted);
    await stopped.runs.beforeApplicationShutdown();
    expect(await ended).toMatchObject({
      state: 'FAILED',
      error: 'The process that carried it out was stopped.',
    });
    await other.scheduler.look();
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED', 'CATCH_UP SUCCEEDED']);
  });

  it('is no fault of the task, and hides none', async () => {
    const [stopped, other] = [await housekeeping.another(), await housekeeping.another()];
    await stopped.runs.begin(TASK, { ...BY_HAND, trigger: 'SCHEDULE' }, untilAborted);
    await stopped.runs.beforeApplicationShutdown();
    expect(await housekeeping.events()).toEqual([]);
    expect(housekeeping.lines).toMatchObject([
      { level: 'info', msg: expect.stringContaining('was stopped') },
    ]);
    const failing: RunWork = () => Promise.reject(new RunFailed('No answer.'));
    await (
      await other.runs.begin(TASK, { ...BY_HAND, trigger: 'SCHEDULE' }, failing)
    ).ended;
    expect((await housekeeping.events()).map(({ action }) => action)).toEqual(['housekeeping.failed']);
  });

  it('lets a commit go through', async () => {
    const { runs } = await housekeeping.another();
    const [before, behind] = [new Gate(), new Gate()];
    before.open();
    const { ended } = await runs.begin(TASK, BY_HAND, waitingInside(before, behind));
    await behind.reached;
    const stopping = runs.beforeApplicationShutdown();
    behind.open();
    await stopping;
    expect(await ended).toMatchObject(DONE);
    expect(await marks()).toBe(1);
  });

  it('takes back what is not at its end', async () => {
    const { runs } = await housekeeping.another();
    const before = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, waitingInside(before));
    await before.reached;
    const stopping = runs.beforeApplicationShutdown();
    before.open();
    await stopping;
    expect(await ended).toMatchObject({ state: 'FAILED' });
    expect(await marks()).toBe(0);
  });

  it('begins nothing any more', async () => {
    const { runs, scheduler } = await housekeeping.another();
    await runs.beforeApplicationShutdown();
    await expect(runs.begin(TASK, BY_HAND)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await housekeeping.missMoments('1 hour');
    await scheduler.look();
    expect(await housekeeping.all()).toEqual([]);
  });
});

describe('a database that is lost', () => {
  let proxy: TcpProxy;
  const lose = () => {
    proxy.faults.cutAfterBytes = 0;
    proxy.cut();
  };
  const comesBack = () => (proxy.faults.cutAfterBytes = undefined);

  beforeEach(async () => {
    proxy = await tcpProxy(housekeeping.server.url);
  });
  afterEach(async () => {
    await housekeeping.forget();
    await proxy.close();
  });

  function behindProxy() {
    const url = new URL(housekeeping.server.url);
    url.port = String(proxy.port);
    url.hostname = '127.0.0.1';
    return housekeeping.another({ url: url.href });
  }

  it('in the middle of a transaction leaves nothing of it, and the run says so when it is back', async () => {
    const { runs } = await behindProxy();
    const before = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, waitingInside(before));
    await before.reached;
    lose();
    before.open();
    comesBack();
    expect(await ended).toMatchObject({ state: 'FAILED', error: expect.stringContaining('database') });
    expect(await marks()).toBe(0);
  });

  it('for a moment does not keep a run from ending as it did', async () => {
    const { runs } = await behindProxy();
    const gate = new Gate();
    const { ended } = await runs.begin(TASK, BY_HAND, gate.work);
    await gate.reached;
    lose();
    const connections = proxy.connections;
    gate.open();
    await until(() => proxy.connections > connections + 1); // it has tried twice at least
    comesBack();
    expect(await ended).toMatchObject(DONE);
  });

  it('for longer than a lease leaves the run to whoever finds it', async () => {
    const [lost, other] = [await behindProxy(), await housekeeping.another()];
    const gate = new Gate();
    const { ended } = await lost.runs.begin(TASK, BY_HAND, gate.work);
    await gate.reached;
    lose();
    await housekeeping.letLeasesExpire();
    await other.scheduler.look();
    gate.open();
    comesBack();
    expect(await ended).toMatchObject({ error: expect.stringContaining('stopped reporting') });
    await housekeeping.untilNobodyRuns();
    expect(await housekeeping.story()).toEqual(['MANUAL FAILED', 'CATCH_UP SUCCEEDED']);
  });
});
