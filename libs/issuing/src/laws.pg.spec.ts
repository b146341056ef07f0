import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FIRST_POLICY, type PolicyDocument } from '@tokenwarden/policy';
import {
  durationOfSeconds,
  durationSeconds,
  firstNotCovered,
  Problem,
  type Caller,
} from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';
import type { IssuedToken } from './token-issuer.js';

let world: World;
let groupId: string;
beforeAll(async () => {
  world = await World.begin();
  groupId = await world.group();
});
afterAll(() => world.end());

const PROFILES = ['ephemeral', 'interactive'] as const;
const SCOPES = ['dataset/*:read', 'dataset/a:read', 'dataset/a/b:*', 'sales:read', 'sales:*', '*:*'];

const someScopes = fc.option(fc.uniqueArray(fc.constantFrom(...SCOPES), { minLength: 1, maxLength: 3 }), {
  nil: undefined,
  freq: 2,
});
const someSeconds = fc.oneof(fc.integer({ min: 1, max: 86_400 }), fc.integer({ min: 1, max: 40 * 86_400 }));
const someEnd = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  someSeconds.map((seconds) => ({ lifetime: durationOfSeconds(seconds) })),
  someSeconds.map((seconds) => ({ expiresAt: new Date(Date.now() + seconds * 1_000) })),
);
const someOverlap = fc.option(fc.integer({ min: 0, max: 8 * 86_400 }).map(durationOfSeconds), {
  nil: undefined,
  freq: 2,
});

const create = fc.record({
  do: fc.constant('create' as const),
  profile: fc.option(fc.constantFrom(...PROFILES), { nil: undefined }),
  scopes: someScopes,
  end: someEnd,
});
const rotate = fc.record({
  do: fc.constant('rotate' as const),
  /** From the last issued: those before it are mostly rotated already. */
  which: fc.nat(2),
  scopes: someScopes,
  end: someEnd,
  overlap: someOverlap,
});
const grant = fc.record({
  do: fc.constant('grant' as const),
  grants: fc.subarray(SCOPES, { minLength: 2 }),
});
const policy = fc.record({
  do: fc.constant('policy' as const),
  maxima: fc.tuple(someSeconds, someSeconds),
  withoutFirst: fc.boolean(),
  maximumOverlap: fc.integer({ min: 0, max: 8 * 86_400 }),
});
const step = fc.oneof(
  { weight: 3, arbitrary: create },
  { weight: 6, arbitrary: rotate },
  { weight: 1, arbitrary: grant },
  { weight: 2, arbitrary: policy },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The policy that a step makes: other maxima, and now and then a profile less. */
function policyOf({ maxima, withoutFirst, maximumOverlap }: Extract<Step, { do: 'policy' }>): PolicyDocument {
  const profiles = FIRST_POLICY.profiles.map((profile, i) => {
    const maximum = durationOfSeconds(maxima[i] ?? 86_400);
    return { ...profile, maximum, defaultLifetime: maximum };
  });
  const kept = withoutFirst ? profiles.slice(1) : profiles;
  return { ...FIRST_POLICY, profiles: kept, maximumOverlap: durationOfSeconds(maximumOverlap) };
}

/** One owner's tokens while steps are taken, each looked at as it is issued. */
class Path {
  readonly tokens: IssuedToken['token'][] = [];
  policy: PolicyDocument = FIRST_POLICY;

  constructor(private readonly caller: Caller) {}

  async take(one: Step): Promise<void> {
    if (one.do === 'grant')
      return void (await world.sql('UPDATE groups SET grants = $2 WHERE id = $1', [groupId, one.grants]));
    if (one.do === 'policy') {
      this.policy = policyOf(one);
      return void (await world.sql('UPDATE policy_versions SET document = $1', [this.policy]));
    }
    try {
      await (one.do === 'create' ? this.create(one) : this.rotate(one));
    } catch (refusal) {
      if (!(refusal instanceof Problem)) throw refusal;
    }
  }

  private async create({ profile, scopes, end }: Extract<Step, { do: 'create' }>): Promise<void> {
    const { token } = await world.issuing.issueUserToken(this.caller, { name: 'x', profile, scopes, ...end });
    this.keep(token);
  }

  private async rotate({ which, scopes, end, overlap }: Extract<Step, { do: 'rotate' }>): Promise<void> {
    const before = this.tokens.at(-1 - (which % (this.tokens.length || 1)));
    if (before === undefined) return;
    const { token } = await world.rotation.rotate(this.caller, { id: before.id, scopes, overlap, ...end });
    this.keep(token);
    expect(firstNotCovered(before.scopes ?? ['*:*'], token.scopes ?? ['*:*'])).toBe(-1);
    const after = await world.token(before.id);
    expect(after.endsAt.getTime()).toBeLessThanOrEqual(before.endsAt.getTime());
    const overlapSeconds = (after.endsAt.getTime() - token.createdAt.getTime()) / 1_000;
    expect(overlapSeconds).toBeLessThanOrEqual(durationSeconds(this.policy.maximumOverlap));
  }

  private keep(token: IssuedToken['token']): void {
    const profile = this.policy.profiles.find(({ name }) => name === token.profile);
    const seconds = (token.expiresAt.getTime() - token.createdAt.getTime()) / 1_000;
    expect(seconds).toBeLessThanOrEqual(durationSeconds(profile?.maximum ?? 'PT0S'));
    expect(token.endsAt).toEqual(token.expiresAt);
    this.tokens.push(token);
  }
}

describe('on every path of creating, rotating, granting and changing the policy', () => {
  it('no token lives longer than its policy allowed, no successor has more scopes, no old token gains time', async () => {
    let successors = 0;
    let scoped = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16, size: 'max' }), async (steps) => {
        await world.sql('UPDATE policy_versions SET document = $1', [FIRST_POLICY]);
        await world.sql('UPDATE groups SET grants = $2 WHERE id = $1', [groupId, SCOPES]);
        const path = new Path(await world.person({ groupIds: [groupId] }));
        for (const one of steps) await path.take(one);
        const rotated = path.tokens.filter(({ predecessorId }) => predecessorId !== null);
        successors += rotated.length;
        scoped += rotated.filter(({ scopes }) => scopes !== null).length;
      }),
      { numRuns: 60 },
    );
    // A law that was hardly tried says nothing.
    expect(successors).toBeGreaterThan(30);
    expect(scoped).toBeGreaterThan(10);
  }, 60_000);
});
