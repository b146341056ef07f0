import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { durationOfSeconds, durationSeconds, Problem } from '@tokenwarden/vocabulary';
import { FIRST_POLICY } from '../policy-document.rules.js';
import { changedPolicy, type AskedProfile, type PolicyChanges } from './change.rules.js';

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

const profile = (facts: Partial<AskedProfile> = {}): AskedProfile => ({
  name: 'both',
  maximum: 'P30D',
  default: 'P7D',
  kinds: ['USER', 'SERVICE_ACCOUNT'],
  defaultFor: ['USER', 'SERVICE_ACCOUNT'],
  ...facts,
});
const other = (facts: Partial<AskedProfile> = {}) => profile({ name: 'other', defaultFor: [], ...facts });

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
    changed({ profiles: [profile()], expiryWarnings: { thresholds: ['PT1S', 'P1D'] } });
    expect(JSON.stringify(FIRST_POLICY)).toBe(before);
  });
});

describe('the profiles of a change', () => {
  it('are the whole new list, as given, in words of the document', () =>
    expect(changed({ profiles: [other({ description: 'For a\nwhile' }), profile()] }).profiles).toEqual([
      {
        name: 'other',
        description: 'For a\nwhile',
        maximum: 'P30D',
        defaultLifetime: 'P7D',
        kinds: ['USER', 'SERVICE_ACCOUNT'],
        defaultFor: [],
      },
      {
        name: 'both',
        description: null,
        maximum: 'P30D',
        defaultLifetime: 'P7D',
        kinds: ['USER', 'SERVICE_ACCOUNT'],
        defaultFor: ['USER', 'SERVICE_ACCOUNT'],
      },
    ]));
  it('have each kind once, in one order', () => {
    const twice = ['SERVICE_ACCOUNT', 'USER', 'SERVICE_ACCOUNT'] as const;
    expect(changed({ profiles: [profile({ kinds: twice, defaultFor: twice })] }).profiles[0]).toMatchObject({
      kinds: ['USER', 'SERVICE_ACCOUNT'],
      defaultFor: ['USER', 'SERVICE_ACCOUNT'],
    });
  });
  it('may have a default as long as the maximum, and no longer', () => {
    expect(refusalOf({ profiles: [profile({ maximum: 'P7D', default: 'P7D' })] })).toBeUndefined();
    expect(refusalOf({ profiles: [profile({ maximum: 'P7D', default: 'P7DT1S' })] })).toMatchObject({
      field: 'changes.profiles.0.default',
      message: expect.stringContaining('P7D'),
    });
  });
  it('are 1 to 50', () => {
    const many = (count: number) => [
      profile(),
      ...Array.from({ length: count - 1 }, (_, index) => other({ name: `other-${index}` })),
    ];
    expect(refusalOf({ profiles: many(50) })).toBeUndefined();
    expect(refusalOf({ profiles: many(51) })).toMatchObject({ field: 'changes.profiles' });
    expect(refusalOf({ profiles: [] })).toMatchObject({ field: 'changes.profiles' });
  });
  it.each(['ab', 'a-', 'a1', `a${'b'.repeat(31)}`])('may be named %s', (name) =>
    expect(refusalOf({ profiles: [profile({ name })] })).toBeUndefined(),
  );
  it.each(['', 'a', 'Ab', '1a', '-a', 'a b', 'a_b', 'ä1', 'ab\n', 'ＡＢ', `a${'b'.repeat(32)}`])(
    'are not named %j',
    (name) =>
      expect(refusalOf({ profiles: [profile(), other({ name })] })).toMatchObject({
        field: 'changes.profiles.1.name',
      }),
  );
  it.each<[string, readonly AskedProfile[], string]>([
    ['a maximum of nothing', [profile({ maximum: 'PT0S' })], 'changes.profiles.0.maximum'],
    ['a default of nothing', [profile(), other({ default: 'PT0S' })], 'changes.profiles.1.default'],
    ['no duration', [profile({ maximum: 'P1M' })], 'changes.profiles.0.maximum'],
    ['too long a maximum', [profile({ maximum: 'P3650DT1S' })], 'changes.profiles.0.maximum'],
    ['no kinds', [profile(), other({ kinds: [] })], 'changes.profiles.1.kinds'],
    [
      'being the default of a kind that it is not for',
      [profile(), other({ kinds: ['USER'], defaultFor: ['SERVICE_ACCOUNT'] })],
      'changes.profiles.1.defaultFor',
    ],
    ['a blank description', [profile({ description: ' ' })], 'changes.profiles.0.description'],
    [
      'too long a description',
      [profile({ description: 'x'.repeat(1_001) })],
      'changes.profiles.0.description',
    ],
    ['a description with a NUL', [profile({ description: 'a\0b' })], 'changes.profiles.0.description'],
    ['one name twice', [profile(), other({ name: 'both' })], 'changes.profiles'],
    ['no default profile of a kind', [profile({ defaultFor: ['USER'] })], 'changes.profiles'],
    ['two default profiles of a kind', [profile(), other({ defaultFor: ['USER'] })], 'changes.profiles'],
  ])('are refused with %s', (_, profiles, field) => expect(refusalOf({ profiles })).toMatchObject({ field }));
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
