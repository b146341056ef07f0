import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { openDatabase, type Database } from '@tokenwarden/database';
import { durationOfSeconds } from '@tokenwarden/vocabulary';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import {
  anyLength,
  anyToken,
  PLAIN_TOKEN,
  StoredTokens,
  type RandomToken,
} from '../../test/random-tokens.js';
import { idleDue, idleToMark, idleToRevoke } from './idle-due.queries.js';
import { purgeDue } from './purge-due.queries.js';
import { warningDue } from './warning-due.queries.js';
import { mostUrgentDue } from './warning.rules.js';

jest.setTimeout(120_000);

let server: TestDatabase;
let database: Database;
let stored: StoredTokens;
beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  stored = new StoredTokens(database);
  await stored.begin();
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const HOUR = 3_600;
const now = new Date('2026-03-01T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * HOUR * 1_000);
const AT = '$1::timestamptz';
const duration = (hours: number) => durationOfSeconds(hours * HOUR);
const tokensOf = fc.array(anyToken, { minLength: 300, maxLength: 400 });

/** What a condition says of each token, in their order. */
async function said<T>(ids: readonly string[], select: string): Promise<(T | null)[]> {
  const found = await stored.run<{ id: string; said: T | null }>(select, [now]);
  const byId = new Map(found.map((row) => [row.id, row.said]));
  return ids.map((id) => byId.get(id) ?? null);
}

const whether = (condition: string) => `SELECT t.id, (${condition}) IS TRUE AS said FROM access_tokens t`;

describe('who is warned', () => {
  it('is by Postgres whoever the rule names, with its very threshold', () =>
    fc.assert(
      fc.asyncProperty(
        tokensOf,
        fc.uniqueArray(anyLength, { minLength: 1, maxLength: 6 }),
        async (tokens, hours) => {
          const ids = await stored.replaceBy(tokens, now);
          const thresholds = hours.map(duration);
          const { join, condition, threshold } = warningDue('t', thresholds, AT);
          const found = await said<number>(
            ids,
            `SELECT t.id, (${threshold})::integer AS said FROM access_tokens t ${join} WHERE ${condition}`,
          );
          expect(found).toEqual(tokens.map((token) => expectedWarning(token, thresholds)));
        },
      ),
      { numRuns: 8, endOnFailure: true },
    ));
  it('is nobody without a threshold', async () => {
    await stored.replaceBy(fc.sample(anyToken, 50), now);
    const { join, condition } = warningDue('t', [], AT);
    expect(await stored.run(`SELECT t.id FROM access_tokens t ${join} WHERE ${condition}`, [now])).toEqual(
      [],
    );
  });
});

function expectedWarning(token: RandomToken, thresholds: readonly string[]): number | null {
  const facts = {
    createdAt: hoursAgo(token.created),
    endsAt: hoursAgo(token.ends),
    revokedAt: token.revoked === null ? null : hoursAgo(token.revoked),
    rotatedAt: token.rotated ? now : null,
  };
  const warned = token.warned.filter(({ ofOtherEnd }) => !ofOtherEnd).map(({ hours }) => hours * HOUR);
  return mostUrgentDue(facts, thresholds, warned, now);
}

describe('what is purged', () => {
  it('ended longer ago than the policy says, by its end or by being revoked', () =>
    fc.assert(
      fc.asyncProperty(tokensOf, anyLength, async (tokens, after) => {
        const ids = await stored.replaceBy(tokens, now);
        const found = await said<boolean>(ids, whether(purgeDue('t', duration(after), AT)));
        expect(found).toEqual(
          tokens.map(({ ends, revoked }) => ends > after || (revoked !== null && revoked > after)),
        );
      }),
      { numRuns: 8, endOnFailure: true },
    ));
});

describe('what is idle', () => {
  it.each([
    ['is live and was not used for so long, nor created within that time', idleDue, isIdle],
    ['is marked while no mark stands since its last use', idleToMark, isToMark],
    ['is revoked once its mark is as old, and its owner was told half as long ago', idleToRevoke, isToRevoke],
  ] as const)('%s', (_, condition, rule) =>
    fc.assert(
      fc.asyncProperty(tokensOf, anyLength, anyLength, async (tokens, after, whole) => {
        const ids = await stored.replaceBy(tokens, now);
        await stored.usesWholeSince(hoursAgo(whole));
        const found = await said<boolean>(ids, whether(condition('t', duration(after), AT)));
        expect(found).toEqual(tokens.map((token) => whole >= after && rule(token, after, whole)));
      }),
      { numRuns: 8, endOnFailure: true },
    ),
  );
});

function isIdle({ created, ends, revoked, lastUsed }: RandomToken, after: number): boolean {
  return revoked === null && ends < 0 && created >= after && (lastUsed ?? created) >= after;
}

// A mark from before uses were lost does not stand: one of them may have been of its token.
function standingMark({ mark, lastUsed }: RandomToken, whole: number) {
  return mark !== null && mark.decided <= whole && (lastUsed === null || lastUsed >= mark.decided)
    ? mark
    : null;
}

function isToMark(token: RandomToken, after: number, whole: number): boolean {
  return isIdle(token, after) && standingMark(token, whole) === null;
}

/** Every mark says that its token will be revoked an hour later. */
const MARKED_HOURS = 1;

function isToRevoke(token: RandomToken, after: number, whole: number): boolean {
  const mark = standingMark(token, whole);
  return (
    isIdle(token, after) &&
    mark !== null &&
    mark.decided >= Math.max(after, MARKED_HOURS) &&
    mark.sent !== null &&
    mark.sent >= Math.max(after, MARKED_HOURS) / 2
  );
}

describe('the borders', () => {
  const token: RandomToken = { ...PLAIN_TOKEN, ends: -24 };
  async function holds(condition: string, facts: Partial<RandomToken>, from = ''): Promise<boolean> {
    await stored.replaceBy([{ ...token, ...facts }], now);
    return (await stored.run(`SELECT FROM access_tokens t ${from} WHERE ${condition}`, [now])).length === 1;
  }
  it('a warning is due in the very moment in which the threshold passes', async () => {
    const warns = async (threshold: string, facts: Partial<RandomToken> = {}) => {
      const { condition, join } = warningDue('t', [threshold], AT);
      return holds(condition, facts, join);
    };
    expect(await warns('P1D')).toBe(true);
    expect(await warns('PT23H59M59S')).toBe(false);
    expect(await warns('P3D')).toBe(false); // as long as its whole life
    expect(await warns('P2DT23H59M59S')).toBe(true);
    expect(await warns('P1D', { ends: 0 })).toBe(false); // it has ended in this moment
    expect(await warns('P1D', { suspended: true })).toBe(true);
  });
  it('what ended exactly so long ago stays', async () => {
    expect(await holds(purgeDue('t', 'PT1H', AT), { ends: 1 })).toBe(false);
    expect(await holds(purgeDue('t', 'PT59M59S', AT), { ends: 1 })).toBe(true);
    expect(await holds(purgeDue('t', 'PT1H', AT), { revoked: 1 })).toBe(false);
    expect(await holds(purgeDue('t', 'PT59M59S', AT), { revoked: 1 })).toBe(true);
  });
  it('what was used exactly so long ago is idle, where uses are known for exactly so long', async () => {
    await stored.usesWholeSince(hoursAgo(2));
    expect(await holds(idleDue('t', 'PT2H', AT), { lastUsed: 2 })).toBe(true);
    expect(await holds(idleDue('t', 'PT2H1S', AT), { lastUsed: 24 })).toBe(false);
    expect(await holds(idleDue('t', 'PT1H1S', AT), { lastUsed: 1 })).toBe(false);
    expect(await holds(idleDue('t', 'PT2H', AT), { created: 2 })).toBe(true);
    expect(await holds(idleDue('t', 'PT2H', AT), { created: 1, ends: -24 })).toBe(false);
  });
  it('a mark that is exactly so old and was sent ends the token, and a use after it wins', async () => {
    await stored.usesWholeSince(hoursAgo(48));
    const mark = { decided: 3, sent: 3 };
    expect(await holds(idleToRevoke('t', 'PT3H', AT), { mark })).toBe(true);
    expect(await holds(idleToRevoke('t', 'PT3H1S', AT), { mark })).toBe(false);
    expect(await holds(idleToRevoke('t', 'PT1H', AT), { mark, lastUsed: 3 })).toBe(true);
    expect(await holds(idleToRevoke('t', 'PT1H', AT), { mark, lastUsed: 2 })).toBe(false);
    expect(await holds(idleToMark('t', 'PT1H', AT), { mark, lastUsed: 2 })).toBe(true);
    expect(await holds(idleToRevoke('t', 'PT3H', AT), { mark: { ...mark, sent: null } })).toBe(false);
  });
  it('whoever was told late has half as long from then, exactly', async () => {
    await stored.usesWholeSince(hoursAgo(48));
    const mark = { decided: 24, sent: 2 };
    expect(await holds(idleToRevoke('t', 'PT4H', AT), { mark })).toBe(true);
    expect(await holds(idleToRevoke('t', 'PT4H2S', AT), { mark })).toBe(false);
    expect(await holds(idleToMark('t', 'PT4H2S', AT), { mark })).toBe(false);
    // A shorter one brings nothing forward: each mark says an hour.
    expect(await holds(idleToRevoke('t', 'PT1M', AT), { mark: { decided: 1, sent: 0 } })).toBe(false);
  });
});
