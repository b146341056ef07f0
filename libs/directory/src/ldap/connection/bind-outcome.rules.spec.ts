import { describe, expect, it } from '@jest/globals';
import { bindOutcome } from './bind-outcome.rules.js';

const KINDS = ['openldap', 'active-directory', '389ds'] as const;

type Kind = (typeof KINDS)[number];
const outcomeOf = (code: number, kind: Kind, mustChange = false) => bindOutcome({ code, mustChange }, kind);

describe('what a server says to a name and a password', () => {
  it.each([
    [0, 'accepted'],
    [49, 'wrong'],
    [19, 'refused'],
    [32, 'refused'],
    [34, 'refused'],
    [48, 'refused'],
    [50, 'refused'],
  ])('result %i is "%s", whatever kind the server is', (code, outcome) => {
    for (const kind of KINDS) expect(outcomeOf(code, kind)).toBe(outcome);
  });

  it('a right password that must be changed first lets nobody in', () => {
    for (const kind of KINDS) expect(outcomeOf(0, kind, true)).toBe('wrong');
    for (const kind of KINDS) expect(outcomeOf(52, kind, true)).toMatchObject({ kind: 'busy' });
  });

  it('389 DS refuses who is inactivated by unwillingToPerform; the others answer nobody with it', () => {
    expect(outcomeOf(53, '389ds')).toBe('refused');
    expect(outcomeOf(53, 'openldap')).toMatchObject({ kind: 'other' });
    expect(outcomeOf(53, 'active-directory')).toMatchObject({ kind: 'other' });
  });

  it.each([
    [1, 'other'],
    [2, 'other'],
    [7, 'other'],
    [8, 'refused'],
    [10, 'other'],
    [13, 'refused'],
    [14, 'other'],
    [51, 'busy'],
    [52, 'busy'],
    [80, 'other'],
    [-1, 'other'],
  ])('result %i says nothing of them: a fault, never a wrong password', (code, kind) => {
    for (const schema of KINDS) expect(outcomeOf(code, schema)).toMatchObject({ kind });
  });

  it('accepts by success alone', () => {
    for (let code = 1; code < 130; code += 1)
      for (const kind of KINDS) expect(outcomeOf(code, kind)).not.toBe('accepted');
  });
});
