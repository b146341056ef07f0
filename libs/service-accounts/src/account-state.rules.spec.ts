import { describe, expect, it } from '@jest/globals';
import { stateOf } from './account-state.rules.js';

const AT = new Date('2026-03-01T00:00:00Z');

describe('the state of a service account', () => {
  it('is ACTIVE while nothing speaks against it', () =>
    expect(stateOf({ suspendedAt: null, orphanedAt: null })).toBe('ACTIVE'));
  it('is ORPHANED from the moment its last group is gone', () =>
    expect(stateOf({ suspendedAt: null, orphanedAt: AT })).toBe('ORPHANED'));
  it('is SUSPENDED before it is anything else', () =>
    expect(stateOf({ suspendedAt: AT, orphanedAt: AT })).toBe('SUSPENDED'));
});
