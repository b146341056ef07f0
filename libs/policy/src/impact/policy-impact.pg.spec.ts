import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Loaders } from '@tokenwarden/api';
import { rows } from '@tokenwarden/database';
import { capTokens, holdAllTokens, revokeMany } from '@tokenwarden/tokens';
import { ADA, ImpactWorld, READER } from '../../test/impact-world.js';
import { anyToken, PLAIN_TOKEN, type RandomToken } from '../../test/random-tokens.js';
import type { AskedChange } from '../change/prepare-change.js';
import { FIRST_POLICY } from '../policy-document.rules.js';

jest.setTimeout(60_000);

let world: ImpactWorld;
let now: Date;
let version: number;
beforeAll(async () => {
  world = await ImpactWorld.begin();
  version = await world.inForce(FIRST_POLICY);
});
afterAll(() => world?.end());
beforeEach(async () => {
  now = await world.second();
});
afterEach(() => {
  jest.restoreAllMocks();
});

const MANNER = `SELECT current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS only`;
const hoursFromNow = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const keep = (changes: AskedChange['changes']): AskedChange => ({
  expectedVersion: version,
  changes,
  existingTokens: 'KEEP',
});
const cap = (maximum: string, more: Partial<AskedChange> = {}): AskedChange => ({
  expectedVersion: version,
  changes: {
    profiles: [
      {
        name: 'interactive',
        maximum,
        default: 'PT1S',
        kinds: ['USER', 'SERVICE_ACCOUNT'],
        defaultFor: ['USER', 'SERVICE_ACCOUNT'],
      },
    ],
  },
  existingTokens: 'CAP',
  ...more,
});

describe('a page of what a change would hit', () => {
  it.each([1, 7, 50, 100])(
    'of %d tokens goes on where the one before it ended, ties or not',
    async (size) => {
      await world.tokens.replaceBy(fc.sample(anyToken, { numRuns: size === 1 ? 40 : 260, seed: 7 }), now);
      const asked = cap('PT5H', { enforceFrom: hoursFromNow(2) });
      const all = await world.hits(asked);
      const paged = await world.hits(asked, size);
      expect(all.length).toBeGreaterThan(5);
      expect(paged).toEqual(all);
      const order = all.map(({ newEndsAt, id }) => `${newEndsAt.toISOString()} ${id}`);
      expect(order).toEqual([...order].sort());
      expect(new Set(order).size).toBe(order.length);
      expect(new Set(all.map(({ newEndsAt }) => newEndsAt.getTime())).size).toBeLessThan(all.length);
    },
  );
  it('holds no token twice and leaves none out while the moment from which a cap counts moves on', async () => {
    const ids = await world.tokens.replaceBy(
      [...Array(9).keys()].map(() => PLAIN_TOKEN),
      now,
    );
    const secondsPass = async () => {
      const before = await world.second();
      while ((await world.second()) <= before) await pause(50);
    };
    const hits = await world.hits(cap('PT1H'), 4, secondsPass);
    expect(hits.map(({ id }) => id)).toEqual([...ids].sort());
  });
  it('says how many there are over all, and whether it goes on', async () => {
    await world.tokens.replaceBy(
      [PLAIN_TOKEN, PLAIN_TOKEN, { ...PLAIN_TOKEN, owner: 1 }, { ...PLAIN_TOKEN, ends: 1 }],
      now,
    );
    const impact = await world.ask(cap('PT1H'));
    const { pageInfo, totalCount, nodes } = await impact.tokensOnPage({ first: 2 });
    expect([pageInfo.hasNextPage, await totalCount, nodes.length]).toEqual([true, 3, 2]);
    expect(await impact.principals).toBe(2);
    const rest = await impact.tokensOnPage({ first: 2, after: pageInfo.endCursor });
    expect([rest.pageInfo.hasNextPage, rest.pageInfo.hasPreviousPage, rest.nodes.length]).toEqual([
      false,
      true,
      1,
    ]);
  });
  it('is of this very change: a cursor of another one is refused', async () => {
    await world.tokens.replaceBy([PLAIN_TOKEN, PLAIN_TOKEN], now);
    const { pageInfo } = await (await world.ask(cap('PT1H'))).tokensOnPage({ first: 1 });
    const other = await world.ask(cap('PT2H'));
    await expect(other.tokensOnPage({ first: 1, after: pageInfo.endCursor })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'after',
    });
  });
  it.each([0, 101])('is not of %d', async (first) => {
    const impact = await world.ask(cap('PT1H'));
    await expect(impact.tokensOnPage({ first })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'first',
    });
  });
});

describe('an effect', () => {
  const effectsOf = async (token: Partial<RandomToken>, asked: AskedChange) => {
    await world.tokens.replaceBy([{ ...PLAIN_TOKEN, ...token }], now);
    return (await world.hits(asked))[0]?.effects ?? [];
  };
  it('is told in the order of the schema, several of one token', async () => {
    await world.tokens.usesWholeSince(hoursFromNow(-200));
    expect(
      await effectsOf(
        { created: 200, warned: [{ hours: 168, ofOtherEnd: false }] },
        cap('PT201H', { changes: { ...cap('PT201H').changes, ...idleAfterAnHour } }),
      ),
    ).toEqual(['EXCEEDS_MAXIMUM', 'CUT_SHORT', 'WARNED', 'IDLE_REVOKED']);
  });
  it('is no warning of what is warned of today already', async () =>
    expect(await effectsOf({ ends: -5 }, keep({ expiryWarnings: { thresholds: ['PT6H'] } }))).toEqual([]));
  it('is a warning where the end that comes nearer was not warned of', async () => {
    const warned = [{ hours: 72, ofOtherEnd: false }];
    const asked = cap('PT49H');
    expect(await effectsOf({ warned }, asked)).toContain('WARNED');
  });
  it('is none where the tasks are off, and one where they are switched on', async () => {
    const off = { ...FIRST_POLICY, purge: { ...FIRST_POLICY.purge, enabled: false } };
    version = await world.inForce(off);
    const old: Partial<RandomToken> = { created: 3_000, ends: 2_161 };
    expect(await effectsOf(old, keep({ purge: { after: 'PT1H' } }))).toEqual([]);
    expect(await effectsOf(old, keep({ purge: { enabled: true } }))).toEqual(['PURGED']);
    expect(
      await effectsOf({ ...old, ends: 2_160 }, keep({ purge: { enabled: true, after: 'P91D' } })),
    ).toEqual([]);
    version = await world.inForce(FIRST_POLICY);
  });
  const idleAfterAnHour = { idleRevocation: { enabled: true, after: 'PT1H' } };
  it('is marked or revoked as idle alike, and not before uses have been known for so long', async () => {
    await world.tokens.usesWholeSince(hoursFromNow(-1));
    expect(await effectsOf({}, keep(idleAfterAnHour))).toEqual(['IDLE_REVOKED']);
    const mark = { decided: 2, sent: 2 };
    expect(await effectsOf({ mark }, keep(idleAfterAnHour))).toEqual(['IDLE_REVOKED']);
    expect(await effectsOf({ mark: { decided: 0, sent: 0 } }, keep(idleAfterAnHour))).toEqual([]);
    expect(await effectsOf({ mark: { decided: 1, sent: 1 } }, keep(idleAfterAnHour))).toEqual([
      'IDLE_REVOKED',
    ]);
    expect(await effectsOf({ mark: { decided: 1, sent: 0 } }, keep(idleAfterAnHour))).toEqual([]);
    expect(await effectsOf({ lastUsed: 0 }, keep(idleAfterAnHour))).toEqual([]);
    await world.tokens.usesWholeSince(hoursFromNow(0));
    expect(await effectsOf({}, keep(idleAfterAnHour))).toEqual([]);
  });
});

describe('a token that a cap ends at once', () => {
  it('is not called idle nor warned of as well: there is nothing left to end', async () => {
    await world.tokens.usesWholeSince(hoursFromNow(-48));
    await world.tokens.replaceBy([PLAIN_TOKEN], now);
    const changes = {
      ...cap('PT1H').changes,
      idleRevocation: { enabled: true, after: 'PT1H' },
      expiryWarnings: { thresholds: ['PT2H'] },
    };
    expect((await world.hits(cap('PT1H', { changes })))[0]?.effects).toEqual([
      'EXCEEDS_MAXIMUM',
      'CUT_SHORT',
    ]);
  });
});

describe('tokens whose rows are still to be written', () => {
  it('are as they are now: those being revoked have ended, those being capped end earlier', async () => {
    const [revoked, capped, free] = await world.tokens.replaceBy(
      [PLAIN_TOKEN, PLAIN_TOKEN, PLAIN_TOKEN],
      now,
    );
    if (!revoked || !capped || !free) throw new Error('Three were stored.');
    await world.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const these = { sql: `SELECT $1::uuid AS id`, parameters: [revoked] };
      await revokeMany(tx, these, { by: ADA, reason: null, details: {} });
    });
    await world.tokens.run(`UPDATE access_tokens SET profile = 'ephemeral' WHERE id = $1`, [capped]);
    await world.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const maxima = { ephemeral: 60 };
      const enforceFrom = hoursFromNow(3);
      await capTokens(tx, { by: ADA, reason: null, policyVersion: version, enforceFrom, maxima });
    });
    const hits = await world.hits(cap('PT1H', { enforceFrom: hoursFromNow(4) }));
    expect(hits.map(({ id, newEndsAt }) => [id, newEndsAt])).toEqual([
      [capped, hoursFromNow(3)], // of a profile that is gone: it exceeds, and stays as it is
      [free, hoursFromNow(4)],
    ]);
  });
});

describe('asking', () => {
  it('is refused by a value first, then by the version, then where nothing would change', async () => {
    await world.tokens.replaceBy([PLAIN_TOKEN], now);
    const stale = version - 1;
    const refusal = (asked: AskedChange) => expect(world.ask(asked)).rejects;
    const thresholds: string[] = [];
    await refusal({ ...keep({ expiryWarnings: { thresholds } }), expectedVersion: stale }).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'changes.expiryWarnings.thresholds',
    });
    await refusal({ ...keep({}), expectedVersion: stale }).toMatchObject({
      code: 'VERSION_CONFLICT',
      field: 'expectedVersion',
    });
    await refusal(keep({})).toMatchObject({ code: 'INVALID_INPUT', field: 'changes' });
    await refusal({ ...keep({}), existingTokens: 'CAP' }).toMatchObject({ field: 'changes' });
    await refusal({ ...keep({}), enforceFrom: now }).toMatchObject({ field: 'enforceFrom' });
  });
  it('with no value changed is answered where a cap hits a token that exceeds already', async () => {
    await world.tokens.replaceBy([{ ...PLAIN_TOKEN, created: 1_000 }], now);
    const impact = await world.ask({ ...keep({}), existingTokens: 'CAP' });
    expect(await impact.cutShort).toBe(1);
  });
  it('writes nothing', async () => {
    await world.tokens.replaceBy([PLAIN_TOKEN, { ...PLAIN_TOKEN, created: 6, ends: 5 }], now);
    const written = () =>
      world.tokens
        .run(`SELECT (SELECT count(*) FROM policy_versions) AS versions, (SELECT count(*) FROM bulk_caps) AS caps,
        (SELECT count(*) FROM audit_pending_events) AS events, (SELECT count(*) FROM token_warnings) AS warnings,
        (SELECT count(*) FROM changes) AS changes, (SELECT jsonb_agg(t ORDER BY t.id) FROM access_tokens t) AS tokens`);
    const before = await written();
    expect(
      await world.hits(cap('PT1H', { changes: { ...cap('PT1H').changes, purge: { after: 'PT1H' } } })),
    ).toHaveLength(2);
    expect(await written()).toEqual(before);
  });
  it('reads the counts and every page of one query in one snapshot, in which nothing can be written', async () => {
    await world.tokens.replaceBy([PLAIN_TOKEN, PLAIN_TOKEN, PLAIN_TOKEN], now);
    const transaction = world.database.transaction.bind(world.database);
    const manners: unknown[] = [];
    jest.spyOn(world.database, 'transaction').mockImplementation((work) =>
      transaction(async (tx) => {
        const result = await work(tx);
        manners.push(...(await rows(tx, MANNER)));
        return result;
      }),
    );
    const impact = await world.impacts.foresee(READER, cap('PT1H'), new Loaders());
    const [cut, exceeding, one, two] = await Promise.all([
      impact.cutShort,
      impact.exceedsMaximum,
      impact.tokensOnPage({ first: 1 }),
      impact.tokensOnPage({ first: 2 }),
    ]);
    expect([cut, exceeding, one.nodes.length, two.nodes.length, await two.totalCount]).toEqual([
      3, 3, 1, 2, 3,
    ]);
    const snapshot = { isolation: 'repeatable read', only: 'on' };
    expect(manners).toEqual([snapshot, snapshot]); // whether it may be asked, and the answer
  });
});
