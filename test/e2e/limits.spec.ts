import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphql, headersFor, startProduct, type RunningProduct } from '../harness/index.js';
import { castOf } from './cast.js';
import { rawStatuses } from './raw-request.js';

let product: RunningProduct;
let ada: string;
let gateway: string;

beforeAll(async () => {
  product = await startProduct();
  const cast = await castOf(product.url);
  ada = cast.credentials.ada?.token ?? '';
  gateway = cast.credentials.gatewayToken?.token ?? '';
}, 120_000);

afterAll(async () => {
  await product?.stop();
});

const times = (count: number, write: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i)).join(' ');
const create = (i: number) => `m${i}: createUserToken(input: { name: "n" }) { token { id } }`;
/** So many fields inside each other: two, three for every round, and what is innermost. */
const deep = (rounds: number, innermost: string) =>
  `{ viewer { user { ${'groups { members(first: 1) { nodes { '.repeat(rounds)}${innermost}${' } } }'.repeat(rounds)} } } }`;
const impacts = (count: number, fields: string) =>
  `{ ${times(count, (i) => `i${i}: policyImpact(input: { expectedVersion: 1, changes: { orphanGrace: "P1D" } }) { ${fields} }`)} }`;
const hit = `effects newEndsAt token { id warnings { threshold } ... on UserToken { owner { id groups { id } } } }`;

async function outcomeOf(query: string): Promise<string> {
  const answer = await graphql(product.url, { token: ada }, query);
  return answer.code === undefined ? `${answer.status}` : `${answer.status} ${answer.code}`;
}

describe('an operation within the limits', () => {
  it.each([
    [
      'a page of 50 tokens with owner and groups',
      `{ tokens(first: 50) { totalCount pageInfo { hasNextPage endCursor } nodes { id name status endsAt effectiveScopes
         ... on UserToken { owner { id username groups { id name } } }
         ... on ServiceAccountToken { serviceAccount { id name groups { id name } } } } } }`,
    ],
    ['8 mutations', `mutation { ${times(8, create)} }`],
    ['10 mutations', `mutation { ${times(10, create)} }`],
    ['8 aliases', `{ ${times(8, (i) => `v${i}: viewer { expiresAt }`)} }`],
    ['20 root fields', `{ ${times(20, (i) => `v${i}: viewer { expiresAt }`)} }`],
    ['100 aliases', `{ viewer { ${times(100, (i) => `a${i}: expiresAt`)} } }`],
    ['12 fields inside each other', deep(3, 'id')],
    ['2,000 words', `{ viewer { ${'expiresAt '.repeat(1_995)} } }`],
    [
      '3 impacts of a change',
      impacts(3, `cutShort principals tokens { totalCount nodes { effects token { id name } } }`),
    ],
    [
      'the largest page of an impact',
      impacts(1, `cutShort tokens(first: 100) { totalCount nodes { ${hit} } }`),
    ],
    [
      'a hundred versions of the policy, whole',
      `{ policyHistory(first: 100) { totalCount nodes { version createdBy { name } changes { path before after } policy { updatedBy { name }
        profiles { name description } expiryWarnings { thresholds } purge { after } idleRevocation { after } } } pageInfo { endCursor } } }`,
    ],
    ['9,900 objects', '{ groups(first: 99) { nodes { members(first: 98) { nodes { id } } } } }'],
  ])('passes: %s', async (_, query) => expect(await outcomeOf(query)).toBe('200'));
});

describe('an operation beyond a limit', () => {
  it.each([
    ['11 mutations', `mutation { ${times(11, create)} }`],
    ['21 root fields', `{ ${times(21, (i) => `v${i}: viewer { expiresAt }`)} }`],
    ['101 aliases', `{ viewer { ${times(101, (i) => `a${i}: expiresAt`)} } }`],
    ['13 fields inside each other', deep(3, 'groups { id }')],
    ['2,001 words', `{ viewer { ${'expiresAt '.repeat(1_996)} } }`],
    ['a megabyte of words', `{ ${'a '.repeat(500_000)} }`],
    ['4 impacts of a change', impacts(4, 'cutShort')],
    [
      'many histories of the policy',
      `{ ${times(10, (i) => `h${i}: policyHistory(first: 1) { nodes { version } }`)} }`,
    ],
    [
      'the profiles of a hundred versions of the policy twice',
      '{ policyHistory(first: 100) { nodes { policy { one: profiles { name } two: profiles { description } } } } }',
    ],
    [
      'many pages of an impact',
      impacts(
        1,
        times(19, (i) => `p${i}: tokens(first: 1) { nodes { effects } }`),
      ),
    ],
    ['lists in lists', '{ groups(first: 100) { nodes { members(first: 100) { nodes { id } } } } }'],
    [
      'lists in lists that are skipped',
      '{ groups(first: 100) @skip(if: true) { nodes { members(first: 100) { nodes { id } } } } }',
    ],
    [
      'fragments that double each other',
      `{ groups { nodes { ...F0 } } } ${times(20, (i) => `fragment F${i} on Group { a${i}: members { nodes { groups { ...F${i + 1} } } } b${i}: members { nodes { groups { ...F${i + 1} } } } }`)} fragment F20 on Group { id }`,
    ],
  ])('is refused: %s', async (_, query) => expect(await outcomeOf(query)).toBe('400 QUERY_TOO_COMPLEX'));

  it('is told the first ten errors, and never what the names might have been', async () => {
    const { errors } = await graphql(
      product.url,
      { token: ada },
      `{ ${times(15, (i) => `viewr${i} { id }`)} }`,
    );
    expect(errors).toHaveLength(10);
    expect(JSON.stringify(errors)).not.toMatch(/did you mean/i);
  });
});

async function posted(
  path: string,
  body: string | ReadableStream,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; code: unknown }> {
  // fetch sends a stream only to whoever says that it sends before it reads.
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' };
  const answer = await fetch(product.url + path, init);
  const json = (await answer.json()) as { code?: unknown; errors?: { extensions: { code: unknown } }[] };
  return { status: answer.status, code: json.errors?.[0]?.extensions.code ?? json.code };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const query = JSON.stringify({ query: '{ viewer { expiresAt } }' });
const padded = (bytes: number) => query + ' '.repeat(bytes - query.length);

describe('a body', () => {
  it('may have 1 MiB, and no byte more', async () => {
    const headers = { ...JSON_TYPE, ...headersFor({ token: ada }) };
    expect(await posted('/graphql', padded(1_048_576), headers)).toEqual({ status: 200, code: undefined });
    expect(await posted('/graphql', padded(1_048_577), headers)).toEqual({
      status: 413,
      code: 'INVALID_INPUT',
    });
    expect(await posted('/session', padded(1_048_577), JSON_TYPE)).toEqual({
      status: 413,
      code: 'INVALID_INPUT',
    });
  });

  it('is counted also where it does not say how long it is', async () => {
    const stream = new Blob([padded(1_048_577)]).stream();
    expect(await posted('/graphql', stream, JSON_TYPE)).toEqual({ status: 413, code: 'INVALID_INPUT' });
  });

  it.each(['/oauth2/introspect', '/oauth2/revoke'])(
    'as a form may have 64 KiB, and no byte more: %s',
    async (path) => {
      const headers = { ...FORM_TYPE, ...headersFor({ token: gateway }) };
      const form = (bytes: number) => ({ method: 'POST', headers, body: `token=${'x'.repeat(bytes - 6)}` });
      expect((await fetch(product.url + path, form(65_536))).status).toBe(200);
      const refused = await fetch(product.url + path, form(65_537));
      expect([refused.status, Object.keys((await refused.json()) as object)[0]]).toEqual([413, 'error']);
    },
  );
});

describe('headers', () => {
  it.each(['POST /graphql', 'POST /oauth2/introspect', 'GET /health/live', 'DELETE /session'])(
    'beyond 16 KiB are refused: %s',
    async (line) =>
      expect(
        await rawStatuses(product.url, [`${line} HTTP/1.1`, 'host: a', `x-long: ${'x'.repeat(17_000)}`]),
      ).toEqual([431]),
  );

  it('of 15 KiB are not', async () => {
    const lines = [
      'GET /health/live HTTP/1.1',
      'host: a',
      'connection: close',
      `x-long: ${'x'.repeat(15_000)}`,
    ];
    expect(await rawStatuses(product.url, lines)).toEqual([200]);
  });
});

describe('a GraphQL request', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=a',
    'application/graphql',
    'application/jsonp',
    'json',
  ])('in another content type is refused: %s', async (type) =>
    expect(await posted('/graphql', query, { 'content-type': type, ...headersFor({ token: ada }) })).toEqual({
      status: 400,
      code: 'INVALID_INPUT',
    }),
  );

  it.each(['application/json; charset=utf-8', 'Application/JSON'])(
    'may say more of its type: %s',
    async (type) =>
      expect(
        await posted('/graphql', query, { 'content-type': type, ...headersFor({ token: ada }) }),
      ).toEqual({
        status: 200,
        code: undefined,
      }),
  );

  it.each([
    '[]',
    `[${query}]`,
    `[${query},${query}]`,
    'null',
    '"{ viewer }"',
    '5',
    '{}',
    '{"query":5}',
    '{"query":""}',
  ])('is one object with a document: %s', async (body) =>
    expect(await posted('/graphql', body, { ...JSON_TYPE, ...headersFor({ token: ada }) })).toEqual({
      status: 400,
      code: 'INVALID_INPUT',
    }),
  );

  it('by GET needs a header that no foreign page can send, and changes nothing', async () => {
    const url = (document: string) => `${product.url}/graphql?query=${encodeURIComponent(document)}`;
    const headers = headersFor({ token: ada });
    const asked = { headers: { ...headers, 'apollo-require-preflight': '1' } };
    expect((await fetch(url('{ viewer { expiresAt } }'), { headers })).status).toBe(400);
    expect((await fetch(url('{ viewer { expiresAt } }'), asked)).status).toBe(200);
    expect((await fetch(url(`mutation { ${create(1)} }`), asked)).status).toBe(405);
  });
});
