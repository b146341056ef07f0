import { describe, expect, it } from '@jest/globals';
import { keptInProportion } from './token-gauges.js';

describe('a count', () => {
  it('is given again for twenty times as long as it took, and then made anew', async () => {
    let now = 0;
    let reads = 0;
    const count = keptInProportion(
      async () => {
        now += 100;
        return (reads += 1);
      },
      () => now,
    );
    expect(await count()).toBe(1);
    now += 1_999;
    expect(await count()).toBe(1);
    now += 1;
    expect(await count()).toBe(2);
  });
  it('that failed is made anew at once', async () => {
    let isGone = true;
    const count = keptInProportion(async () => {
      if (isGone) throw new Error('gone');
      return 7;
    });
    await expect(count()).rejects.toThrow('gone');
    isGone = false;
    expect(await count()).toBe(7);
  });
});
