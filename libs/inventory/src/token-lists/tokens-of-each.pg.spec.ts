import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageOf } from '@tokenwarden/api';
import { openDatabase, type Database, type Transaction } from '@tokenwarden/database';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { capLiveTokens } from '../../test/capped-samples.js';
import { mixedSamples } from '../../test/mixed-samples.js';
import { sampleSelection, StoredSamples } from '../../test/stored-samples.js';
import { countTokens } from './token-count.queries.js';
import { tokensOnPage, type TokenOfMoment } from './token-list.queries.js';
import { TokenOrderField, type TokenFilter, type TokenOrder } from './token-list.types.js';
import { NEWEST_FIRST } from './token-orders.js';
import type { Reach } from './token-selection.queries.js';
import { countTokensOfEach, tokensOnPageOfEach } from './tokens-of-each.queries.js';

const ORDERS = Object.values(TokenOrderField).flatMap((field) =>
  (['ASC', 'DESC'] as const).map((direction): TokenOrder => ({ field, direction })),
);
const EACH = 30; // ada and grace have so many tokens, and the account too

let server: TestDatabase;
let database: Database;
const id = { ada: '', grace: '', etl: '', group: '' };

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  Object.assign(id, await mixedSamples(new StoredSamples(database)));
});
afterAll(async () => {
  await database.close();
  await server.close();
});

const read = <T>(work: (tx: Transaction) => Promise<T>) => database.read(work);
const shown = (tokens: readonly TokenOfMoment[] | undefined) =>
  tokens?.map(({ token, key }) => [token.id, key]);
const principals = () => [id.ada, id.grace, id.etl, id.group];
const refused = expect.objectContaining({
  code: 'QUERY_TOO_COMPLEX',
  field: 'filter',
  message: expect.stringContaining('endsAt'),
});

/** Holds pages and counts against those of each alone. */
async function expectAsAlone(
  filter: Partial<TokenFilter>,
  order: TokenOrder,
  { reach = 'all', lookedAt = 30_000 }: { reach?: Reach; lookedAt?: number } = {},
): Promise<void> {
  for (const args of [{ first: 3 }, { last: 2 }, { first: 100 }]) {
    const page = pageOf(args, 'spec');
    const selection = sampleSelection(filter, reach);
    const pages = await read((tx) => tokensOnPageOfEach(tx, principals(), selection, order, page, lookedAt));
    const counts = await read((tx) => countTokensOfEach(tx, principals(), selection, lookedAt));
    for (const principal of principals()) {
      const isSeen = reach === 'all' || ('principalIds' in reach && reach.principalIds.includes(principal));
      const alone = sampleSelection(filter, { principalIds: isSeen ? [principal] : [] });
      expect(shown(pages.get(principal))).toEqual(
        shown(await read((tx) => tokensOnPage(tx, alone, order, page))),
      );
      expect(counts.get(principal)).toBe(await read((tx) => countTokens(tx, alone)));
    }
  }
}

describe.each([
  ['', () => Promise.resolve()],
  [', while caps are being written into rows,', () => capLiveTokens(database)],
])('the pages of many principals at once%s', (_, happens) => {
  beforeAll(happens);
  const filters = (): Partial<TokenFilter>[] => [
    {},
    { status: ['ACTIVE'] },
    { neverUsed: false },
    { usable: true },
    { userId: id.ada },
    { groupId: id.group },
    { endsAfter: new Date('2998-01-04T00:00:00Z'), endsBefore: new Date('2998-01-05T00:00:01Z') },
    { status: ['EXPIRED'] },
    { createdAfter: new Date('2026-01-03T00:00:00Z'), endsBefore: new Date('2026-05-01T00:00:00Z') },
  ];
  it.each(ORDERS)('by %j are those of each alone', async (order) => {
    for (const filter of filters()) await expectAsAlone(filter, order);
  });
  it('hold what the caller sees, and are empty for others', () =>
    expectAsAlone({}, NEWEST_FIRST, { reach: { principalIds: [id.ada, id.etl] } }));
  it('go on behind a cursor', async () => {
    for (const order of ORDERS) {
      const page = pageOf({ first: 5 }, 'spec');
      const alone = sampleSelection({}, { principalIds: [id.ada] });
      const middle = (await read((tx) => tokensOnPage(tx, alone, order, page))).at(-1)?.key;
      if (!middle) throw new Error('There is a second page.');
      const next = { ...page, after: middle };
      const ofEach = await read((tx) => tokensOnPageOfEach(tx, [id.ada], sampleSelection(), order, next));
      expect(shown(ofEach.get(id.ada))).toEqual(
        shown(await read((tx) => tokensOnPage(tx, alone, order, next))),
      );
    }
  });
});

describe('however few tokens are looked at for all of them', () => {
  it.each(['DESC', 'ASC'] as const)(
    'the order by creation, %s, is exact where nothing is asked',
    async (direction) => {
      const page = pageOf({ first: 3 }, 'spec');
      const order: TokenOrder = { field: 'CREATED_AT', direction };
      for (const reach of ['all' as const, { principalIds: [id.ada, id.etl] }]) {
        const selection = sampleSelection({}, reach);
        const pages = await read((tx) => tokensOnPageOfEach(tx, principals(), selection, order, page, 1));
        expect(pages.get(id.ada)).toHaveLength(4);
        expect(pages.get(id.grace)).toHaveLength(reach === 'all' ? 4 : 0);
        const counts = await read((tx) => countTokensOfEach(tx, principals(), selection, 1));
        expect(counts.get(id.ada)).toBe(EACH);
      }
    },
  );
  it('what is not decided by that is QUERY_TOO_COMPLEX, on pages and counts', async () => {
    const rare = sampleSelection({ search: 'nothing like it' });
    for (const order of ORDERS) {
      const page = pageOf({ first: 3 }, 'spec');
      const work = read((tx) => tokensOnPageOfEach(tx, [id.ada, id.grace], rare, order, page, EACH));
      await expect(work).rejects.toEqual(refused);
    }
    await expect(read((tx) => countTokensOfEach(tx, [id.ada, id.grace], rare, EACH))).rejects.toEqual(
      refused,
    );
  });
  it('those who have more than their part are looked at again, for themselves', async () => {
    const one = { ...sampleSelection({ search: 'nothing like it' }) };
    const page = pageOf({ first: 3 }, 'spec');
    const nobodys = Array.from({ length: 9 }, (_, n) => `00000000-0000-4000-8000-00000000000${n}`);
    for (const order of ORDERS) {
      const pages = await read((tx) =>
        tokensOnPageOfEach(tx, [id.ada, ...nobodys], one, order, page, EACH + 1),
      );
      expect(pages.get(id.ada)).toEqual([]);
      expect(pages.size).toBe(10);
    }
    const counts = await read((tx) => countTokensOfEach(tx, [id.ada, ...nobodys], one, EACH + 1));
    expect(counts.get(id.ada)).toBe(0);
  });
});
