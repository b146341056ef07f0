import { describe, expect, it } from '@jest/globals';
import { checkedDuration, checkedSchedule, chosen } from './values.rules.js';

const faultOf = (field: string, message: string) =>
  expect.objectContaining({ code: 'INVALID_INPUT', field, message: expect.stringContaining(message) });

describe('a value of the policy', () => {
  it('is a length from the shortest on, in its shortest form', () => {
    expect(checkedDuration('PT24H', 'span', 'PT1S')).toBe('P1D');
    expect(checkedDuration('PT1S', 'span', 'PT1S')).toBe('PT1S');
    for (const bad of ['PT0S', 'P3650DT1S', 'P1M', ''])
      expect(() => checkedDuration(bad, 'span', 'PT1S')).toThrow(faultOf('span', 'PT1S'));
  });
  it('is a schedule that comes to pass, with single spaces', () => {
    expect(checkedSchedule(' 0\t8  * * * ', 'when')).toBe('0 8 * * *');
    expect(() => checkedSchedule('0 0 31 2 *', 'when')).toThrow(faultOf('when', 'cron'));
  });
  it('is some of the words that there are, each once and in their order', () => {
    expect(chosen(['a', 'b', 'c'], ['c', 'a', 'c'], 'which', 'one at least')).toEqual(['a', 'c']);
    expect(() => chosen(['a'], [], 'which', 'one at least')).toThrow(faultOf('which', 'one at least'));
  });
});
