import { describe, expect, it } from '@jest/globals';
import { RefusalTimes } from './refusal-times.js';

/** Times as they were noted, milliseconds. */
function noted(compared: readonly number[], notCompared: readonly number[]): RefusalTimes {
  const times = new RefusalTimes();
  for (const time of compared) times.note(time, { wasCompared: true });
  for (const time of notCompared) times.note(time, { wasCompared: false });
  return times;
}

describe('what a refusal without a comparison lacks in time', () => {
  it('is the difference of the medians', () => {
    expect(noted([40, 1_000, 41, 42, 2], [1, 2, 3]).missing).toBe(41 - 2);
  });

  it('is nothing where nothing was compared yet', () => expect(noted([], [1]).missing).toBe(0));

  it('is nothing where a comparison takes no longer', () => {
    expect(noted([2], [3]).missing).toBe(0);
    expect(noted([3.4], [3]).missing).toBe(0);
  });

  it('follows the server: what is long past does not count', () => {
    const times = noted(Array<number>(51).fill(400), [1]);
    for (let i = 0; i < 51; i += 1) times.note(21, { wasCompared: true });
    expect(times.missing).toBe(20);
  });

  it('is waited for, to less than a timer can tell', async () => {
    const times = noted([21], [1]);
    const begun = performance.now();
    await times.waitForMissing();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(20);
  });
});
