import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { durationOfSeconds, durationSeconds, Problem } from '@tokenwarden/vocabulary';
import { FIRST_POLICY } from '../policy-document.rules.js';
import { changedPolicy, type PolicyChanges } from './change.rules.js';
import type { AskedProfile } from './profiles.rules.js';

const changed = (changes: PolicyChanges) => changedPolicy(FIRST_POLICY, changes);
function refusalOf(changes: PolicyChanges): { field: string | undefined; message: string } | undefined {
  try {
    changed(changes);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.code).toBe('INVALID_INPUT');
    return { field: error.field, message: error.message };
  }
  return undefined;
}

const both: AskedProfile = {
  name: 'both',
  maximum: 'P30D',
  default: 'P7D',
  kinds: ['USER', 'SERVICE_ACCOUNT'],
  defaultFor: ['USER', 'SERVICE_ACCOUNT'],
};

describe('a change of the policy', () => {
  it('leaves what is left out as it is', () => {
    expect(changed({})).toEqual(FIRST_POLICY);
    expect(changed({ expiryWarnings: {}, purge: {}, idleRevocation: {} })).toEqual(FIRST_POLICY);
    expect(changed({ purge: { after: 'P1D' } })).toEqual({
      ...FIRST_POLICY,
      purge: { ...FIRST_POLICY.purge, after: 'P1D' },
    });
  });
  it('takes false and zero for what they are', () => {
    const off = changed({
      requireScopes: false,
      maximumOverlap: 'PT0S',
      orphanGrace: 'PT0S',
      purge: { enabled: false },
    });
    expect(off).toMatchObject({ maximumOverlap: 'PT0S', orphanGrace: 'PT0S', requireScopes: false });
    expect(off.purge).toEqual({ ...FIRST_POLICY.purge, enabled: false });
  });
  it('changes nothing of the policy that it is made from', () => {
    const before = JSON.stringify(FIRST_POLICY);
    changed({ profiles: [both], expiryWarnings: { thresholds: ['PT1S', 'P1D'] } });
    expect(JSON.stringify(FIRST_POLICY)).toBe(before);
  });
});

describe('the profiles of a change', () => {
  it('are a list of their own, whose faults are told by their path in the change', () => {
    expect(changed({ profiles: [both] }).profiles).toEqual([
      {
        ...{ name: 'both', description: null, maximum: 'P30D', defaultLifetime: 'P7D' },
        kinds: both.kinds,
        defaultFor: both.kinds,
      },
    ]);
    expect(refusalOf({ profiles: [{ ...both, maximum: 'P1M' }] })).toMatchObject({
      field: 'changes.profiles.0.maximum',
    });
    expect(refusalOf({ profiles: [] })).toMatchObject({ field: 'changes.profiles' });
  });
});

describe('the thresholds of a change', () => {
  const thresholds = (...of: string[]) => ({ expiryWarnings: { thresholds: of } });
  const FIELD = 'changes.expiryWarnings.thresholds';
  it('are kept longest first, in their shortest form', () =>
    expect(changed(thresholds('PT1S', 'PT48H', 'P1D')).expiryWarnings.thresholds).toEqual([
      'P2D',
      'P1D',
      'PT1S',
    ]));
  it('are 1 to 10', () => {
    const many = (count: number) => thresholds(...Array.from({ length: count }, (_, day) => `P${day + 1}D`));
    expect(refusalOf(many(1))).toBeUndefined();
    expect(refusalOf(many(10))).toBeUndefined();
    expect(refusalOf(many(11))).toMatchObject({ field: FIELD });
    expect(refusalOf(many(0))).toMatchObject({ field: FIELD, message: expect.stringContaining('enabled') });
  });
  it('are different as lengths', () =>
    expect(refusalOf(thresholds('P1D', 'P7D', 'PT24H'))).toMatchObject({ field: FIELD }));
  it.each(['PT0S', 'P1M', '-P1D', 'P3651D', '1', ''])('are not %j', (bad) =>
    expect(refusalOf(thresholds('P1D', bad))).toMatchObject({ field: `${FIELD}.1` }),
  );
});

describe('the channels of a change', () => {
  const channels = (...of: ('EMAIL' | 'WEBHOOK')[]) => ({ expiryWarnings: { channels: of } });
  it('are each there once, in one order', () =>
    expect(changed(channels('WEBHOOK', 'EMAIL', 'WEBHOOK')).expiryWarnings.channels).toEqual([
      'EMAIL',
      'WEBHOOK',
    ]));
  it('are at least one', () =>
    expect(refusalOf(channels())).toMatchObject({ field: 'changes.expiryWarnings.channels' }));
});

describe('a span of a change', () => {
  const at = {
    'changes.maximumOverlap': (span: string) => ({ maximumOverlap: span }),
    'changes.orphanGrace': (span: string) => ({ orphanGrace: span }),
    'changes.purge.after': (after: string) => ({ purge: { after } }),
    'changes.idleRevocation.after': (after: string) => ({ idleRevocation: { after } }),
  };
  it.each<[keyof typeof at, string, string | undefined]>([
    ['changes.maximumOverlap', 'PT0S', undefined],
    ['changes.orphanGrace', 'PT0S', undefined],
    ['changes.purge.after', 'PT1S', 'PT0S'],
    ['changes.idleRevocation.after', 'PT1M', 'PT59S'],
  ])('of %s is %s at least, %s is refused', (field, least, less) => {
    expect(refusalOf(at[field](least))).toBeUndefined();
    expect(refusalOf(at[field]('P3650D'))).toBeUndefined();
    for (const bad of [less, 'P3650DT1S', 'P1M', '-PT1S', '3600']) {
      if (bad !== undefined)
        expect(refusalOf(at[field](bad))).toMatchObject({ field, message: expect.stringContaining(least) });
    }
  });
});

describe('the schedules of a change', () => {
  const at = {
    'changes.expiryWarnings.schedule': (schedule: string) => ({ expiryWarnings: { schedule } }),
    'changes.purge.schedule': (schedule: string) => ({ purge: { schedule } }),
    'changes.idleRevocation.schedule': (schedule: string) => ({ idleRevocation: { schedule } }),
  };
  const fields = Object.keys(at) as (keyof typeof at)[];
  it('are kept with single spaces', () =>
    expect(changed({ purge: { schedule: '  0\t 8  * * * ' } }).purge.schedule).toBe('0 8 * * *'));
  it.each([
    '* * * * * *',
    '0 0 31 2 *',
    '@daily',
    '0 8 * * MON',
    '61 * * * *',
    '',
    ' ',
    `0 ${' '.repeat(200)} * * * *`,
  ])('are not %j', (bad) => {
    for (const field of fields) expect(refusalOf(at[field](bad))).toMatchObject({ field });
  });
});

describe('the law of changes', () => {
  const span = fc
    .integer({ min: -1, max: 400_000_000 })
    .map((seconds) => (seconds < 0 ? 'P1M' : `PT${seconds}S`));
  const kinds = fc.array(fc.constantFrom('USER' as const, 'SERVICE_ACCOUNT' as const), { maxLength: 3 });
  const anyProfile = fc.record({
    name: fc.constantFrom('one', 'two', 'three', 'X'),
    maximum: span,
    default: span,
    kinds,
    defaultFor: kinds,
  });
  const anyChange: fc.Arbitrary<PolicyChanges> = fc.record(
    { profiles: fc.array(anyProfile, { maxLength: 3 }), purge: fc.record({ after: span }) },
    { requiredKeys: [] },
  );
  it('is: refused, or a policy in which every kind has one default, and none is longer than its maximum', () =>
    fc.assert(
      fc.property(anyChange, (changes) => {
        let policy;
        try {
          policy = changed(changes);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          return;
        }
        for (const kind of ['USER', 'SERVICE_ACCOUNT'] as const) {
          const defaults = policy.profiles.filter(({ defaultFor }) => defaultFor.includes(kind));
          expect(defaults).toHaveLength(1);
          expect(defaults[0]?.kinds).toContain(kind);
        }
        for (const { maximum, defaultLifetime } of policy.profiles) {
          expect(durationSeconds(defaultLifetime)).toBeLessThanOrEqual(durationSeconds(maximum));
          expect(durationOfSeconds(durationSeconds(maximum))).toBe(maximum);
        }
        expect(changedPolicy(policy, changes)).toEqual(policy);
      }),
    ));
});
