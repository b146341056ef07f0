import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PeriodicWork, type PeriodicTask } from './periodic-work.js';

const PERIOD = 1_000;

/** One time of the work that is under way. */
interface Time {
  readonly stopping: AbortSignal;
  succeed(): Promise<void>;
  fail(message?: string): Promise<void>;
}

let times: Time[];
let told: string[];
let periodic: PeriodicWork;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  [times, told] = [[], []];
  periodic = worker();
});
afterEach(() => void jest.useRealTimers());

/** Everything that waits for no timer has happened. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function worker(more: Partial<PeriodicTask> = {}): PeriodicWork {
  return new PeriodicWork({
    everyMilliseconds: PERIOD,
    work: (stopping) =>
      new Promise<void>((resolve, reject) => {
        times.push({
          stopping,
          succeed: () => (resolve(), settled()),
          fail: (message = 'gone') => (reject(new Error(message)), settled()),
        });
      }),
    onTrouble: (error) => told.push(`trouble: ${(error as Error).message}`),
    onRecovered: () => told.push('recovered'),
    ...more,
  });
}
const time = (number: number): Time => {
  const found = times[number - 1];
  if (!found) throw new Error(`It has not worked ${number} times.`);
  return found;
};

describe('work in the background', () => {
  it('begins after the first rest, not a moment before', () => {
    periodic.start();
    jest.advanceTimersByTime(PERIOD - 1);
    expect(times).toHaveLength(0);
    jest.advanceTimersByTime(1);
    expect(times).toHaveLength(1);
  });
  it('rests as long after each time, however long that took', async () => {
    periodic.start();
    jest.advanceTimersByTime(PERIOD);
    jest.advanceTimersByTime(10 * PERIOD);
    expect(times).toHaveLength(1);
    await time(1).succeed();
    jest.advanceTimersByTime(PERIOD - 1);
    expect(times).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(times).toHaveLength(2);
  });
  it('is started once only', async () => {
    periodic.start();
    periodic.start();
    jest.advanceTimersByTime(PERIOD);
    await time(1).succeed();
    expect([times.length, jest.getTimerCount()]).toEqual([1, 1]);
  });
  it('does nothing before its start', () => {
    periodic.wake();
    jest.advanceTimersByTime(10 * PERIOD);
    expect(times).toHaveLength(0);
  });
});

describe('a rest', () => {
  it('keeps no process alive', async () => {
    jest.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    periodic.start();
    expect(timers()).toBe(before);
    await periodic.stop();
  });
});

describe('work that is woken', () => {
  it('begins at once where it rests, and rests anew after that', async () => {
    periodic.start();
    jest.advanceTimersByTime(PERIOD - 1);
    periodic.wake();
    expect(times).toHaveLength(1);
    jest.advanceTimersByTime(1);
    await time(1).succeed();
    jest.advanceTimersByTime(PERIOD - 1);
    expect(times).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(times).toHaveLength(2);
  });
  it('is never done twice at once, and once more however often it is asked meanwhile', async () => {
    periodic.start();
    periodic.wake();
    for (let i = 0; i < 3; i++) periodic.wake();
    await settled();
    expect(times).toHaveLength(1);
    await time(1).succeed();
    expect(times).toHaveLength(2);
    await time(2).succeed();
    expect(times).toHaveLength(2);
  });
  it('waits for its rest where the time before has failed', async () => {
    periodic.start();
    periodic.wake();
    periodic.wake();
    await time(1).fail();
    expect(times).toHaveLength(1);
    jest.advanceTimersByTime(PERIOD);
    expect(times).toHaveLength(2);
    await time(2).succeed();
    expect(times).toHaveLength(2);
  });
});

describe('work that is stopped', () => {
  it('is waited for, and told so', async () => {
    periodic.start();
    periodic.wake();
    let isStopped = false;
    const stopped = periodic.stop().then(() => (isStopped = true));
    await settled();
    expect([isStopped, time(1).stopping.aborted]).toEqual([false, true]);
    await time(1).succeed();
    await stopped;
  });
  it('begins no more: not by itself, not asked, not asked before', async () => {
    periodic.start();
    periodic.wake();
    periodic.wake();
    const stopped = periodic.stop();
    await time(1).succeed();
    await stopped;
    periodic.wake();
    jest.advanceTimersByTime(10 * PERIOD);
    expect([times.length, jest.getTimerCount()]).toEqual([1, 0]);
  });
  it('stops at once where it rests, and where it never began', async () => {
    await worker().stop();
    periodic.start();
    await periodic.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
  it('may start again', async () => {
    periodic.start();
    await periodic.stop();
    periodic.start();
    jest.advanceTimersByTime(PERIOD);
    expect(times).toHaveLength(1);
    expect(time(1).stopping.aborted).toBe(false);
  });
});

describe('trouble', () => {
  it('is told once when it begins and once when it has ended, and then anew', async () => {
    periodic.start();
    for (const isGood of [true, false, false, true, true, false]) {
      jest.advanceTimersByTime(PERIOD);
      const last = time(times.length);
      await (isGood ? last.succeed() : last.fail(`time ${times.length}`));
    }
    expect(told).toEqual(['trouble: time 2', 'recovered', 'trouble: time 6']);
  });
  it('before anything was awaited is no other', async () => {
    periodic = worker({
      work: () => {
        throw new Error('at once');
      },
    });
    periodic.start();
    jest.advanceTimersByTime(PERIOD);
    await settled();
    expect([told, jest.getTimerCount()]).toEqual([['trouble: at once'], 1]);
  });
  it('is known to whoever hears of each time, behind what was told of it', async () => {
    periodic = worker({ onTimeEnded: (isInTrouble) => told.push(isInTrouble ? 'in trouble' : 'well') });
    periodic.start();
    for (const isGood of [true, false, false, true]) {
      jest.advanceTimersByTime(PERIOD);
      await (isGood ? time(times.length).succeed() : time(times.length).fail());
    }
    expect(told).toEqual(['well', 'trouble: gone', 'in trouble', 'in trouble', 'recovered', 'well']);
  });
});
