import { describe, expect, it } from '@jest/globals';
import { AUDIT_ACTIONS } from '@tokenwarden/audit';
import { ANNOUNCED_ACTIONS, isAnnounced } from './announced.rules.js';

const OUTCOME = { outcome: 'SUCCEEDED', details: null };
const ANNOUNCED = [
  ...['token.created', 'token.rotated', 'token.revoked', 'tokens.bulk-revoked'],
  ...['policy.updated', 'housekeeping.failed', 'directory.held', 'service-account.orphaned'],
];
const others = Object.keys(AUDIT_ACTIONS).filter((action) => !ANNOUNCED.includes(action));

describe('an event of the trail', () => {
  it.each(ANNOUNCED)('%s is announced', (action) => {
    expect(isAnnounced({ ...OUTCOME, action })).toBe(true);
    expect(isAnnounced({ ...OUTCOME, action, details: { reason: 'lost' } })).toBe(true);
    expect(ANNOUNCED_ACTIONS).toContain(action); // or the feeder does not read it at all
  });
  it.each(others)('%s is not', (action) => expect(isAnnounced({ ...OUTCOME, action })).toBe(false));
  it('that was refused is not', () =>
    expect(isAnnounced({ action: 'token.created', outcome: 'REFUSED', details: null })).toBe(false));
});

describe('a token that is revoked', () => {
  const details = { reason: 'leak', revocationId: '7b1c2d3e-4f50-4a61-9b72-8c93ad04be15' };
  it('with many others is not announced by itself', () =>
    expect(isAnnounced({ ...OUTCOME, action: 'token.revoked', details })).toBe(false));
  it('is announced by the event of the many', () =>
    expect(isAnnounced({ ...OUTCOME, action: 'tokens.bulk-revoked', details })).toBe(true));
});
