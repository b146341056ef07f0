import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tokenwarden/vocabulary';
import { pageOf, toConnection, type Page } from './paging.js';

const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `n${i}`, id: i }));
const keyOf = (row: { name: string; id: number }) => [row.name, row.id];

function fieldOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (problem) {
    if (problem instanceof Problem && problem.code === 'INVALID_INPUT') return problem.field;
    throw problem;
  }
  return 'nothing was refused';
}

describe('a page', () => {
  it('has 50 objects where none is asked, null included', () => {
    expect(pageOf({}, 'list').size).toBe(50);
    expect(pageOf({ first: null, after: null }, 'list').size).toBe(50);
  });
  it.each([1, 100])('may have %d', (size) => expect(pageOf({ first: size }, 'list').size).toBe(size));
  it.each([0, -1, 101, 1.5, NaN])('is refused on its own field with %d', (size) => {
    expect(fieldOf(() => pageOf({ first: size }, 'list'))).toBe('first');
    expect(fieldOf(() => pageOf({ last: size }, 'list'))).toBe('last');
  });
  it('is asked from one end only', () => {
    expect(fieldOf(() => pageOf({ first: 1, last: 1 }, 'list'))).toBe('last');
    expect(fieldOf(() => pageOf({ first: 1, before: 'x' }, 'list'))).toBe('before');
    expect(fieldOf(() => pageOf({ last: 1, after: 'x' }, 'list'))).toBe('after');
    expect(fieldOf(() => pageOf({ after: 'x', before: 'x' }, 'list'))).toBe('before');
  });
});

describe('a cursor', () => {
  const filter = { search: 'etl', kind: null };
  const cursorOf = (page: Page) => toConnection(page, rows(1), keyOf).pageInfo.endCursor!;
  const cursor = cursorOf(pageOf({}, filter));

  it('leads to its row, whatever the order of the filter and whether null was written', () =>
    expect(pageOf({ after: cursor }, { search: 'etl' }).after).toEqual(['n0', 0]));
  it('is refused in another list, filter or order', () =>
    expect(fieldOf(() => pageOf({ after: cursor }, { search: 'other' }))).toBe('after'));
  it('is refused where it was altered, by its own field', () => {
    const altered = cursor.slice(0, -2) + (cursor.endsWith('A') ? 'BB' : 'AA');
    expect(fieldOf(() => pageOf({ after: altered }, filter))).toBe('after');
    expect(fieldOf(() => pageOf({ before: altered }, filter))).toBe('before');
  });
  it.each(['', ' ', '=', 'a', '\u0000', 'x'.repeat(5_000), `${cursor}=`, `${cursor} `])(
    'is refused as %j',
    (text) => expect(fieldOf(() => pageOf({ after: text }, filter))).toBe('after'),
  );
  it('is refused where its items are not what the database would cast them to', () => {
    const types = (...all: ('timestamptz' | 'uuid' | 'text' | 'integer')[]) => all;
    expect(pageOf({ after: cursor }, filter, types('text', 'integer')).after).toEqual(['n0', 0]);
    expect(fieldOf(() => pageOf({ after: cursor }, filter, types('timestamptz', 'integer')))).toBe('after');
    expect(fieldOf(() => pageOf({ after: cursor }, filter, types('text')))).toBe('after');
  });
  it.each([
    '2026-01-01T00:00:00+23:59',
    '2026-01-01T00:00:00+00:00',
    '0000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
  ])('that somebody made up of the moment %s is refused before Postgres sees it', (moment) => {
    const page = pageOf({}, filter);
    const madeUp = toConnection(page, [moment], (item) => [item]).pageInfo.endCursor!;
    expect(fieldOf(() => pageOf({ after: madeUp }, filter, ['timestamptz']))).toBe('after');
  });
  it.each(['2026-02-30T00:00:00.000Z', '0000-01-01T00:00:00.000Z'])(
    'is refused with %s as a moment, which the database could not cast',
    (moment) => {
      const madeUp = toConnection(pageOf({}, filter), [moment], (row) => [row]).pageInfo.endCursor!;
      expect(fieldOf(() => pageOf({ after: madeUp }, filter, ['timestamptz']))).toBe('after');
    },
  );
  it('is without a value only in a column that may have none', () => {
    const madeUp = toConnection(pageOf({}, filter), [null], (row) => [row, 'x']).pageInfo.endCursor!;
    const items = (isNullable: boolean) => [{ type: 'timestamptz', isNullable }, 'text'] as const;
    expect(pageOf({ after: madeUp }, filter, items(true)).after).toEqual([null, 'x']);
    expect(fieldOf(() => pageOf({ after: madeUp }, filter, items(false)))).toBe('after');
    expect(fieldOf(() => pageOf({ after: madeUp }, filter, ['timestamptz', 'text']))).toBe('after');
  });
  it('takes a moment as a page writes it', () => {
    const moment = new Date('2026-02-28T23:59:59.123Z').toISOString();
    const made = toConnection(pageOf({}, filter), [moment], (row) => [row]).pageInfo.endCursor!;
    expect(pageOf({ after: made }, filter, ['timestamptz']).after).toEqual([moment]);
  });
});

describe('a connection', () => {
  it('knows by the one row too many that it goes on', () => {
    expect(toConnection(pageOf({ first: 2 }, 0), rows(3), keyOf).pageInfo.hasNextPage).toBe(true);
    expect(toConnection(pageOf({ first: 2 }, 0), rows(2), keyOf).pageInfo.hasNextPage).toBe(false);
    expect(toConnection(pageOf({ last: 2 }, 0), rows(3), keyOf).pageInfo.hasPreviousPage).toBe(true);
    expect(toConnection(pageOf({ last: 2 }, 0), rows(2), keyOf).pageInfo.hasPreviousPage).toBe(false);
  });
  it('turns a page from the end round', () =>
    expect(toConnection(pageOf({ last: 2 }, 0), rows(3), keyOf).nodes.map((row) => row.id)).toEqual([1, 0]));
  it('has no cursors where it is empty', () =>
    expect(toConnection(pageOf({}, 0), [], keyOf).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    }));
  it('counts once, and only when asked', async () => {
    let asked = 0;
    const count = () => Promise.resolve((asked += 1));
    const connection = toConnection(pageOf({}, 0), rows(1), keyOf, count);
    expect(asked).toBe(0);
    expect(await Promise.all([connection.totalCount, connection.totalCountIsExact])).toEqual([1, true]);
    expect(asked).toBe(1);
  });
  it.each([
    [10_000, true],
    [10_001, false],
  ])('of %d objects is exact: %p', async (total, isExact) => {
    const connection = toConnection(pageOf({}, 0), rows(1), keyOf, () => Promise.resolve(total));
    expect(await connection.totalCountIsExact).toBe(isExact);
  });
});
