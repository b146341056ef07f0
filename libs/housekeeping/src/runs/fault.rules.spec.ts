import { describe, expect, it } from '@jest/globals';
import { faultChange, type SaidRun } from './fault.rules.js';

const WELL: SaidRun = { isFault: false, error: null };
const failed = (error: string): SaidRun => ({ isFault: true, error });
const DOWN = failed('No server answers.');
const CUT = failed('The answer was cut off.');

describe('what an ended run means for its task', () => {
  it.each([
    ['nothing, where all goes well', WELL, [], 'NONE'],
    ['nothing, where it goes on well', WELL, [WELL, DOWN], 'NONE'],
    ['the beginning of a fault, in the first run of all', DOWN, [], 'BEGAN'],
    ['the beginning of a fault, as of another one before', DOWN, [WELL, DOWN], 'BEGAN'],
    ['that the fault lasts', DOWN, [DOWN, WELL], 'LASTS'],
    ['another reason', CUT, [DOWN, WELL], 'CHANGED'],
    ['another reason, though an earlier fault had it', CUT, [DOWN, WELL, CUT], 'CHANGED'],
    ['nothing new where two reasons take turns', CUT, [DOWN, CUT, DOWN, WELL], 'LASTS'],
    ['nothing new where the fault began before all that is known', DOWN, [CUT, DOWN], 'LASTS'],
    ['the end of the fault', WELL, [DOWN, WELL], 'ENDED'],
  ] as const)('is %s', (_, ended, before, change) => {
    expect(faultChange(ended, before)).toBe(change);
  });

  it.each([
    ['a number', 'Page 3 took 5012 ms.', 'Page 17 took 5001 ms.'],
    [
      'an id',
      'The id 0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01 is taken.',
      'The id 7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11 is taken.',
    ],
  ])('is no other reason where only %s differs', (_, one, other) => {
    expect(faultChange(failed(other), [failed(one)])).toBe('LASTS');
  });
});
