import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { edgeApplication, type EdgeApplication } from '../../test/edge-application.js';

let app: EdgeApplication;
beforeAll(async () => {
  app = await edgeApplication();
});
afterAll(() => app.close());

const times = (count: number, write: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i)).join(' ');
/** `depth` fields inside each other, the last one a leaf. */
const nested = (depth: number) => `${'a { '.repeat(depth - 1)}b${' }'.repeat(depth - 1)}`;
/** As many lists inside each other, one object each. */
const lists = (count: number) => `${'others(first: 1) { nodes { '.repeat(count)}id${' } }'.repeat(count)}`;
/** So many fragments, each of which uses the next one twice, on different paths. */
const bomb = (length: number) =>
  times(
    length,
    (i) =>
      `fragment F${i} on Ticket { a: owner { id } others { nodes { ...F${i + 1} } } b: others { nodes { ...F${i + 1} } } }`,
  ) + ` fragment F${length} on Ticket { id }`;

const codes = async (query: string, variables?: object) => {
  const { status, errors = [] } = await app.ask(query, variables);
  return [
    status,
    ...errors.map(({ extensions: { code, field } }) => [code, field].filter(Boolean).join(' ')),
  ];
};
const TOO_COMPLEX = [400, 'QUERY_TOO_COMPLEX'];
const FINE = [200];

describe('within the limits', () => {
  it.each([
    [
      'a page of 50 with owner and groups',
      '{ tickets(first: 50) { nodes { id owner { id } groups { id } } pageInfo { endCursor } totalCount } }',
    ],
    ['8 mutations', `mutation { ${times(8, (i) => `m${i}: createTicket(input: {name: "a"}) { id }`)} }`],
    ['10 mutations', `mutation { ${times(10, (i) => `m${i}: createTicket(input: {name: "a"}) { id }`)} }`],
    ['8 aliases', `{ ${times(8, (i) => `q${i}: viewer { id }`)} }`],
    ['20 root fields', `{ ${times(20, (i) => `q${i}: viewer { id }`)} }`],
    ['100 aliases', `{ viewer { ${times(100, (i) => `a${i}: id`)} } }`],
    ['12 fields inside each other', `{ ticket(id: "1") { ${lists(5)} } }`],
    ['2,000 tokens', `{ viewer { ${'id '.repeat(1_995)} } }`],
    ['2,000 tokens that say the same', `{ ticket(id: "1") { ${'owner { id } '.repeat(497)} } }`],
    ['what costs 10,000 at most', '{ tickets(first: 100) { nodes { others(first: 97) { nodes { id } } } } }'],
    [
      'a page of 50 with 30 days of each',
      '{ tickets(first: 50) { nodes { id readers { id } owner { id } } } }',
    ],
    ['the largest page with the most days', '{ tickets(first: 100) { nodes { readers(days: 90) { id } } } }'],
    ['what looks at everything, thrice', `{ ${times(3, (i) => `q${i}: oldest { id }`)} }`],
    [
      'a page of what looks at everything, thrice',
      `{ ${times(3, (i) => `q${i}: oldest { sorted { nodes { id owner { id } } } }`)} }`,
    ],
    [
      'the largest page of what looks at everything, twice',
      `{ ${times(2, (i) => `q${i}: oldest { sorted(first: 100) { nodes { id owner { id } groups { id } } } }`)} }`,
    ],
    ['one thing asked for twice under one name', `{ ${times(9, () => 'oldest { id }')} }`],
    ['the introspection of tools', getIntrospectionQuery()],
  ])('%s pass', async (_, query) => expect(await codes(query)).toEqual(FINE));
});

describe('beyond a limit', () => {
  it.each([
    ['13 fields inside each other', `{ ${nested(13)} }`],
    [
      '13 fields inside each other by fragments',
      `{ ...F } fragment F on Query { ${nested(7).replace('b', '...G')} } fragment G on A { ${nested(7)} }`,
    ],
    ['101 aliases', `{ viewer { ${times(101, (i) => `a${i}: id`)} } }`],
    [
      '101 aliases by fragments',
      `{ ${'...F '.repeat(11)} } fragment F on Query { viewer { ${times(10, (i) => `a${i}: id`)} } }`,
    ],
    ['11 mutations', `mutation { ${times(11, (i) => `m${i}: createTicket(input: {name: "a"}) { id }`)} }`],
    [
      '12 mutations by fragments',
      `mutation { ...F ...G } fragment F on Mutation { ${times(6, (i) => `m${i}: createTicket(input: {name: "a"}) { id }`)} } fragment G on Mutation { ... { ${times(6, (i) => `n${i}: createTicket(input: {name: "a"}) { id }`)} } }`,
    ],
    ['21 root fields', `{ ${times(21, (i) => `q${i}: viewer { id }`)} }`],
    ['2,001 tokens', `{ viewer { ${'id '.repeat(1_996)} } }`],
    ['lists in lists', '{ tickets(first: 100) { nodes { others(first: 100) { nodes { id } } } } }'],
    [
      'lists in lists of the default size',
      '{ tickets { nodes { others { nodes { others { nodes { id } } } } } } }',
    ],
    [
      'lists in lists that are skipped',
      '{ tickets(first: 100) @skip(if: true) { nodes { others(first: 100) { nodes { id } } } } }',
    ],
    ['lists in lists by last', '{ tickets(last: 100) { nodes { others(last: 100) { nodes { id } } } } }'],
    [
      'lists in lists by edges',
      '{ tickets(first: 100) { edges { node { others(first: 100) { edges { node { id } } } } } } }',
    ],
    [
      'lists in lists by a default',
      'query ($n: Int = 100) { tickets(first: $n) { nodes { others(first: $n) { nodes { id } } } } }',
    ],
    [
      'the largest page with the most days twice',
      '{ tickets(first: 100) { nodes { a: readers(days: 90) { id } b: readers(days: 90) { id } } } }',
    ],
    [
      'many lists of the usual days',
      `{ tickets(first: 100) { nodes { ${times(4, (i) => `d${i}: readers { id }`)} } } }`,
    ],
    [
      'days by a variable’s default',
      'query ($d: Int! = 90) { tickets(first: 100) { nodes { a: readers(days: $d) { id } b: readers(days: $d) { id } } } }',
    ],
    ['what looks at everything, four times', `{ ${times(4, (i) => `q${i}: oldest { id }`)} }`],
    [
      'what looks at everything, by fragments',
      '{ ...F a: oldest { id } b: oldest { id } } fragment F on Query { c: oldest { id } d: oldest { id } }',
    ],
    [
      'what is skipped and looks at everything',
      `{ ${times(4, (i) => `q${i}: oldest @skip(if: true) { id }`)} }`,
    ],
    [
      'many pages of what looks at everything',
      `{ oldest { ${times(19, (i) => `p${i}: sorted(first: 1) { nodes { id } }`)} } }`,
    ],
    ['a fragment bomb', `{ tickets(first: 1) { nodes { ...F0 } } } ${bomb(5)}`],
    ['a long fragment bomb', `{ tickets(first: 1) { nodes { ...F0 } } } ${bomb(50)}`],
    [
      'a schema that leads into itself',
      `{ __schema { types { ${'fields { type { '.repeat(4)}name${' } }'.repeat(4)} } } }`,
    ],
  ])('%s are refused', async (_, query) => expect(await codes(query)).toEqual(TOO_COMPLEX));

  it('the variables count', async () => {
    const query = 'query ($n: Int) { tickets(first: $n) { nodes { others(first: $n) { nodes { id } } } } }';
    expect(await codes(query, { n: 100 })).toEqual(TOO_COMPLEX);
    expect(await codes(query, { n: 10 })).toEqual(FINE);
    expect(await codes(query, { n: null })).toEqual(FINE);
  });
  it.each([
    ['{ tickets(first: 101) { nodes { others(first: 100) { nodes { id } } } } }', 'first'],
    ['{ tickets(first: 100) { nodes { others(first: 0) { nodes { others { nodes { id } } } } } } }', 'first'],
    ['{ tickets(last: -1) { nodes { id } } }', 'last'],
    ['{ tickets(first: 1, last: 1) { nodes { id } } }', 'last'],
    ['{ tickets { nodes { ...F } } } fragment F on Ticket { others(first: 101) { nodes { id } } }', 'first'],
    ['{ tickets(first: 99999999999) { nodes { id } } }', 'first'],
    ['{ tickets(first: 100) { nodes { readers(days: 91) { id } } } }', 'days'],
    ['{ tickets(first: 100) { nodes { readers(days: 0) { id } a: readers(days: 90) { id } } } }', 'days'],
    ['{ tickets(first: 100) { nodes { readers(days: 99999999999) { id } } } }', 'days'],
    ['query ($d: Int! = -1) { ticket(id: "1") { readers(days: $d) { id } } }', 'days'],
    ['{ ticket(id: "1") { readers(days: "7") { id } } }', 'days'],
    ['{ ticket(id: "1") { readers(days: null) { id } } }', 'days'],
  ])('a page size is looked at before: %s', async (query, field) =>
    expect(await codes(query)).toEqual([400, `INVALID_INPUT ${field}`]),
  );
  it('a fragment that contains itself is not valid', async () => {
    const [status, code] = await codes(
      '{ viewer { ...F } } fragment F on Person { id ...G } fragment G on Person { ...F }',
    );
    expect([status, code]).toEqual([400, 'INVALID_INPUT']);
  });
});
