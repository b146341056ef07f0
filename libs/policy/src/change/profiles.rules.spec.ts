import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tokenwarden/vocabulary';
import { checkedProfiles, type AskedProfile } from './profiles.rules.js';

function refusalOf(
  profiles: readonly AskedProfile[],
): { field: string | undefined; message: string } | undefined {
  try {
    checkedProfiles(profiles, 'profiles');
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

describe('the profiles of a policy', () => {
  it('are the whole new list, as given, in words of the document', () =>
    expect(checkedProfiles([other({ description: 'For a\nwhile' }), profile()], 'profiles')).toEqual([
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
    expect(checkedProfiles([profile({ kinds: twice, defaultFor: twice })], 'profiles')[0]).toMatchObject({
      kinds: ['USER', 'SERVICE_ACCOUNT'],
      defaultFor: ['USER', 'SERVICE_ACCOUNT'],
    });
  });
  it('may have a default as long as the maximum, and no longer', () => {
    expect(refusalOf([profile({ maximum: 'P7D', default: 'P7D' })])).toBeUndefined();
    expect(refusalOf([profile({ maximum: 'P7D', default: 'P7DT1S' })])).toMatchObject({
      field: 'profiles.0.default',
      message: expect.stringContaining('P7D'),
    });
  });
  it('are 1 to 50', () => {
    const many = (count: number) => [
      profile(),
      ...Array.from({ length: count - 1 }, (_, index) => other({ name: `other-${index}` })),
    ];
    expect(refusalOf(many(50))).toBeUndefined();
    expect(refusalOf(many(51))).toMatchObject({ field: 'profiles' });
    expect(refusalOf([])).toMatchObject({ field: 'profiles' });
  });
  it.each(['ab', 'a-', 'a1', `a${'b'.repeat(31)}`])('may be named %s', (name) =>
    expect(refusalOf([profile({ name })])).toBeUndefined(),
  );
  it.each(['', 'a', 'Ab', '1a', '-a', 'a b', 'a_b', 'ä1', 'ab\n', 'ＡＢ', `a${'b'.repeat(32)}`])(
    'are not named %j',
    (name) =>
      expect(refusalOf([profile(), other({ name })])).toMatchObject({
        field: 'profiles.1.name',
      }),
  );
  it.each<[string, readonly AskedProfile[], string]>([
    ['a maximum of nothing', [profile({ maximum: 'PT0S' })], 'profiles.0.maximum'],
    ['a default of nothing', [profile(), other({ default: 'PT0S' })], 'profiles.1.default'],
    ['no duration', [profile({ maximum: 'P1M' })], 'profiles.0.maximum'],
    ['too long a maximum', [profile({ maximum: 'P3650DT1S' })], 'profiles.0.maximum'],
    ['no kinds', [profile(), other({ kinds: [] })], 'profiles.1.kinds'],
    [
      'being the default of a kind that it is not for',
      [profile(), other({ kinds: ['USER'], defaultFor: ['SERVICE_ACCOUNT'] })],
      'profiles.1.defaultFor',
    ],
    ['a blank description', [profile({ description: ' ' })], 'profiles.0.description'],
    ['too long a description', [profile({ description: 'x'.repeat(1_001) })], 'profiles.0.description'],
    ['a description with a NUL', [profile({ description: 'a\0b' })], 'profiles.0.description'],
    ['one name twice', [profile(), other({ name: 'both' })], 'profiles'],
    ['no default profile of a kind', [profile({ defaultFor: ['USER'] })], 'profiles'],
    ['two default profiles of a kind', [profile(), other({ defaultFor: ['USER'] })], 'profiles'],
  ])('are refused with %s', (_, profiles, field) => expect(refusalOf(profiles)).toMatchObject({ field }));
});
