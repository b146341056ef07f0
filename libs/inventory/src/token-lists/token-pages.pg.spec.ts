import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageOf, toConnection, type Page, type PageArgs } from '@tokenwarden/api';
import { keyset, openDatabase, rows, type Database, type Transaction } from '@tokenwarden/database';
import { tokensNow } from '@tokenwarden/tokens';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { capLiveTokens } from '../../test/capped-samples.js';
import { mixedSamples } from '../../test/mixed-samples.js';
import { sampleSelection, StoredSamples } from '../../test/stored-samples.js';
import { countTokens } from './token-count.queries.js';
import { tokensOnPage } from './token-list.queries.js';
import { TokenOrderField, type TokenFilter, type TokenOrder } from './token-list.types.js';
import { columnsOf, cursorItemsOf, NEWEST_FIRST, stretchesOf } from './token-orders.js';
import { partsOf } from './token-parts.queries.js';
import { approachesOf } from './token-paths.queries.js';
import { conditionsOf, type TokenSelection } from './token-selection.queries.js';
import {
  breadthOf,
  gather,
  lastUseIn,
  merge,
  soughtNow,
  storedColumns,
  walk,
  type StoredToken,
} from './token-walks.queries.js';

const ORDERS = Object.values(TokenOrderField).flatMap((field) =>
  (['ASC', 'DESC'] as const).map((direction): TokenOrder => ({ field, direction })),
);

let server: TestDatabase;
let database: Database;
const id = { ada: '', grace: '', etl: '', group: '' };

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  const samples = new StoredSamples(database);
  Object.assign(id, await mixedSamples(samples));
});
afterAll(async () => {
  await database.close();
  await server.close();
});

/** The page by its meaning alone: everything is read, judged and sorted. */
async function byMeaning(
  tx: Transaction,
  selection: TokenSelection,
  order: TokenOrder,
  page: Page,
): Promise<StoredToken[]> {
  const { conditions, parameters } = conditionsOf(selection);
  const clause = keyset(page, columnsOf(order), parameters.length + 1);
  const { join, column } = lastUseIn(order);
  return rows(
    tx,
    `SELECT ${storedColumns(column)} FROM ${await tokensNow(tx)} t ${join}
     WHERE ${[...conditions, clause.condition].join(' AND ')} ORDER BY ${clause.orderBy} LIMIT ${clause.limit}`,
    [...parameters, ...clause.parameters],
  );
}

const idsOf = (tokens: readonly { readonly id: string }[] | undefined) => tokens?.map((token) => token.id);
const read = <T>(work: (tx: Transaction) => Promise<T>) => database.read(work);

const filters = (): Partial<TokenFilter>[] => [
  {},
  { userId: id.ada },
  { serviceAccountId: id.etl },
  { groupId: id.group },
  { kind: 'USER' },
  { kind: 'SERVICE_ACCOUNT', status: ['ACTIVE'] },
  { status: ['SUSPENDED'] },
  { status: ['REVOKED'] },
  { status: ['EXPIRED'] },
  { status: ['ACTIVE', 'SUSPENDED'] },
  { status: ['EXPIRED', 'REVOKED'] },
  { status: [] },
  { search: 'etl-1' },
  { search: 'B' },
  { profile: 'ephemeral' },
  { unscoped: true },
  { unscoped: false, kind: 'USER' },
  { neverUsed: true },
  { neverUsed: false },
  { unusedSince: new Date('2026-01-12T00:00:00Z') },
  { unusedSince: new Date('2026-01-05T00:00:00Z'), status: ['ACTIVE'] },
  { createdAfter: new Date('2026-01-02T00:00:00Z'), createdBefore: new Date('2026-01-07T00:00:00Z') },
  { endsAfter: new Date('2026-03-01T00:00:00Z'), endsBefore: new Date('2999-01-05T00:00:00Z') },
  { endsBefore: new Date('2026-05-01T00:00:00Z'), kind: 'USER' },
  { endsBefore: new Date('2998-01-04T00:00:00Z'), userId: id.ada },
  { endsAfter: new Date('2998-01-04T00:00:00Z') },
  { endsBefore: new Date('2998-01-05T00:00:01Z'), endsAfter: new Date('2026-03-15T00:00:00Z') },
  { usable: true, exceedsPolicy: true },
  { scope: 'a:b' },
  { scope: 'nobody/has:this' },
  { ids: [] },
];

async function pagesOf(
  selection: TokenSelection,
  order: TokenOrder,
  size: number,
  backward: boolean,
): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const args: PageArgs = backward ? { last: size, before: cursor } : { first: size, after: cursor };
    const page = pageOf(args, order, cursorItemsOf(order));
    const tokens = await read((tx) => tokensOnPage(tx, selection, order, page));
    const keys = new Map(tokens.map(({ token, key }) => [token.id, key]));
    const shown = tokens.map(({ token }) => token);
    const { nodes, pageInfo } = toConnection(page, shown, (token) => keys.get(token.id) ?? []);
    const ids = nodes.map((token) => token.id);
    if (backward) found.unshift(...ids);
    else found.push(...ids);
    const goesOn = backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
    cursor = goesOn ? (backward ? pageInfo.startCursor : pageInfo.endCursor) : null;
  } while (cursor);
  return found;
}

describe('the order of a list', () => {
  it.each(ORDERS)(
    'by %j is that of its values, with the id for equals, and never used last',
    async (order) => {
      const all = await read((tx) =>
        rows<{ id: string; value: string | null }>(
          tx,
          `SELECT t.id, encode(convert_to(CASE $1 WHEN 'NAME' THEN t.name WHEN 'ENDS_AT' THEN t.ends_at::text
         WHEN 'CREATED_AT' THEN t.created_at::text ELSE u.last_used_at::text END, 'UTF8'), 'hex') AS value
       FROM access_tokens t LEFT JOIN token_uses u ON u.token_id = t.id`,
          [order.field],
        ),
      );
      const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
      const sign = order.direction === 'DESC' ? -1 : 1;
      const expected = all
        .toSorted((a, b) =>
          (a.value === null) !== (b.value === null)
            ? a.value === null
              ? 1
              : -1
            : sign * (compare(a.value ?? '', b.value ?? '') || compare(a.id, b.id)),
        )
        .map((token) => token.id);
      expect(await pagesOf(sampleSelection(), order, 4, false)).toEqual(expected);
      expect(await pagesOf(sampleSelection(), order, 7, true)).toEqual(expected);
    },
  );
});

describe.each([
  ['', () => Promise.resolve()],
  [', while caps are being written into rows,', () => capLiveTokens(database)],
])('every way to a page%s', (_, happens) => {
  beforeAll(happens);

  // From both ends, and from the middle both ways.
  const pages = async (selection: TokenSelection, order: TokenOrder): Promise<Page[]> => {
    const whole = await read((tx) => tokensOnPage(tx, selection, order, pageOf({ first: 100 }, '')));
    const middle = whole[Math.floor(whole.length / 2)]?.key;
    const open = { size: 5, binding: '' };
    const ends = [
      { ...open, backward: false },
      { ...open, backward: true },
    ];
    if (!middle) return ends;
    return [
      ...ends,
      { ...open, backward: false, after: middle },
      { ...open, backward: true, before: middle },
    ];
  };

  it.each(ORDERS)('by %j leads to what the filter means, or says that it does not know', async (order) => {
    for (const filter of filters()) {
      const selection = sampleSelection(filter);
      for (const page of await pages(selection, order)) {
        await read(async (tx) => {
          const sought = await soughtNow(tx, selection);
          const expected = idsOf(await byMeaning(tx, selection, order, page));
          const about = JSON.stringify({ filter, order, page });
          expect([
            about,
            (await tokensOnPage(tx, selection, order, page)).map(({ token }) => token.id),
          ]).toEqual([about, expected]);
          for (const approach of approachesOf(sought)) {
            expect([about, idsOf(await gather(tx, sought, approach, { order, page }))]).toEqual([
              about,
              expected,
            ]);
          }
          for (const bound of [7, 1_000]) {
            const limit = page.size + 1;
            const found: (StoredToken[] | undefined)[] = [];
            for (const one of stretchesOf(order, page)) {
              const left = limit - found.flat().length;
              if (left > 0 && !found.includes(undefined))
                found.push(await walk(tx, sought, one, { limit: left, bound }));
            }
            if (!found.includes(undefined))
              expect([about, idsOf(found.flat() as StoredToken[])]).toEqual([about, expected]);
            else expect(bound).toBeLessThan(1_000);
          }
          const parts = await partsOf(tx, sought, page);
          const [stretch] = stretchesOf(order, page);
          if (!parts || !stretch || order.field !== 'CREATED_AT') return;
          for (const depth of [2, 1_000]) {
            const found = await merge(tx, sought, parts, { ...stretch, depth });
            if (found || depth === 1_000)
              expect([about, depth, idsOf(found)]).toEqual([about, depth, expected]);
          }
        });
      }
    }
  });

  it('counts what the filter means', async () => {
    for (const filter of filters()) {
      const selection = sampleSelection(filter);
      const whole = await read((tx) =>
        byMeaning(tx, selection, NEWEST_FIRST, { size: 100, backward: false, binding: '' }),
      );
      expect([filter, await read((tx) => countTokens(tx, selection))]).toEqual([filter, whole.length]);
    }
  });

  it('knows how broad an approach is, up to a bound', async () => {
    const selection = sampleSelection({ userId: id.ada });
    const [approach] = approachesOf({ selection, areEndsMoving: false });
    if (!approach) throw new Error('A user is an approach.');
    expect(await read((tx) => breadthOf(tx, approach, 1_000))).toBe(30);
    expect(await read((tx) => breadthOf(tx, approach, 10))).toBe(10);
  });
});

describe('the effort for a page', () => {
  const none = { few: 0, shortWalk: 1, gathered: 0, gatheredAtLast: 0, longWalk: 1 };
  const page = pageOf({ first: 5 }, '');
  const rare = { unscoped: true, kind: 'SERVICE_ACCOUNT', search: 'B' } as const;
  const listed = (selection: TokenSelection, order: TokenOrder, effort: typeof none) =>
    read((tx) => tokensOnPage(tx, selection, order, page, effort)).then((found) =>
      found.map(({ token }) => token.id),
    );
  const oldestFirst: TokenOrder = { field: 'CREATED_AT', direction: 'ASC' };

  it('ends in QUERY_TOO_COMPLEX on the filter, with what to add', async () => {
    const refused = expect.objectContaining({
      code: 'QUERY_TOO_COMPLEX',
      field: 'filter',
      message: expect.stringContaining('createdAt'),
    });
    await expect(listed(sampleSelection(rare), NEWEST_FIRST, none)).rejects.toEqual(refused);
    const rarely = { gathered: 0, counted: 1, scanned: 1_000 };
    for (const filter of [
      { usable: true },
      { scope: 'a:b' as const },
      { unusedSince: new Date() },
      { exceedsPolicy: false },
      { groupId: id.group },
    ]) {
      await expect(read((tx) => countTokens(tx, sampleSelection(filter), rarely))).rejects.toEqual(refused);
    }
    const byRow = sampleSelection({ unscoped: true, search: 'B' });
    expect(await read((tx) => countTokens(tx, byRow, rarely))).toBe(
      await read((tx) => countTokens(tx, byRow)),
    );
    const never = { ...rarely, scanned: 89 };
    await expect(read((tx) => countTokens(tx, byRow, never))).rejects.toEqual(refused);
  });

  it.each(['few', 'shortWalk', 'gathered', 'gatheredAtLast', 'longWalk'] as const)(
    'is enough where only %s is',
    async (stage) => {
      const selection = sampleSelection({ userId: id.ada, search: 'B' });
      for (const order of ORDERS) {
        const expected = idsOf(await read((tx) => byMeaning(tx, selection, order, page)));
        expect(await listed(selection, order, { ...none, [stage]: 1_000 })).toEqual(expected);
      }
    },
  );

  it('is always enough for what somebody sees in a session, however many tokens that are', async () => {
    const selection = sampleSelection({}, { principalIds: [id.ada, id.etl] });
    for (const order of [NEWEST_FIRST, oldestFirst]) {
      const expected = idsOf(await read((tx) => byMeaning(tx, selection, order, page)));
      expect(await listed(selection, order, none)).toEqual(expected);
    }
  });
});
