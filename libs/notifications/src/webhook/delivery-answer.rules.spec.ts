import { describe, expect, it } from '@jest/globals';
import { outcomeOf, restAskedFor } from './delivery-answer.rules.js';

const NOW = new Date('2026-11-27T08:00:00Z');
const answered = (status: number, retryAfter?: string) => outcomeOf({ status, retryAfter }, NOW);

describe('an event', () => {
  it.each([200, 202, 204, 299])('is sent where the receiver answers %i', (status) =>
    expect(answered(status)).toEqual({ end: 'SENT' }),
  );
  it.each([199, 300, 302, 308, 400, 401, 404, 410, 429, 500, 503])(
    'is tried again where it answers %i',
    (status) =>
      expect(answered(status)).toMatchObject({ end: 'LATER', reply: expect.stringContaining(`${status}`) }),
  );
  it('is tried again where it does not answer', () =>
    expect(outcomeOf({ fault: 'ECONNREFUSED' }, NOW)).toEqual({
      end: 'LATER',
      reply: 'The receiver did not answer (ECONNREFUSED).',
      holdsChannel: true,
    }));
});

describe('trouble', () => {
  it.each([301, 429, 502, 503, 504])('that %i tells of is the receiver’s, and every event waits', (status) =>
    expect(answered(status)).toMatchObject({ holdsChannel: true }),
  );
  it.each([400, 413, 422, 500])('that %i tells of may be that of one event', (status) =>
    expect(answered(status)).toMatchObject({ holdsChannel: false }),
  );
  it('says of a redirect what would be right', () =>
    expect(answered(302)).toMatchObject({ reply: expect.stringContaining('WEBHOOK_URL') }));
});

describe('a receiver that wants to be left alone', () => {
  it.each([
    ['120', 120],
    ['999999999', 999_999_999],
    ['0', 0],
    ['Fri, 27 Nov 2026 08:02:00 GMT', 120],
    ['Fri, 27 Nov 2026 07:00:00 GMT', 0],
    ['-5', 0],
    ['1e3', 0],
    ['soon', 0],
    ['', 0],
    [undefined, 0],
  ])('by %p is for %i s', (header, seconds) => expect(restAskedFor(header, NOW)).toBe(seconds));
  it('is also by an answer of 500', () =>
    expect(answered(500, '90')).toMatchObject({ notWithinSeconds: 90 }));
});
