import { describe, expect, it } from '@jest/globals';
import { FIRST_POLICY, type LifetimeProfile, type PolicyDocument } from '../policy-document.rules.js';
import { differenceOf } from './difference.rules.js';

const policyWith = (changes: Partial<PolicyDocument>): PolicyDocument => ({ ...FIRST_POLICY, ...changes });
const [ephemeral, interactive, automation] = FIRST_POLICY.profiles as [
  LifetimeProfile,
  LifetimeProfile,
  LifetimeProfile,
];

describe('the difference of two policies', () => {
  it('is nothing where they are the same', () =>
    expect(differenceOf(FIRST_POLICY, structuredClone(FIRST_POLICY))).toEqual([]));
  it('names each value that is different, by its path', () =>
    expect(
      differenceOf(
        FIRST_POLICY,
        policyWith({
          requireScopes: true,
          orphanGrace: 'PT0S',
          purge: { enabled: false, after: 'P1D', schedule: '30 3 * * *' },
        }),
      ),
    ).toEqual([
      { path: 'orphanGrace', before: 'P30D', after: 'PT0S' },
      { path: 'purge.after', before: 'P90D', after: 'P1D' },
      { path: 'purge.enabled', before: true, after: false },
      { path: 'requireScopes', before: false, after: true },
    ]));
  it('has a list as one value', () =>
    expect(
      differenceOf(
        FIRST_POLICY,
        policyWith({ expiryWarnings: { ...FIRST_POLICY.expiryWarnings, thresholds: ['P7D'] } }),
      ),
    ).toEqual([{ path: 'expiryWarnings.thresholds', before: ['P30D', 'P7D', 'P1D'], after: ['P7D'] }]));
  it('names values of profiles by the profile, in the words of GraphQL', () =>
    expect(
      differenceOf(
        FIRST_POLICY,
        policyWith({
          profiles: [
            ephemeral,
            { ...interactive, maximum: 'P14D', defaultLifetime: 'P1D', description: 'Short' },
            automation,
          ],
        }),
      ),
    ).toEqual([
      { path: 'profiles.interactive.default', before: 'P7D', after: 'P1D' },
      { path: 'profiles.interactive.description', before: null, after: 'Short' },
      { path: 'profiles.interactive.maximum', before: 'P30D', after: 'P14D' },
    ]));
  it('has the whole of a profile that came or went, also where it seems to be another one', () =>
    expect(
      differenceOf(
        FIRST_POLICY,
        policyWith({ profiles: [{ ...ephemeral, name: 'short' }, interactive, automation] }),
      ),
    ).toEqual([
      {
        path: 'profiles.ephemeral',
        before: {
          name: 'ephemeral',
          description: null,
          maximum: 'P1D',
          default: 'PT1H',
          kinds: ['USER', 'SERVICE_ACCOUNT'],
          defaultFor: [],
        },
        after: null,
      },
      { path: 'profiles.short', before: null, after: expect.objectContaining({ name: 'short' }) },
    ]));
  it('is nothing where profiles stand in another order', () =>
    expect(
      differenceOf(FIRST_POLICY, policyWith({ profiles: [automation, ephemeral, interactive] })),
    ).toEqual([]));
  it('is not misled by the order in which the database gives the members of a document', () => {
    const turned = Object.fromEntries(Object.entries(FIRST_POLICY).reverse()) as unknown as PolicyDocument;
    const { enabled, after, schedule } = FIRST_POLICY.purge;
    expect(differenceOf(FIRST_POLICY, { ...turned, purge: { schedule, after, enabled } })).toEqual([]);
  });
});
