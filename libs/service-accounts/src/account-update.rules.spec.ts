import { describe, expect, it } from '@jest/globals';
import { canComeBack, differenceOf, isItself } from './account-update.rules.js';

const before = { name: 'etl', description: 'Loads.', groupIds: ['data', 'sales'] };
const details = (asked: Parameters<typeof differenceOf>[1]) => differenceOf(before, asked).details;

describe('what an update of a service account changes', () => {
  it('is nothing where nothing is asked, or what is so already', () => {
    expect(differenceOf(before, {})).toEqual({
      ...{ name: 'etl', description: 'Loads.', addedGroupIds: [], removedGroupIds: [] },
      details: {},
    });
    expect(details({ ...before, groupIds: ['sales', 'data', 'sales'] })).toEqual({});
  });
  it('is told with what was before', () =>
    expect(details({ name: 'loader', description: null })).toEqual({
      ...{ name: 'loader', nameBefore: 'etl' },
      ...{ description: null, descriptionBefore: 'Loads.' },
    }));
  it('is of the groups those that are added, each once, and those that are removed', () => {
    const { addedGroupIds, removedGroupIds } = differenceOf(before, { groupIds: ['data', 'ops', 'ops'] });
    expect([addedGroupIds, removedGroupIds]).toEqual([['ops'], ['sales']]);
    expect(details({ groupIds: ['data'] })).toEqual({ removedGroupIds: ['sales'] });
    expect(details({ groupIds: ['sales', 'data', 'ops'] })).toEqual({ addedGroupIds: ['ops'] });
  });
});

describe('an orphaned account', () => {
  const orphanedAt = new Date('2026-03-01T00:00:00Z');
  const at = (moment: string, grace = 'P30D') => canComeBack(orphanedAt, grace, new Date(moment));
  it('comes back until the grace is over, and not at its very end', () => {
    expect(at('2026-03-30T23:59:59.999Z')).toBe(true);
    expect(at('2026-03-31T00:00:00Z')).toBe(false);
  });
  it('never comes back where there is no grace', () =>
    expect(at('2026-03-01T00:00:00Z', 'PT0S')).toBe(false));
});

describe('an account that calls', () => {
  it('is itself by its id, and no user is', () => {
    expect(isItself({ principal: { kind: 'SERVICE_ACCOUNT', id: 'etl', name: 'etl' } }, 'etl')).toBe(true);
    expect(isItself({ principal: { kind: 'SERVICE_ACCOUNT', id: 'etl', name: 'etl' } }, 'other')).toBe(false);
    expect(isItself({ principal: { kind: 'USER', id: 'etl', name: 'etl' } }, 'etl')).toBe(false);
  });
});
