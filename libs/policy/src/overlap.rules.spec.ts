import { describe, expect, it } from '@jest/globals';
import { overlapFor } from './overlap.rules.js';

describe('the overlap of a rotation', () => {
  it('is PT24H where nothing is asked', () => expect(overlapFor('P7D', undefined)).toBe('P1D'));
  it('is the policy’s maximum where that is less', () => {
    expect(overlapFor('PT23H59M59S', undefined)).toBe('PT23H59M59S');
    expect(overlapFor('PT0S', undefined)).toBe('PT0S');
    expect(overlapFor('PT24H', undefined)).toBe('P1D');
  });
  it('may be nothing at all', () => expect(overlapFor('P7D', 'PT0S')).toBe('PT0S'));
  it('may be exactly the maximum', () => {
    expect(overlapFor('P7D', 'P7D')).toBe('P7D');
    expect(overlapFor('PT0S', 'PT0S')).toBe('PT0S');
  });
  it('is refused one second beyond, not shortened, and says the maximum', () => {
    for (const [maximum, asked] of [
      ['P7D', 'P7DT1S'],
      ['PT0S', 'PT1S'],
    ] as const) {
      expect(() => overlapFor(maximum, asked)).toThrow(
        expect.objectContaining({
          code: 'INVALID_INPUT',
          field: 'overlap',
          message: expect.stringContaining(maximum),
        }),
      );
    }
  });
});
