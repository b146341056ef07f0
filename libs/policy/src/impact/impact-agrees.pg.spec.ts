import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { durationSeconds, Problem, wholeSecond } from '@tokenwarden/vocabulary';
import { ImpactWorld, type ListedHit } from '../../test/impact-world.js';
import { anyChanges, anyPolicy } from '../../test/random-policies.js';
import { anyLength, anyToken, type RandomToken } from '../../test/random-tokens.js';
import type { AskedChange } from '../change/prepare-change.js';
import { idleToMark, idleToRevoke } from '../due/idle-due.queries.js';
import { purgeDue } from '../due/purge-due.queries.js';
import { warningDue } from '../due/warning-due.queries.js';
import type { PolicyDocument } from '../policy-document.rules.js';
import { POLICY_EFFECTS, type PolicyEffect } from './effects.queries.js';
import type { PolicyImpact } from './impact.types.js';

jest.setTimeout(180_000);

let world: ImpactWorld;
beforeAll(async () => {
  world = await ImpactWorld.begin();
});
afterAll(() => world?.end());

const AT = '$1::timestamptz';

/** What the next run of each task would do under this policy to tokens as they are. */
async function dueUnder({ expiryWarnings, purge, idleRevocation }: PolicyDocument) {
  const { condition, join } = warningDue('t', expiryWarnings.thresholds, AT);
  const none = new Set<string>();
  const { after } = idleRevocation;
  return {
    WARNED: expiryWarnings.enabled ? await world.those(condition, join) : none,
    PURGED: purge.enabled ? await world.those(purgeDue('t', purge.after, AT)) : none,
    IDLE_REVOKED: idleRevocation.enabled
      ? await world.those(`${idleToMark('t', after, AT)} OR ${idleToRevoke('t', after, AT)}`)
      : none,
  };
}

/** Live tokens that live longer than the new maximum of their profile, or of a profile that is gone. */
function exceeding({ tokens, today, changes }: Ask, ids: readonly string[]): string[] {
  const profiles = changes.profiles ?? today.profiles;
  const exceeds = ({ profile, created, ends, revoked }: RandomToken) => {
    const maximum = profiles.find(({ name }) => name === profile)?.maximum;
    const isLive = revoked === null && ends < 0;
    return isLive && (maximum === undefined || (created - ends) * 3_600 > durationSeconds(maximum));
  };
  return ids.filter((_, i) => tokens[i] !== undefined && exceeds(tokens[i])).sort();
}

const without = (those: ReadonlySet<string>, these: ReadonlySet<string>) =>
  [...those].filter((id) => !these.has(id)).sort();
const having = (hits: readonly ListedHit[], effect: PolicyEffect) =>
  hits
    .filter(({ effects }) => effects.includes(effect))
    .map(({ id }) => id)
    .sort();

interface Ask {
  readonly tokens: readonly RandomToken[];
  readonly today: PolicyDocument;
  readonly changes: AskedChange['changes'];
  /** Hours from now, or null for KEEP; undefined for now. */
  readonly capFrom: number | null | undefined;
  readonly wholeHours: number;
}

const hour = 3_600_000;
const anyAsk: fc.Arbitrary<Ask> = fc.record({
  tokens: fc.array(anyToken, { minLength: 120, maxLength: 190 }),
  today: anyPolicy,
  changes: anyChanges,
  capFrom: fc.oneof(
    fc.constant(null),
    fc.constant(undefined),
    anyLength,
    anyLength.map((hours) => -hours),
  ),
  wholeHours: anyLength,
});

async function begun({ tokens, today, changes, capFrom, wholeHours }: Ask) {
  const now = await world.second();
  await world.tokens.usesWholeSince(new Date(now.getTime() - wholeHours * hour));
  const ids = await world.tokens.replaceBy(tokens, now);
  const expectedVersion = await world.inForce(today);
  const asked: AskedChange = {
    expectedVersion,
    changes,
    existingTokens: capFrom === null ? 'KEEP' : 'CAP',
    ...(typeof capFrom === 'number' ? { enforceFrom: new Date(now.getTime() + capFrom * hour) } : {}),
  };
  return { ids, asked };
}

/** What was refused to whoever asked, or to whoever did. */
async function outcome<T>(work: () => Promise<T>): Promise<T | Problem> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function expectSameRefusal(asking: unknown, doing: unknown): void {
  const said = (of: unknown) => of instanceof Problem && [of.code, of.field, of.message];
  expect(said(asking)).toEqual(said(doing));
}

/** The ends as they were foreseen: where that was "at once", it is the moment of the change itself. */
function expectForeseen(hits: readonly ListedHit[], after: ReadonlyMap<string, Date>, moments: [Date, Date]) {
  const [asked, changed] = moments;
  for (const { id, newEndsAt } of hits) {
    const end = after.get(id);
    const isAtOnce = newEndsAt >= wholeSecond(asked) && newEndsAt <= changed;
    if (isAtOnce) expect(end?.getTime()).toBeGreaterThanOrEqual(newEndsAt.getTime());
    if (isAtOnce) expect(end?.getTime()).toBeLessThanOrEqual(changed.getTime());
    else expect([id, end]).toEqual([id, newEndsAt]);
  }
}

describe('what a change would do', () => {
  it('is token by token what it does', async () => {
    const compared = { made: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(anyAsk, async (ask) => {
        const { ids, asked } = await begun(ask);
        const [before, dueBefore, askedAt] = [
          await world.ends(),
          await dueUnder(ask.today),
          await world.second(),
        ];
        const hits = await outcome(() => world.hits(asked));
        const counts = await outcome(async () => counted(await world.ask(asked)));
        const made = await outcome(() => world.make(asked));
        if (hits instanceof Problem || counts instanceof Problem || made instanceof Problem) {
          expectSameRefusal(hits, made);
          expectSameRefusal(counts, made);
          compared.refused++;
          return;
        }
        compared.made++;
        const after = await world.ends();
        expectForeseen(hits, after, [askedAt, made.policy.createdAt]);
        const moved = ids.filter((id) => after.get(id)?.getTime() !== before.get(id)?.getTime());
        expect(having(hits, 'CUT_SHORT')).toEqual(moved.sort());
        expect(made.capped).toBe(moved.length);
        expect(having(hits, 'EXCEEDS_MAXIMUM')).toEqual(exceeding(ask, ids));
        const dueAfter = await dueUnder(made.policy.document);
        for (const effect of ['WARNED', 'PURGED', 'IDLE_REVOKED'] as const) {
          expect([effect, having(hits, effect)]).toEqual([
            effect,
            without(dueAfter[effect], dueBefore[effect]),
          ]);
        }
        const owners = new Set(hits.map(({ id }) => ownerIn(ask, ids.indexOf(id))));
        expect(counts).toEqual([...POLICY_EFFECTS.map((effect) => having(hits, effect).length), owners.size]);
      }),
      // Shrinking would ask the database for minutes.
      { numRuns: 15, endOnFailure: true },
    );
    expect(compared.made).toBeGreaterThan(5);
  });
});

function ownerIn({ tokens }: Ask, index: number): string {
  const { kind, owner } = tokens[index] ?? {};
  return `${kind} ${owner}`;
}

async function counted(impact: PolicyImpact): Promise<number[]> {
  const { exceedsMaximum, cutShort, warned, purged, idleRevoked, principals } = impact;
  return Promise.all([exceedsMaximum, cutShort, warned, purged, idleRevoked, principals]);
}
