import { describe, expect, it } from '@jest/globals';
import { inBatches } from './batches.js';

describe('batches', () => {
  it.each([
    [[], []],
    [[1], [[1]]],
    [[1, 2], [[1, 2]]],
    [
      [1, 2, 3],
      [[1, 2], [3]],
    ],
    [
      [1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ])('of two of %j are %j', (items, batches) => expect([...inBatches(items, 2)]).toEqual(batches));

  it('take no more than they need', () => {
    const taken: number[] = [];
    function* counting(): Generator<number> {
      for (let item = 1; ; item += 1) {
        taken.push(item);
        yield item;
      }
    }
    expect(inBatches(counting(), 3).next().value).toEqual([1, 2, 3]);
    expect(taken).toEqual([1, 2, 3]);
  });
});
