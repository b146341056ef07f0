import { describe, expect, it } from '@jest/globals';
import { smtpOutcome, type SmtpStep } from './smtp-outcome.rules.js';

const outcome = (step: SmtpStep, code?: number, isTimeout = false) =>
  smtpOutcome({ step, code, reply: 'words', isTimeout });
const HELD = { end: 'LATER', reply: 'words', holdsChannel: true };

describe('an attempt that ended', () => {
  it.each([
    ['CONNECTION', undefined],
    ['CONNECTION', 421],
    ['CONNECTION', 554],
    ['CONNECTION', 535],
    ['SENDER', 451],
    ['SENDER', 550],
    ['SENDER', undefined],
  ] as const)('at %s with %s holds everything', (step, code) => expect(outcome(step, code)).toEqual(HELD));

  it.each(['RECIPIENT', 'MESSAGE', 'HANDED_OVER'] as const)(
    'at %s is about this message: from 500 on for good, below for now',
    (step) => {
      expect(outcome(step, 500)).toEqual({ end: 'GIVEN_UP', reply: 'words' });
      expect(outcome(step, 550)).toEqual({ end: 'GIVEN_UP', reply: 'words' });
      expect(outcome(step, 499)).toEqual({ end: 'LATER', reply: 'words' });
      expect(outcome(step, 450)).toEqual({ end: 'LATER', reply: 'words' });
    },
  );
  it.each([421, 503, 530, 534, 535, 538])('with %i is about the connection, whenever it is said', (code) => {
    for (const step of ['RECIPIENT', 'MESSAGE', 'HANDED_OVER'] as const)
      expect(outcome(step, code)).toEqual(HELD);
  });
  it.each(['RECIPIENT', 'MESSAGE'] as const)('at %s without a reply holds everything', (step) =>
    expect(outcome(step)).toEqual(HELD),
  );
  it('behind the last dot without a reply may have delivered; a time-out there holds everything else', () => {
    expect(outcome('HANDED_OVER')).toMatchObject({ end: 'LATER', isUnanswered: true, holdsChannel: false });
    expect(outcome('HANDED_OVER', undefined, true)).toMatchObject({ isUnanswered: true, holdsChannel: true });
  });
});
