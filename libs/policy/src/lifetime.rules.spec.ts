import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Problem, addDuration, durationOfSeconds, durationSeconds } from '@tokenwarden/vocabulary';
import { endOfNewToken, profileFor, profileForSuccessor, requireNamedScopes } from './lifetime.rules.js';
import { FIRST_POLICY } from './policy-document.rules.js';

const now = new Date('2026-03-01T00:00:00Z');
const lastMoment = new Date('2026-03-31T00:00:00Z');
const profile = { name: 'interactive', maximum: 'P30D', defaultLifetime: 'P7D' };

const aProblem = (code: string, facts: { field: string }) => expect.objectContaining({ code, ...facts });
function refusalOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return undefined;
}

describe('the end of a new token', () => {
  it('is the default when nothing is asked', () =>
    expect(endOfNewToken(profile, {}, now)).toEqual(new Date('2026-03-08T00:00:00Z')));
  it('may be the last moment that the profile allows', () =>
    expect(endOfNewToken(profile, { expiresAt: lastMoment }, now)).toEqual(lastMoment));
  it('may be asked for as exactly the maximum', () =>
    expect(endOfNewToken(profile, { lifetime: 'P30D' }, now)).toEqual(lastMoment));
  it('is refused one second later, not shortened', () =>
    expect(
      refusalOf(() => endOfNewToken(profile, { expiresAt: addDuration(lastMoment, 'PT1S') }, now)),
    ).toEqual(aProblem('LIFETIME_EXCEEDS_POLICY', { field: 'expiresAt' })));
  it('is refused for a lifetime of one second more', () =>
    expect(refusalOf(() => endOfNewToken(profile, { lifetime: 'P30DT1S' }, now))).toEqual(
      aProblem('LIFETIME_EXCEEDS_POLICY', { field: 'lifetime' }),
    ));
  it('says the latest that is possible', () =>
    expect(refusalOf(() => endOfNewToken(profile, { lifetime: 'P31D' }, now))).toMatchObject({
      message: expect.stringContaining('2026-03-31T00:00:00.000Z'),
    }));
  it('is refused when it is now', () =>
    expect(refusalOf(() => endOfNewToken(profile, { expiresAt: now }, now))).toEqual(
      aProblem('INVALID_INPUT', { field: 'expiresAt' }),
    ));
  it('may be one second from now', () => {
    const soon = addDuration(now, 'PT1S');
    expect(endOfNewToken(profile, { expiresAt: soon }, now)).toEqual(soon);
    expect(endOfNewToken(profile, { lifetime: 'PT1S' }, now)).toEqual(soon);
  });
  it('is refused for a lifetime of nothing', () =>
    expect(refusalOf(() => endOfNewToken(profile, { lifetime: 'PT0S' }, now))).toEqual(
      aProblem('INVALID_INPUT', { field: 'lifetime' }),
    ));
  it('is asked for in one way only', () =>
    expect(refusalOf(() => endOfNewToken(profile, { lifetime: 'PT1H', expiresAt: lastMoment }, now))).toEqual(
      aProblem('INVALID_INPUT', { field: 'expiresAt' }),
    ));
  it('beyond ten years is no question of policy', () =>
    expect(refusalOf(() => endOfNewToken(profile, { expiresAt: addDuration(now, 'P3650D') }, now))).toEqual(
      aProblem('LIFETIME_EXCEEDS_POLICY', { field: 'expiresAt' }),
    ));
  it('beyond ten years by one second is no question of policy', () =>
    expect(
      refusalOf(() =>
        endOfNewToken(profile, { expiresAt: addDuration(addDuration(now, 'P3650D'), 'PT1S') }, now),
      ),
    ).toEqual(aProblem('INVALID_INPUT', { field: 'expiresAt' })));
  it('counts from the whole second, rounded down', () => {
    const within = new Date('2026-03-01T00:00:00.999Z');
    expect(endOfNewToken(profile, { lifetime: 'P30D' }, within)).toEqual(lastMoment);
    expect(endOfNewToken(profile, { expiresAt: new Date('2026-03-31T00:00:00.999Z') }, within)).toEqual(
      lastMoment,
    );
    expect(
      refusalOf(() => endOfNewToken(profile, { expiresAt: new Date('2026-03-31T00:00:01.000Z') }, within)),
    ).toEqual(aProblem('LIFETIME_EXCEEDS_POLICY', { field: 'expiresAt' }));
  });
});

describe('the law of lifetimes', () => {
  const anyMoment = fc.date({
    min: new Date('2020-01-01'),
    max: new Date('2040-01-01'),
    noInvalidDate: true,
  });
  const anyProfile = fc
    .tuple(fc.integer({ min: 1, max: 315_360_000 }), fc.integer({ min: 1, max: 315_360_000 }))
    .map(([one, other]) => ({
      name: 'any',
      maximum: durationOfSeconds(Math.max(one, other)),
      defaultLifetime: durationOfSeconds(Math.min(one, other)),
    }));
  const anyAsk = fc.oneof(
    fc.constant({}),
    fc.integer({ min: 0, max: 315_360_000 }).map((seconds) => ({ lifetime: durationOfSeconds(seconds) })),
    anyMoment.map((expiresAt) => ({ expiresAt })),
  );
  it('is: in the future, and never longer than the maximum, or refused', () =>
    fc.assert(
      fc.property(anyProfile, anyAsk, anyMoment, (some, asked, at) => {
        let end: Date;
        try {
          end = endOfNewToken(some, asked, at);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          return;
        }
        const start = Math.floor(at.getTime() / 1_000);
        expect(end.getTime() % 1_000).toBe(0);
        expect(end.getTime()).toBeGreaterThan(at.getTime() - (at.getTime() % 1_000));
        expect(end.getTime() / 1_000 - start).toBeLessThanOrEqual(durationSeconds(some.maximum));
      }),
    ));
});

describe('the profile of a new token', () => {
  const { profiles } = FIRST_POLICY;
  it('is the default of its kind', () => {
    expect(profileFor(profiles, 'USER', undefined).name).toBe('interactive');
    expect(profileFor(profiles, 'SERVICE_ACCOUNT', undefined).name).toBe('automation');
  });
  it('is the one asked for', () => expect(profileFor(profiles, 'USER', 'ephemeral').name).toBe('ephemeral'));
  it('is refused when it is not for the kind', () =>
    expect(refusalOf(() => profileFor(profiles, 'USER', 'automation'))).toEqual(
      aProblem('INVALID_INPUT', { field: 'profile' }),
    ));
  it('is refused when there is none of that name, whatever the name', () => {
    for (const name of ['Interactive', 'constructor', '__proto__', ' ephemeral', 'ephemera']) {
      expect(refusalOf(() => profileFor(profiles, 'USER', name))).toMatchObject({
        code: 'INVALID_INPUT',
        field: 'profile',
        message: expect.stringContaining('"ephemeral", "interactive"'),
      });
    }
  });
});

describe('the profile of a successor', () => {
  const { profiles } = FIRST_POLICY;
  it('is its predecessor’s', () =>
    expect(profileForSuccessor(profiles, 'USER', 'ephemeral').name).toBe('ephemeral'));
  it('is the default of its kind where the policy has that one no more', () =>
    expect(profileForSuccessor(profiles, 'SERVICE_ACCOUNT', 'gone').name).toBe('automation'));
  it('is the default of its kind where that one is not for the kind any more', () =>
    expect(profileForSuccessor(profiles, 'USER', 'automation').name).toBe('interactive'));
});

describe('naming scopes', () => {
  it('is asked for by the policy', () => {
    expect(refusalOf(() => requireNamedScopes({ requireScopes: true }, undefined))).toEqual(
      aProblem('INVALID_INPUT', { field: 'scopes' }),
    );
    expect(refusalOf(() => requireNamedScopes({ requireScopes: true }, ['*:*']))).toBeUndefined();
    expect(refusalOf(() => requireNamedScopes({ requireScopes: false }, undefined))).toBeUndefined();
  });
});

describe('the first policy', () => {
  it('has one default profile for each kind, itself for that kind', () => {
    for (const kind of ['USER', 'SERVICE_ACCOUNT'] as const) {
      const defaults = FIRST_POLICY.profiles.filter((one) => one.defaultFor.includes(kind));
      expect(defaults).toHaveLength(1);
      expect(defaults[0]?.kinds).toContain(kind);
    }
  });
  it('has no default lifetime above its maximum, and no duration in a longer form than needed', () => {
    for (const { maximum, defaultLifetime } of FIRST_POLICY.profiles) {
      expect(durationSeconds(defaultLifetime)).toBeLessThanOrEqual(durationSeconds(maximum));
      for (const duration of [maximum, defaultLifetime]) {
        expect(durationOfSeconds(durationSeconds(duration))).toBe(duration);
      }
    }
  });
});
