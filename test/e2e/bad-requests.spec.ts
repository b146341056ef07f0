import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { headersFor, startProduct, type Credentials, type RunningProduct } from '../harness/index.js';
import { castOf, type Cast } from './cast.js';

interface Refusal {
  readonly status: number;
  readonly code: unknown;
  readonly field: unknown;
}

let product: RunningProduct;
let cast: Cast;

beforeAll(async () => {
  product = await startProduct();
  cast = await castOf(product.url);
}, 120_000);

afterAll(async () => {
  await product?.stop();
});

/** Sends a body as it is written and gives what was refused, of GraphQL's errors and of problem+json alike. */
async function refusalOf(path: string, body: string, caller?: Credentials): Promise<Refusal> {
  const answer = await fetch(product.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersFor(caller) },
    body,
  });
  const { errors, ...document } = (await answer.json()) as {
    errors?: { extensions: Record<string, unknown> }[];
    code?: unknown;
    field?: unknown;
  };
  const { code, field } = errors?.[0]?.extensions ?? document;
  return { status: answer.status, code, field };
}

const invalid = (field?: string, status = 400): Refusal => ({ status, code: 'INVALID_INPUT', field });
const CREATE = 'mutation ($input: CreateUserTokenInput!) { createUserToken(input: $input) { token { id } } }';
const UPDATE = 'mutation ($input: UpdateTokenInput!) { updateToken(input: $input) { token { id } } }';
const LIST =
  'query ($first: Int, $filter: TokenFilter) { tokens(first: $first, filter: $filter) { totalCount } }';

const graphqlBody = (query: string, variables: string) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`;
const asAda = (body: string) => refusalOf('/graphql', body, cast.credentials.ada);
const FAR = new Date(Date.now() + 100 * 86_400_000).toISOString();

describe('two inputs that exclude each other', () => {
  it.each([
    ['a lifetime and an end', CREATE, { input: { name: 'a', lifetime: 'P1D', expiresAt: FAR } }, 'expiresAt'],
    ['first and last', 'query ($n: Int) { tokens(first: $n, last: $n) { totalCount } }', { n: 5 }, 'last'],
    ['last and after', '{ tokens(last: 5, after: "x") { totalCount } }', {}, 'after'],
  ])('are refused by the name of the second: %s', async (_, query, variables, field) => {
    const { code, field: named } = await asAda(JSON.stringify({ query, variables }));
    expect({ code, named }).toEqual({ code: 'INVALID_INPUT', named: field });
  });

  it.each([
    ['in the past', '2020-01-01T00:00:00Z', 'INVALID_INPUT'],
    ['beyond ten years', '2400-01-01T00:00:00Z', 'INVALID_INPUT'],
    ['beyond the policy', FAR, 'LIFETIME_EXCEEDS_POLICY'],
  ])('and neither may an end lie %s', async (_, expiresAt, code) =>
    expect(
      await asAda(JSON.stringify({ query: CREATE, variables: { input: { name: 'a', expiresAt } } })),
    ).toEqual({ status: 200, code, field: 'expiresAt' }),
  );
});

describe('JSON that says something twice', () => {
  it.each([
    ['a field of an input', CREATE, '{"input":{"name":"a","name":"b"}}', 'name'],
    ['a field, once by another spelling', CREATE, '{"input":{"name":"a","n\\u0061me":"b"}}', 'name'],
    ['an argument', LIST, '{"first":1,"first":2}', 'first'],
    ['a field inside', LIST, '{"filter":{"search":"a","search":"b"}}', 'filter.search'],
    ['the id of what is changed', UPDATE, '{"input":{"id":"a","name":"x","id":"b"}}', 'id'],
  ])('is refused by its name: %s', async (_, query, variables, field) =>
    expect(await asAda(graphqlBody(query, variables))).toEqual(invalid(field)),
  );

  it('is refused where the request itself does', async () => {
    expect(await asAda('{"query":"{ viewer { expiresAt } }","query":"{ policy { version } }"}')).toEqual(
      invalid(),
    );
    expect(await asAda('{"query":"{ viewer { expiresAt } }","variables":{},"variables":{}}')).toEqual(
      invalid(),
    );
  });

  it('is refused at sign-in', async () =>
    expect(
      await refusalOf('/session', '{"username":"ada","password":"wrong","password":"ada-demo"}'),
    ).toEqual(invalid('password')));
});

describe('a document that says something twice', () => {
  it.each([
    [
      'a field of an input',
      'mutation { createUserToken(input: { name: "a", name: "b" }) { token { id } } }',
      'name',
    ],
    ['an argument', '{ tokens(first: 1, first: 2) { totalCount } }', 'first'],
  ])('is refused by its name: %s', async (_, query, field) =>
    expect(await asAda(JSON.stringify({ query }))).toEqual(invalid(field)),
  );
});

describe('names that objects are born with', () => {
  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'are no fields of an input: %s',
    async (name) => {
      const inner = `{"name":"a","${name}":{"isAdmin":true}}`;
      expect(await asAda(graphqlBody(CREATE, `{"input":${inner}}`))).toEqual(invalid(name));
      const literal = `mutation { createUserToken(input: { name: "a", ${name}: 1 }) { token { id } } }`;
      expect(await asAda(JSON.stringify({ query: literal }))).toEqual(invalid(name));
      expect(await refusalOf('/session', `{"username":"ada","password":"ada-demo","${name}":1}`)).toEqual(
        invalid(name),
      );
    },
  );

  it.each(['__proto__', 'constructor'])(
    'are neither operations nor variables nor profiles: %s',
    async (name) => {
      const query = 'query a { viewer { expiresAt } }';
      expect(await asAda(JSON.stringify({ query, operationName: name }))).toEqual(invalid());
      const variable = 'query ($first: Int!) { tokens(first: $first) { totalCount } }';
      expect((await asAda(graphqlBody(variable, `{"${name}":{"first":1}}`))).code).toBe('INVALID_INPUT');
      const input = { name: 'a', profile: name };
      expect(await asAda(JSON.stringify({ query: CREATE, variables: { input } }))).toEqual(
        invalid('profile', 200),
      );
    },
  );
});

describe('numbers that are none', () => {
  it.each(['1e400', '-1e400', '1e-400', '1.0000001', '-0.5', '99999999999999999999'])(
    'are no page size: %s',
    async (number) => expect(await asAda(graphqlBody(LIST, `{"first":${number}}`))).toEqual(invalid('first')),
  );

  it.each(['NaN', 'Infinity', '01', '+1', '0x10', '1_000'])('are no JSON: %s', async (number) =>
    expect(await asAda(graphqlBody(LIST, `{"first":${number}}`))).toEqual(invalid()),
  );
});

describe('an argument that does not exist', () => {
  it.each([
    ['{ tokens(limit: 5) { totalCount } }', 'limit'],
    ['{ viewer(id: "a") { expiresAt } }', 'id'],
    ['mutation { revokeToken(input: { id: "a" }, id: "a") { token { id } } }', 'id'],
  ])('is refused by its name: %s', async (query, field) =>
    expect(await asAda(JSON.stringify({ query }))).toEqual(invalid(field)),
  );
});

describe('an id that is none', () => {
  const STRANGE = ['', 'x', '__proto__', 'a\u0000', '\ud800', "' OR 1=1 --", '%', 'x'.repeat(100_000), 7];
  const upperCase = () => cast.users.grace.toUpperCase();

  it('is an unknown id: a query finds nothing', async () => {
    for (const id of [...STRANGE, upperCase(), ` ${cast.users.grace}`]) {
      const query =
        'query ($id: ID!) { node(id: $id) { id } token(id: $id) { id } serviceAccount(id: $id) { id } }';
      const answer = await fetch(`${product.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headersFor(cast.credentials.ada) },
        body: JSON.stringify({ query, variables: { id } }),
      });
      expect(await answer.json()).toEqual({ data: { node: null, token: null, serviceAccount: null } });
    }
  });

  it.each([
    ['RevokeTokenInput', 'revokeToken', 'token', 'id', {}],
    ['TokenIdInput', 'suspendToken', 'token', 'id', {}],
    ['TokenIdInput', 'resumeToken', 'token', 'id', {}],
    ['UpdateTokenInput', 'updateToken', 'token', 'id', { name: 'a' }],
    ['SetGroupGrantsInput', 'setGroupGrants', 'group', 'groupId', { grants: [] }],
    [
      'CreateServiceAccountTokenInput',
      'createServiceAccountToken',
      'token',
      'serviceAccountId',
      { name: 'a' },
    ],
  ])('is not found by a mutation: %s of %s', async (type, name, gives, field, more) => {
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${gives} { id } } }`;
    for (const id of [...STRANGE, upperCase()]) {
      const variables = { input: { ...more, [field]: id } };
      expect(await asAda(JSON.stringify({ query, variables }))).toEqual({
        status: 200,
        code: 'NOT_FOUND',
        field,
      });
    }
  });
});

describe('signing in', () => {
  const LONG = 'a'.repeat(1001);
  it.each([
    ['{"password":"ada-demo"}', 'username'],
    ['{"username":"ada"}', 'password'],
    ['{"username":null,"password":"ada-demo"}', 'username'],
    ['{"username":"ada","password":null}', 'password'],
    ['{"username":["ada"],"password":"ada-demo"}', 'username'],
    ['{"username":{"$ne":""},"password":"ada-demo"}', 'username'],
    ['{"username":5,"password":"ada-demo"}', 'username'],
    ['{"username":"ada","password":true}', 'password'],
    ['{"username":"","password":"ada-demo"}', 'username'],
    ['{"username":"ada","password":""}', 'password'],
    ['{"username":" ","password":"ada-demo"}', 'username'],
    [`{"username":"${LONG.slice(0, 257)}","password":"x"}`, 'username'],
    [`{"username":"ada","password":"${LONG}"}`, 'password'],
    ['{"username":"ada\\u0000","password":"ada-demo"}', 'username'],
    ['{"username":"ada","password":"ada-demo\\u0000"}', 'password'],
    ['{"username":"\\ud800","password":"ada-demo"}', 'username'],
    ['{"username":"ada","password":"\\ud800"}', 'password'],
    ['{"username":"ada","password":"ada-demo","remember":true}', 'remember'],
    ['[]', undefined],
    ['"ada"', undefined],
    ['null', undefined],
    ['', undefined],
    ['{', undefined],
  ])('names what is wrong with %s', async (body, field) =>
    expect(await refusalOf('/session', body)).toEqual(invalid(field)),
  );
});

describe('the export of the audit trail', () => {
  const at = '2026-01-01T00:00:00Z';
  it.each([
    ['since=2026-02-30T00:00:00Z', 'since'],
    ['since=2026-01-01', 'since'],
    ['since=', 'since'],
    ['until=now', 'until'],
    ['until=%00', 'until'],
    [`since=${at}&since=${at}`, 'since'],
    [`until[]=${at}`, 'until[]'],
    [`since=${at}&limit=5`, 'limit'],
    ['__proto__=1', '__proto__'],
  ])('names what is wrong with ?%s', async (query, field) => {
    const answer = await fetch(`${product.url}/audit/events.ndjson?${query}`, {
      headers: headersFor(cast.credentials.ada),
    });
    const { code, field: named } = (await answer.json()) as { code: string; field: string };
    expect({ status: answer.status, code, field: named }).toEqual(invalid(field));
  });
});
