import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  askedSecondsOf,
  BACK_OFF_SECONDS,
  backOffOf,
  backOffs,
  endingOf,
  type Outcome,
} from './delivery.rules.js';

const DAYS_5 = 5 * 86_400;
const drawn = backOffs(0.5);
const young = { attempts: 1, unanswered: 0, ageSeconds: 1 };
const ending = (outcome: Outcome, message: Partial<typeof young> = {}) =>
  endingOf(outcome, { ...young, ...message }, DAYS_5, drawn);
const later = { end: 'LATER', reply: '451 Later' } as const;

describe('the back-off', () => {
  it('is 20 to 40 seconds behind the first attempt, so that the second is within 60', () => {
    expect(backOffs(0)[0]).toBe(20);
    expect(backOffs(1)[0]).toBe(40);
  });
  it('doubles, and is an hour at the most', () => {
    expect(BACK_OFF_SECONDS).toEqual([30, 60, 120, 240, 480, 960, 1_920, 2_700]);
    expect(Math.max(...backOffs(1))).toBe(3_600);
    for (const attempts of [8, 9, 1_000]) expect(backOffOf(attempts, drawn)).toBe(2_700);
  });
  it('stays within a third of what it is without jitter, whatever is drawn', () =>
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        (random, attempts) => {
          const base = BACK_OFF_SECONDS[Math.min(attempts, 8) - 1] ?? 0;
          const seconds = backOffOf(attempts, backOffs(random));
          expect(seconds).toBeGreaterThanOrEqual((base * 2) / 3 - 1e-9);
          expect(seconds).toBeLessThanOrEqual((base * 4) / 3 + 1e-9);
        },
      ),
    ));
});

describe('what becomes of a message', () => {
  it('that was sent: it is SENT, however old', () =>
    expect(ending({ end: 'SENT' }, { ageSeconds: 10 * DAYS_5 })).toEqual({ state: 'SENT' }));
  it('that was refused for good: it is given up with the reply, at once', () =>
    expect(ending({ end: 'GIVEN_UP', reply: '550 No' })).toEqual({ state: 'GIVEN_UP', reply: '550 No' }));
  it('that has to wait: it waits by its attempts', () => {
    expect(ending(later)).toEqual({
      state: 'WAITING',
      reply: '451 Later',
      inSeconds: 30,
      isUnanswered: false,
    });
    expect(ending(later, { attempts: 3 })).toMatchObject({ inSeconds: 120 });
  });
  it('that has to wait for longer, since the other side says so: an hour at the most', () => {
    expect(ending({ ...later, notWithinSeconds: 300 })).toMatchObject({ inSeconds: 300 });
    expect(ending({ ...later, notWithinSeconds: 5 })).toMatchObject({ inSeconds: 30 });
    expect(ending({ ...later, notWithinSeconds: 1e9 })).toMatchObject({ inSeconds: 3_600 });
    expect(askedSecondsOf(later)).toBe(0);
  });
  it('that is as old as messages get: the attempt that failed was its last', () => {
    expect(ending(later, { ageSeconds: DAYS_5 - 1 })).toMatchObject({ state: 'WAITING' });
    expect(ending(later, { ageSeconds: DAYS_5 })).toEqual({ state: 'GIVEN_UP', reply: '451 Later' });
  });
  it('that was not tried: it is due at once, and nothing is said of it, however old', () =>
    expect(ending({ end: 'UNTRIED' }, { ageSeconds: 10 * DAYS_5 })).toEqual({
      state: 'WAITING',
      reply: null,
      inSeconds: 0,
      isUnanswered: false,
    }));
  it('that may have been delivered: it is tried three times, the last one a quarter of an hour later', () => {
    const unanswered = { ...later, isUnanswered: true };
    expect(ending(unanswered)).toMatchObject({ state: 'WAITING', isUnanswered: true, inSeconds: 30 });
    expect(ending(unanswered, { unanswered: 1 })).toMatchObject({ state: 'WAITING', inSeconds: 900 });
    expect(ending(unanswered, { unanswered: 2 })).toEqual({ state: 'GIVEN_UP', reply: '451 Later' });
    expect(ending(later, { unanswered: 2 })).toMatchObject({ state: 'WAITING', isUnanswered: false });
  });
});
