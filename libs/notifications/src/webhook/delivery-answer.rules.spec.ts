import { describe, expect, it } from '@jest/globals';
import { restAskedFor, verdictOn } from './delivery-answer.rules.js';

const NOW = new Date('2026-11-27T08:00:00Z');
const answered = (status: number, retryAfter?: string) => verdictOn({ status, retryAfter }, NOW);

describe('an event', () => {
  it.each([200, 202, 204, 299])('is delivered where the receiver answers %i', (status) =>
    expect(answered(status)).toMatchObject({ isDelivered: true, reply: null }),
  );
  it.each([199, 300, 302, 308, 400, 401, 404, 410, 429, 500, 503])('is not where it answers %i', (status) =>
    expect(answered(status)).toMatchObject({
      isDelivered: false,
      reply: expect.stringContaining(`${status}`),
    }),
  );
  it('is not where it does not answer', () =>
    expect(verdictOn({ fault: 'ECONNREFUSED' }, NOW)).toEqual({
      isDelivered: false,
      reply: 'The receiver did not answer (ECONNREFUSED).',
      isOfReceiver: true,
      restSeconds: 0,
    }));
});

describe('trouble', () => {
  it.each([301, 429, 503])('that %i tells of is the receiver’s, for all events', (status) =>
    expect(answered(status).isOfReceiver).toBe(true),
  );
  it.each([400, 413, 422, 500])('that %i tells of may be that of one event', (status) =>
    expect(answered(status).isOfReceiver).toBe(false),
  );
  it('says of a redirect what would be right', () => expect(answered(302).reply).toContain('WEBHOOK_URL'));
});

describe('a receiver that wants to be left alone', () => {
  it.each([
    ['120', 120],
    ['3600', 3_600],
    ['3601', 3_600],
    ['999999999', 3_600],
    ['0', 0],
    ['Fri, 27 Nov 2026 08:02:00 GMT', 120],
    ['Fri, 27 Nov 2026 07:00:00 GMT', 0],
    ['Fri, 27 Nov 2099 07:00:00 GMT', 3_600],
    ['-5', 0],
    ['1e3', 0],
    ['soon', 0],
    ['', 0],
    [undefined, 0],
  ])('by %p is for %i s', (header, seconds) => expect(restAskedFor(header, NOW)).toBe(seconds));
  it('is also by an answer of 500', () => expect(answered(500, '90').restSeconds).toBe(90));
});
