import { describe, expect, it } from '@jest/globals';
import { clockDifference } from './clock-difference.rules.js';

const NOON = new Date('2026-11-28T12:00:00Z').getTime();
/** Asked at noon, answered a second later. */
const told = (moment: number) =>
  clockDifference({
    asked: new Date(NOON),
    moment: new Date(NOON + moment),
    answered: new Date(NOON + 1_000),
  });

describe('the clocks of the database and of this process', () => {
  it.each([-5_000, 0, 500, 1_000, 6_000])('are together where the database says %d ms past noon', (moment) =>
    expect(told(moment)).toBeUndefined(),
  );
  it.each([
    [-5_001, '5 seconds behind'],
    [6_001, '5 seconds ahead of'],
    [121_000, '2 minutes ahead of'],
    [-3 * 3_600_000, '3 hours behind'],
    [365 * 86_400_000, '365 days ahead of'],
  ])('are apart where it says %d ms: %s', (moment, words) =>
    expect(told(moment)).toContain(`about ${words}`),
  );
});
