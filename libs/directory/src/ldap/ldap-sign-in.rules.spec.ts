import { describe, expect, it } from '@jest/globals';
import { bindOutcome } from './ldap-sign-in.rules.js';

const KINDS = ['openldap', 'active-directory', '389ds'] as const;

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
    for (const kind of KINDS) expect(bindOutcome(code, kind)).toBe(outcome);
  });

  it('389 DS refuses who is inactivated by unwillingToPerform; the others answer nobody with it', () => {
    expect(bindOutcome(53, '389ds')).toBe('refused');
    expect(bindOutcome(53, 'openldap')).toMatchObject({ kind: 'other' });
    expect(bindOutcome(53, 'active-directory')).toMatchObject({ kind: 'other' });
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
    for (const schema of KINDS) expect(bindOutcome(code, schema)).toMatchObject({ kind });
  });

  it('accepts by success alone', () => {
    for (let code = 1; code < 130; code += 1)
      for (const kind of KINDS) expect(bindOutcome(code, kind)).not.toBe('accepted');
  });
});
