import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Slices } from './slices.js';

/** Works for so many milliseconds, stopping after each. */
function* working(milliseconds: number): Generator<void, string> {
  for (let worked = 0; worked < milliseconds; worked += 1) {
    const end = performance.now() + 1;
    while (performance.now() < end);
    yield;
  }
  return 'done';
}

describe('a long calculation in slices', () => {
  it('gives what it gives at once', async () => expect(await new Slices().resultOf(working(3))).toBe('done'));

  it('lets others have their turn again and again', async () => {
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        await setImmediate();
        turns += 1;
      }
    })();
    await new Slices().resultOf(working(100));
    isOver = true;
    await others;
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('ends at the next slice once nobody wants it any more', async () => {
    const controller = new AbortController();
    const slices = new Slices({ signal: controller.signal });
    const result = slices.resultOf(working(100_000));
    controller.abort(new Error('nobody waits'));
    await expect(result).rejects.toThrow('nobody waits');
  });

  it('does what must be done about once a second', async () => {
    const begun = performance.now();
    let done = 0;
    await new Slices({ everySecond: () => Promise.resolve((done += 1)) }).resultOf(working(1_100));
    expect(done).toBeGreaterThanOrEqual(1);
    expect(done).toBeLessThanOrEqual((performance.now() - begun) / 1_000);
  });
});
