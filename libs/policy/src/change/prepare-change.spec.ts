import { describe, expect, it } from '@jest/globals';
import { addDuration, Problem, SYSTEM } from '@tokenwarden/vocabulary';
import { FIRST_POLICY } from '../policy-document.rules.js';
import { prepareChange, requireSomeChange, type AskedChange } from './prepare-change.js';

const now = new Date('2026-03-01T12:00:00.700Z');
const current = {
  version: 4,
  document: FIRST_POLICY,
  createdAt: new Date('2026-02-01T00:00:00Z'),
  createdBy: SYSTEM.actor,
  reason: null,
};
const prepared = (asked: Partial<AskedChange>) =>
  prepareChange(current, { expectedVersion: 4, changes: {}, existingTokens: 'KEEP', ...asked }, now);
function refusalOf(work: () => unknown): Partial<Problem> | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, field: error.field };
    throw error;
  }
  return undefined;
}
const TOKEN = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(20)}.${'b'.repeat(20)}`;
const profiles = FIRST_POLICY.profiles.map(({ defaultLifetime, ...profile }) => ({
  ...profile,
  default: defaultLifetime,
}));

describe('a change that is prepared', () => {
  it('has the document, what is different, and no cap with KEEP', () =>
    expect(prepared({ changes: { orphanGrace: 'P1D' } })).toEqual({
      document: { ...FIRST_POLICY, orphanGrace: 'P1D' },
      difference: [{ path: 'orphanGrace', before: 'P30D', after: 'P1D' }],
      cap: null,
    }));
  it('is looked at for its values, then for its version', () => {
    const bad = { purge: { after: 'PT0S' } };
    expect(refusalOf(() => prepared({ expectedVersion: 3, changes: bad }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'changes.purge.after',
    });
    for (const expectedVersion of [3, 5, 0, -1]) {
      expect(refusalOf(() => prepared({ expectedVersion }))).toEqual({
        code: 'VERSION_CONFLICT',
        field: 'expectedVersion',
      });
    }
  });
  it('holds no secret, and names where it was', () => {
    const [first, ...others] = profiles;
    const changes = { profiles: [{ ...first!, description: `a ${TOKEN}` }, ...others] };
    expect(refusalOf(() => prepared({ changes }))).toMatchObject({ field: 'changes.profiles.0.description' });
    expect(refusalOf(() => prepared({ reason: TOKEN }))).toMatchObject({ field: 'reason' });
  });
});

describe('a cap that is prepared', () => {
  const cap = (enforceFrom?: Date) => prepared({ existingTokens: 'CAP', enforceFrom }).cap;
  it('begins now, in whole seconds, and knows the maximum of every profile', () =>
    expect(cap()).toEqual({
      enforceFrom: new Date('2026-03-01T12:00:00Z'),
      maxima: { ephemeral: 86_400, interactive: 30 * 86_400, automation: 365 * 86_400 },
    }));
  it('begins when it is asked to, rounded down', () =>
    expect(cap(new Date('2026-03-05T00:00:00.999Z'))?.enforceFrom).toEqual(new Date('2026-03-05T00:00:00Z')));
  it('begins now where it was asked to begin before', () =>
    expect(cap(new Date('2020-01-01T00:00:00Z'))?.enforceFrom).toEqual(new Date('2026-03-01T12:00:00Z')));
  it('begins within P3650D', () => {
    const last = addDuration(now, 'P3650D');
    expect(refusalOf(() => cap(last))).toBeUndefined();
    expect(refusalOf(() => cap(new Date(last.getTime() + 1)))).toEqual({
      code: 'INVALID_INPUT',
      field: 'enforceFrom',
    });
  });
  it('is no question of KEEP: a moment is refused then', () =>
    expect(refusalOf(() => prepared({ enforceFrom: addDuration(now, 'P1D') }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'enforceFrom',
    }));
});

describe('a change that changes nothing', () => {
  it('is refused, whatever was named in it', () => {
    for (const changes of [
      {},
      { purge: {} },
      { orphanGrace: 'P30D' },
      { profiles: [...profiles].reverse() },
    ]) {
      expect(refusalOf(() => requireSomeChange(prepared({ changes }), 0))).toEqual({
        code: 'INVALID_INPUT',
        field: 'changes',
      });
    }
  });
  it('is none where a value differs, or a token ends earlier', () => {
    expect(
      refusalOf(() => requireSomeChange(prepared({ changes: { requireScopes: true } }), 0)),
    ).toBeUndefined();
    expect(refusalOf(() => requireSomeChange(prepared({ existingTokens: 'CAP' }), 1))).toBeUndefined();
  });
});
