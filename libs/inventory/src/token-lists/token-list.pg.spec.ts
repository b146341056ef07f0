import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageOf } from '@tokenwarden/api';
import { openDatabase, type Database } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { sampleSelection, StoredSamples } from '../../test/stored-samples.js';
import { countByStatus, countEnding } from '../gauges/token-gauges.queries.js';
import { countTokens } from './token-count.queries.js';
import { tokensOnPage } from './token-list.queries.js';
import type { TokenFilter } from './token-list.types.js';
import { NEWEST_FIRST } from './token-orders.js';
import type { Reach } from './token-selection.queries.js';

let server: TestDatabase;
let database: Database;
let samples: StoredSamples;
const id: Record<
  'ada' | 'grace' | 'etl' | 'group' | 'live' | 'suspended' | 'expired' | 'revoked' | 'scoped' | 'sharp',
  string
> = Object.create(null) as never;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  samples = new StoredSamples(database);
  await samples.signingKey();
  id.group = await samples.group();
  id.ada = await samples.user('ada');
  id.grace = await samples.user('grace', [id.group]);
  id.etl = await samples.account('etl', [id.group]);
  id.live = await samples.tokenOfUser(id.ada, { name: 'Laptop 100%' });
  id.suspended = await samples.tokenOfUser(id.grace, { suspended: true, createdAt: '2026-02-01T00:00:00Z' });
  id.expired = await samples.tokenOfUser(id.grace, { suspended: true, endsAt: '2026-03-01T00:00:00Z' });
  id.revoked = await samples.tokenOfUser(id.grace, {
    suspended: true,
    revoked: true,
    endsAt: '2026-03-02T00:00:00Z',
  });
  id.scoped = await samples.tokenOfAccount(id.etl, {
    scopes: ['a:b'],
    profile: 'automation',
    usedAt: '2026-01-10T00:00:00Z',
  });
  id.sharp = await samples.tokenOfAccount(id.etl, { name: 'STRASSE_1', usedAt: '2026-02-01T00:00:00Z' });
});
afterAll(async () => {
  await database.close();
  await server.close();
});

async function found(filter: Partial<TokenFilter>, reach: Reach = 'all'): Promise<Set<string>> {
  const selection = sampleSelection(filter, reach);
  const page = pageOf({ first: 100 }, 'spec');
  const tokens = await database.read((tx) => tokensOnPage(tx, selection, NEWEST_FIRST, page));
  expect(await database.read((tx) => countTokens(tx, selection))).toBe(tokens.length);
  return new Set(tokens.map(({ token }) => token.id));
}

describe('a filter of tokens', () => {
  const cases: [string, () => Partial<TokenFilter>, () => string[]][] = [
    ['nothing', () => ({}), () => [id.live, id.suspended, id.expired, id.revoked, id.scoped, id.sharp]],
    [
      'ids, unknown and impossible ones among them',
      () => ({ ids: [id.live, id.ada, 'x', ''] }),
      () => [id.live],
    ],
    ['no ids', () => ({ ids: [] }), () => []],
    ['kind', () => ({ kind: 'SERVICE_ACCOUNT' }), () => [id.scoped, id.sharp]],
    ['ACTIVE', () => ({ status: ['ACTIVE'] }), () => [id.live, id.scoped, id.sharp]],
    ['SUSPENDED', () => ({ status: ['SUSPENDED'] }), () => [id.suspended]],
    ['EXPIRED', () => ({ status: ['EXPIRED'] }), () => [id.expired]],
    ['REVOKED', () => ({ status: ['REVOKED'] }), () => [id.revoked]],
    ['two statuses', () => ({ status: ['REVOKED', 'EXPIRED', 'EXPIRED'] }), () => [id.expired, id.revoked]],
    ['no status', () => ({ status: [] }), () => []],
    ['a user', () => ({ userId: id.ada }), () => [id.live]],
    ['a user by the id of an account', () => ({ userId: id.etl }), () => []],
    ['a user that cannot be', () => ({ userId: "'" }), () => []],
    ['an account', () => ({ serviceAccountId: id.etl }), () => [id.scoped, id.sharp]],
    [
      'a group',
      () => ({ groupId: id.group }),
      () => [id.suspended, id.expired, id.revoked, id.scoped, id.sharp],
    ],
    ['a profile', () => ({ profile: 'automation' }), () => [id.scoped]],
    ['a part of the name in another case', () => ({ search: 'lApToP' }), () => [id.live]],
    ['a part of the name folded in Unicode', () => ({ search: 'straße' }), () => [id.sharp]],
    ['a percent sign as itself', () => ({ search: '%' }), () => [id.live]],
    ['an underscore as itself', () => ({ search: '_' }), () => [id.sharp]],
    [
      'createdAfter, exclusive',
      () => ({ createdAfter: new Date('2026-01-01T00:00:00Z') }),
      () => [id.suspended],
    ],
    ['createdBefore, exclusive', () => ({ createdBefore: new Date('2026-01-01T00:00:00Z') }), () => []],
    [
      'endsAfter and endsBefore, exclusive',
      () => ({ endsAfter: new Date('2026-02-28T23:59:59Z'), endsBefore: new Date('2026-03-02T00:00:00Z') }),
      () => [id.expired],
    ],
    [
      'not used since a moment: used before it, or never and older',
      () => ({ unusedSince: new Date('2026-01-20T00:00:00Z') }),
      () => [id.live, id.expired, id.revoked, id.scoped],
    ],
    [
      'not used since the very moment of a use, or of a creation',
      () => ({ unusedSince: new Date('2026-01-01T00:00:00Z') }),
      () => [],
    ],
    [
      'not used since the last use itself',
      () => ({ unusedSince: new Date('2026-01-10T00:00:00Z'), kind: 'SERVICE_ACCOUNT' }),
      () => [],
    ],
    ['never used', () => ({ neverUsed: true }), () => [id.live, id.suspended, id.expired, id.revoked]],
    ['used at least once', () => ({ neverUsed: false }), () => [id.scoped, id.sharp]],
    ['a backslash as itself', () => ({ search: '\\' }), () => []],
    ['scopes unsaid', () => ({ unscoped: true, kind: 'SERVICE_ACCOUNT' }), () => [id.sharp]],
    ['scopes said', () => ({ unscoped: false }), () => [id.scoped]],
    [
      'everything together',
      () => ({
        groupId: id.group,
        status: ['ACTIVE'],
        unscoped: false,
        profile: 'automation',
        search: 'AMP',
        ids: [id.scoped],
      }),
      () => [id.scoped],
    ],
  ];
  it.each(cases)('by %s gives exactly those', async (_, filter, expected) => {
    expect(await found(filter())).toEqual(new Set(expected()));
  });
});

describe('the reach', () => {
  it('bounds whatever is filtered', async () => {
    expect(await found({}, { principalIds: [id.ada, id.etl] })).toEqual(
      new Set([id.live, id.scoped, id.sharp]),
    );
    expect(await found({ userId: id.grace }, { principalIds: [id.ada] })).toEqual(new Set());
    expect(await found({}, { tokenId: id.expired })).toEqual(new Set([id.expired]));
    expect(await found({}, { principalIds: [] })).toEqual(new Set());
  });
});

describe('the gauges', () => {
  it('count every token once, by kind and status', async () => {
    const counts = await database.read((tx) => countByStatus(tx));
    expect(counts).toEqual(
      expect.arrayContaining([
        { kind: 'USER', status: 'SUSPENDED', count: 1 },
        { kind: 'USER', status: 'EXPIRED', count: 1 },
        { kind: 'USER', status: 'REVOKED', count: 1 },
        { kind: 'SERVICE_ACCOUNT', status: 'ACTIVE', count: 2 },
      ]),
    );
  });
  it('count live tokens in every span within which they end', async () => {
    const inDays = (days: number) =>
      new Date(Math.ceil(Date.now() / 1_000) * 1_000 + days * 86_400_000).toISOString();
    for (const days of [0.5, 2, 8, 31]) await samples.tokenOfUser(id.ada, { endsAt: inDays(days) });
    await samples.tokenOfUser(id.ada, { endsAt: inDays(0.5), revoked: true });
    const counts = await database.read((tx) => countEnding(tx));
    expect(counts.toSorted((a, b) => a.count - b.count)).toEqual([
      { kind: 'USER', within: 'P1D', count: 1 },
      { kind: 'USER', within: 'P7D', count: 2 },
      { kind: 'USER', within: 'P30D', count: 3 },
    ]);
  });
});
