import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageOf, toConnection, type PageArgs } from '@tokenwarden/api';
import { openDatabase, rows, type Database, type Transaction } from '@tokenwarden/database';
import type { AccessTokenEntity } from '@tokenwarden/tokens';
import { freshDatabase, type TestDatabase } from '../../../test/harness/index.js';
import { sampleSelection, StoredSamples } from './stored-samples.js';
import type { Reach } from './token-selection.queries.js';
import { countByStatus, countEnding } from './token-gauges.queries.js';
import {
  columnsOf,
  countTokens,
  countTokensOfEach,
  keyOf,
  tokensOnPage,
  tokensOnPageOfEach,
} from './token-list.queries.js';
import { type TokenFilter, TokenOrderField, type TokenOrder } from './token-list.types.js';

const NEWEST_FIRST: TokenOrder = { field: 'CREATED_AT', direction: 'DESC' };

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
  id.scoped = await samples.tokenOfAccount(id.etl, { scopes: ['a:b'], profile: 'automation' });
  id.sharp = await samples.tokenOfAccount(id.etl, { name: 'STRASSE_1' });
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

describe('the pages of a list', () => {
  let user: string;
  let all: AccessTokenEntity[];
  beforeAll(async () => {
    user = await samples.user('linus');
    // Equal moments and names on purpose: pages are cut among them.
    for (let index = 0; index < 23; index += 1) {
      await samples.tokenOfUser(user, {
        name: ['b', 'B', '\u{1F511}', '\uFFFD', 'a'][index % 5] ?? '',
        createdAt: `2026-01-01T00:00:0${index % 3}Z`,
        endsAt: `2999-01-01T00:00:0${index % 4}Z`,
      });
    }
    all = (await tokensOf({ first: 100 }, NEWEST_FIRST)).nodes.slice();
  });

  async function tokensOf(args: PageArgs, order: TokenOrder) {
    const selection = sampleSelection({ userId: user });
    const page = pageOf(
      args,
      order,
      columnsOf(order).map((column) => column.type),
    );
    const tokens = await database.read((tx) => tokensOnPage(tx, selection, order, page));
    return toConnection(
      page,
      tokens.map(({ token }) => token),
      (token) => keyOf(order, token),
    );
  }
  const orders = Object.values(TokenOrderField).flatMap((field) =>
    (['ASC', 'DESC'] as const).map((direction): TokenOrder => ({ field, direction })),
  );

  it.each(orders)('by %j make up the whole in its order, forward and backward', async (order) => {
    const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
    const value = (token: AccessTokenEntity) =>
      order.field === 'NAME'
        ? Buffer.from(token.name, 'utf8').toString('hex')
        : (order.field === 'ENDS_AT' ? token.endsAt : token.createdAt).getTime();
    const expected = all
      .toSorted((a, b) => compare(value(a), value(b)) || compare(a.id, b.id))
      .map((token) => token.id);
    if (order.direction === 'DESC') expected.reverse();
    const forward: string[] = [];
    let after: string | null = null;
    do {
      const page = await tokensOf({ first: 4, after }, order);
      forward.push(...page.nodes.map((token) => token.id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after);
    const backward: string[] = [];
    let before: string | null = null;
    do {
      const page = await tokensOf({ last: 4, before }, order);
      backward.unshift(...page.nodes.map((token) => token.id));
      before = page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : null;
    } while (before);
    expect(forward).toEqual(expected);
    expect(backward).toEqual(expected);
  });

  it('of many principals in one statement are those of each alone', async () => {
    const principals = [user, id.ada, id.etl, id.group];
    const selection = sampleSelection({ status: ['ACTIVE'] });
    for (const args of [{ first: 3 }, { last: 2 }]) {
      const page = pageOf(args, 'spec');
      const ofEach = await database.read((tx) =>
        tokensOnPageOfEach(tx, principals, selection, NEWEST_FIRST, page),
      );
      const counts = await database.read((tx) => countTokensOfEach(tx, principals, selection));
      for (const principal of principals) {
        const alone = sampleSelection(selection.filter, { principalIds: [principal] });
        const tokens = await database.read((tx) => tokensOnPage(tx, alone, NEWEST_FIRST, page));
        expect(ofEach.get(principal)?.map(({ token }) => token)).toEqual(tokens.map(({ token }) => token));
        expect(counts.get(principal)).toBe(await database.read((tx) => countTokens(tx, alone)));
      }
    }
  });

  it('go by the index of their order, and by that of the owner for an owner', async () => {
    const plan = async (filter: Partial<TokenFilter>, order: TokenOrder) =>
      database.transaction(async (tx) => {
        await rows(tx, 'SET LOCAL enable_seqscan = off');
        await rows(tx, 'SET LOCAL enable_sort = off');
        await rows(tx, 'SET LOCAL enable_incremental_sort = off');
        const query = async (sql: string, parameters?: unknown[]) => {
          const lines = await tx.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN ${sql}`, parameters);
          return [{ id: lines.map((line) => line['QUERY PLAN']).join('\n') }];
        };
        const explaining = Object.assign(Object.create(tx) as object, { query }) as unknown as Transaction;
        const selection = sampleSelection(filter);
        const [explained] = await tokensOnPage(explaining, selection, order, pageOf({}, 'spec'));
        return explained?.token.id;
      });
    expect(await plan({}, NEWEST_FIRST)).toContain('Backward using access_tokens_by_creation');
    expect(await plan({}, { field: 'ENDS_AT', direction: 'ASC' })).toContain('using access_tokens_by_end');
    expect(await plan({}, { field: 'NAME', direction: 'DESC' })).toContain(
      'Backward using access_tokens_by_name',
    );
    expect(await plan({ userId: user }, NEWEST_FIRST)).toContain('Backward using access_tokens_of_principal');
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
