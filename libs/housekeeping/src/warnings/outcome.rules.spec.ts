import { describe, expect, it } from '@jest/globals';
import { outcomeOfTelling } from './outcome.rules.js';

const NONE = { sent: 0, waiting: 0, givenUp: [], givenUpCount: 0, lastReply: null };
const REFUSED = { recipientName: 'Grace', email: 'grace@example.com', reply: '550 no such user' };

describe('the end of a run that tells people', () => {
  it('is success where there was nobody to tell', () =>
    expect(outcomeOfTelling(NONE)).toEqual({
      state: 'SUCCEEDED',
      details: { told: 0, waiting: 0, refused: 0, failedRecipients: [] },
    }));
  it('is success where one was told, and names who was refused', () =>
    expect(
      outcomeOfTelling({
        sent: 1,
        waiting: 2,
        givenUp: [REFUSED],
        givenUpCount: 1,
        lastReply: '550 no such user',
      }),
    ).toEqual({
      state: 'SUCCEEDED',
      details: {
        ...{ told: 1, waiting: 2, refused: 1 },
        failedRecipients: [{ name: 'Grace', email: 'grace@example.com', reply: '550 no such user' }],
      },
    }));
  it('is failure with the reply where all wait', () =>
    expect(outcomeOfTelling({ ...NONE, waiting: 1, lastReply: '451 later' })).toMatchObject({
      state: 'FAILED',
      error: 'Nobody could be told. 451 later',
    }));
  it('is failure where the only one was refused', () =>
    expect(
      outcomeOfTelling({ ...NONE, givenUp: [REFUSED], givenUpCount: 1, lastReply: '550 no such user' }),
    ).toMatchObject({ state: 'FAILED', error: 'Nobody could be told. 550 no such user' }));
  it('says so where no server has said anything', () =>
    expect(outcomeOfTelling({ ...NONE, waiting: 1 })).toMatchObject({
      error: 'Nobody could be told. No server has answered in time.',
    }));
});
