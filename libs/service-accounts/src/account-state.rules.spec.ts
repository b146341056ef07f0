import { describe, expect, it } from '@jest/globals';
import { stateOf } from './account-state.rules.js';

const AT = new Date('2026-03-01T00:00:00Z');

describe('the state of a service account', () => {
  it('is ACTIVE while nothing speaks against it', () =>
    expect(stateOf({ suspendedAt: null, orphanedAt: null, deletedAt: null })).toBe('ACTIVE'));
  it('is ORPHANED from the moment its last group is gone', () =>
    expect(stateOf({ suspendedAt: null, orphanedAt: AT, deletedAt: null })).toBe('ORPHANED'));
  it('is SUSPENDED before it is anything else', () =>
    expect(stateOf({ suspendedAt: AT, orphanedAt: AT, deletedAt: null })).toBe('SUSPENDED'));
  it('is SUSPENDED once it is deleted: nothing that it left behind looks alive', () =>
    expect(stateOf({ suspendedAt: null, orphanedAt: null, deletedAt: AT })).toBe('SUSPENDED'));
});
