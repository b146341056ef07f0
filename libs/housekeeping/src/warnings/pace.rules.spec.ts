import { describe, expect, it } from '@jest/globals';
import { fewerAgain, FIRST_SIZE, nextSize } from './pace.rules.js';

describe('the size of a statement', () => {
  it('is a hundred at first, before anything is known', () => expect(FIRST_SIZE).toBe(100));
  it('stays where the last one took a quarter of a second', () => expect(nextSize(1_000, 250)).toBe(1_000));
  it('shrinks as much as the last one took too long', () => expect(nextSize(1_000, 1_000)).toBe(250));
  it('at most doubles', () => expect(nextSize(1_000, 10)).toBe(2_000));
  it('is one at least', () => expect(nextSize(100, 60_000)).toBe(1));
  it('is five thousand at most', () => expect(nextSize(4_000, 10)).toBe(5_000));
  it('is known of what took no time', () => expect(nextSize(1_000, 0)).toBe(2_000));
  it('is a quarter where the last one got nowhere', () => expect(fewerAgain(5_000)).toBe(1_250));
  it('is never nothing', () => expect(fewerAgain(3)).toBe(1));
});
