import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { edgeApplication, type Answer, type EdgeApplication } from '../../test/edge-application.js';

let app: EdgeApplication;
beforeAll(async () => {
  app = await edgeApplication();
});
afterAll(() => app.close());

const JSON_TYPE = { 'content-type': 'application/json' };

/** One error of this code, on this field, with nothing else in its extensions. */
function expectRefusal(answer: Answer, status: number, code: string, field?: string): void {
  expect(answer.errors?.map(({ extensions }) => extensions)).toEqual([
    { code, ...(field !== undefined && { field }), requestId: expect.any(String) },
  ]);
  expect(answer.status).toBe(status);
  expect(answer.data ?? null).toBeNull();
}

describe('an operation of a caller', () => {
  it('is answered', async () => {
    const { status, data, errors } = await app.ask(
      '{ viewer { id } ticket(id: "1") { createdAt owner { id } } }',
    );
    expect({ status, errors }).toEqual({ status: 200 });
    expect(data).toEqual({
      viewer: { id: 'ada' },
      ticket: { createdAt: '1970-01-01T00:00:00.000Z', owner: { id: '1' } },
    });
  });
  it('has its own id in every error, or that of the proxy before it', async () => {
    const { errors } = await app.ask('{ fails(how: "input") }', {}, { 'x-request-id': 'abc-12345' });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', field: 'how', requestId: 'abc-12345' });
  });
});

describe('an operation of a stranger', () => {
  const stranger = { stranger: '1' };
  it.each([
    '{ viewer { id } }',
    'mutation { createTicket(input: {}) { id } }',
    '{ noSuchField }',
    '{ __typename ...F } fragment F on Query { ... on Query { secret } }',
    'subscription { anything }',
  ])('is refused before anything is looked at: %s', async (query) => {
    const answer = await app.ask(query, {}, stranger);
    expectRefusal(answer, 401, 'UNAUTHENTICATED');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.stringify(answer.errors)).not.toMatch(/secret|noSuchField|CreateTicket/);
  });
  it('may ask for __typename', async () =>
    expect((await app.ask('{ __typename }', {}, stranger)).data).toEqual({ __typename: 'Query' }));
  it('learns nothing of the schema from a document that is not valid', async () => {
    const answer = await app.ask('{ __typename } query Other { viewer { nothing } }', {}, stranger);
    expect(JSON.stringify(answer)).not.toContain('Person');
    expect(answer.status).toBe(400);
  });
  it('is refused as a mutation by GET, too', async () => {
    const query = encodeURIComponent('mutation { createTicket(input: {name: "a"}) { id } }');
    const headers = { ...stranger, 'apollo-require-preflight': '1' };
    expectRefusal(await app.send({ headers }, `?query=${query}`), 401, 'UNAUTHENTICATED');
    const known = await app.send({ headers: { 'apollo-require-preflight': '1' } }, `?query=${query}`);
    expectRefusal(known, 405, 'INVALID_INPUT');
  });
});

describe('what is no GraphQL request', () => {
  const POST = (headers: Record<string, string>, body: string) => app.send({ method: 'POST', headers, body });
  it.each<[string, Record<string, string>, string]>([
    ['broken JSON', JSON_TYPE, '{'],
    ['nothing', JSON_TYPE, ''],
    ['a prototype', JSON_TYPE, '{"query":"{__typename}","__proto__":{}}'],
    ['a batch', JSON_TYPE, '[{"query":"{__typename}"}]'],
    ['an empty batch', JSON_TYPE, '[]'],
    ['an empty object', JSON_TYPE, '{}'],
    ['null', JSON_TYPE, 'null'],
    ['an empty query', JSON_TYPE, '{"query":" "}'],
    ['a query of another type', JSON_TYPE, '{"query":{}}'],
    ['variables as a text', JSON_TYPE, '{"query":"{__typename}","variables":"{}"}'],
    ['variables as a list', JSON_TYPE, '{"query":"{__typename}","variables":[]}'],
    ['an operationName of another type', JSON_TYPE, '{"query":"{__typename}","operationName":7}'],
    [
      'a persisted query',
      JSON_TYPE,
      '{"query":"{__typename}","extensions":{"persistedQuery":{"version":1}}}',
    ],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'query={__typename}'],
    ['a text', { 'content-type': 'text/plain' }, '{"query":"{__typename}"}'],
    ['graphql', { 'content-type': 'application/graphql' }, '{__typename}'],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--'],
  ])('is refused as GraphQL would: %s', async (_, headers, body) => {
    expectRefusal(await POST(headers, body), 400, 'INVALID_INPUT');
  });
  it('is refused as too large above 1 MiB', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(1_048_576) } });
    expectRefusal(await POST(JSON_TYPE, body), 413, 'INVALID_INPUT');
  });
  it('is refused as a GET that a foreign page could send, and says what to send', async () => {
    const answer = await app.send({}, '?query={__typename}');
    expectRefusal(answer, 400, 'INVALID_INPUT');
    expect(answer.errors?.[0]?.message).toContain('apollo-require-preflight');
    const headers = { 'apollo-require-preflight': '1' };
    expect((await app.send({ headers }, '?query={__typename}')).status).toBe(200);
    expectRefusal(await app.send({ headers }, '?query={a}&query={b}'), 400, 'INVALID_INPUT');
  });
  it.each([
    '{',
    'query { viewer { id } ',
    '{ viewer { nothing } }',
    'query A { __typename } query B { __typename }',
  ])('is 400 for both media types: %s', async (query) => {
    expectRefusal(await app.ask(query), 400, 'INVALID_INPUT');
    const answer = await app.ask(query, {}, { accept: 'application/graphql-response+json' });
    expectRefusal(answer, 400, 'INVALID_INPUT');
    expect(answer.headers.get('content-type')).toContain('application/graphql-response+json');
  });
  it('does not guess what was meant', async () => {
    const { errors } = await app.ask('{ viewr { id } ticket(idd: "1") { id } }');
    expect(JSON.stringify(errors)).not.toMatch(/did you mean/i);
  });
  it('gets ten errors at most', async () => {
    const { errors, status } = await app.ask(
      `{ viewer { ${Array.from({ length: 50 }, (_, i) => `x${i}`).join(' ')} } }`,
    );
    expect({ status, count: errors?.length }).toEqual({ status: 400, count: 10 });
  });
});

describe('a value that GraphQL refuses', () => {
  const create = 'mutation ($input: CreateTicketInput!) { createTicket(input: $input) { name } }';
  it.each<[string, object, string]>([
    [create, { input: { name: 'a', lifetime: 'P1Y' } }, 'lifetime'],
    [create, { input: { name: 'a', expiresAt: '2026-02-30T00:00:00Z' } }, 'expiresAt'],
    [create, { input: { name: 'a', scopes: ['a', 'b', 'c', 7] } }, 'scopes.3'],
    [create, { input: { name: null } }, 'name'],
    [create, { input: {} }, 'name'],
    [create, { input: { name: 'a', nickname: 'b' } }, 'nickname'],
    [create, { input: { name: 'a\u0000' } }, 'name'],
    [create, { input: { name: 'a\ud800' } }, 'name'],
    [create, { input: { name: '12345678901' } }, 'name'],
    [create, { input: { name: 'a', scopes: ['b', ' '] } }, 'scopes.1'],
    [create, { input: 'text' }, 'input'],
    [create, {}, 'input'],
    [
      'query ($f: TicketFilter) { tickets(filter: $f) { nodes { id } } }',
      { f: { search: 7 } },
      'filter.search',
    ],
    [
      'query ($f: TicketFilter) { tickets(filter: $f) { nodes { id } } }',
      { f: { search: '' } },
      'filter.search',
    ],
    ['query ($s: String) { tickets(filter: {search: $s}) { nodes { id } } }', { s: [] }, 'filter.search'],
    ['query ($n: Int) { tickets(first: $n) { nodes { id } } }', { n: '5' }, 'first'],
    ['query ($n: Int) { tickets(first: $n) { nodes { id } } }', { n: 1.5 }, 'first'],
    ['query ($d: Int = 3) { days(days: $d) }', { d: null }, 'days'],
    ['query ($d: String!) { days(days: $d) }', { d: '1' }, 'days'],
    ['{ ticket { id } }', {}, 'id'],
    ['{ ticket(id: $id) { id } }', {}, 'id'],
    ['{ ticket(id: "1", number: 1) { id } }', {}, 'number'],
    ['{ tickets(first: "5") { nodes { id } } }', {}, 'first'],
    ['{ tickets(after: "nonsense") { nodes { id } } }', {}, 'after'],
    ['mutation { createTicket(input: {name: "a", lifetime: "P1Y"}) { id } }', {}, 'lifetime'],
    ['mutation { createTicket(input: {name: "a", scopes: ["a", 1]}) { id } }', {}, 'scopes.1'],
    ['mutation { createTicket(input: {name: "a", name: "b"}) { id } }', {}, 'name'],
    ['mutation { createTicket(input: {name: "a", x: "b"}) { id } }', {}, 'x'],
    ['mutation { createTicket(input: {}) { id } }', {}, 'name'],
    ['mutation { createTicket { id } }', {}, 'input'],
  ])('is named by its path: %s %j', async (query, variables, field) => {
    const answer = await app.ask(query, variables);
    expect(answer.errors?.[0]?.extensions).toEqual({
      code: 'INVALID_INPUT',
      field,
      requestId: expect.any(String),
    });
    expect(answer.errors).toHaveLength(1);
  });
  it('is not repeated', async () => {
    const { errors } = await app.ask(create, { input: { name: { secret: 'hunter2' }, lifetime: 'hunter2' } });
    expect(errors?.map(({ extensions }) => extensions['field'])).toEqual(['name', 'lifetime']);
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });
});

describe('an answer', () => {
  it('says of a fault of ours only that there was one, and tells the operators', async () => {
    const before = app.internalErrors.length;
    const answer = await app.ask('{ fails }');
    expectRefusal({ ...answer, data: null }, 200, 'INTERNAL');
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|TypeError|stack/);
    expect(app.internalErrors.slice(before)).toHaveLength(1);
  });
  it('is 503 with Retry-After where storage is gone and nothing is there', async () => {
    const answer = await app.ask('{ a: fails(how: "unavailable") b: fails(how: "unavailable") }');
    expect(answer.errors?.map(({ extensions }) => extensions['code'])).toEqual([
      'UNAVAILABLE',
      'UNAVAILABLE',
    ]);
    expect({ status: answer.status, retryAfter: answer.headers.get('retry-after') }).toEqual({
      status: 503,
      retryAfter: '3',
    });
  });
  it('is 200 where a part of it is there', async () => {
    expect((await app.ask('{ fails(how: "unavailable") viewer { id } }')).status).toBe(200);
    expect((await app.ask('{ fails(how: "unavailable") ticket(id: "none") { id } }')).status).toBe(200);
  });
  it('is 200 for a refusal', async () =>
    expect((await app.ask('{ fails(how: "forbidden") }')).errors?.[0]?.extensions['code']).toBe('FORBIDDEN'));
  it('has ten errors at most', async () => {
    const { data, errors } = await app.ask('{ tickets { nodes { broken } } }');
    expect(data).not.toBeNull();
    expect(errors).toHaveLength(10);
  });
  it.each([
    ['two', 400, 'INVALID_INPUT'],
    ['undecided', 503, 'UNAVAILABLE'],
    ['bug', 500, 'INTERNAL'],
  ])('has the status of what the credential led to: %s', async (fails, status, code) => {
    const answer = await app.ask('{ viewer { id } }', {}, { fails });
    expectRefusal(answer, status, code);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });
});

describe('with introspection off', () => {
  it('nobody learns the schema', async () => {
    const closed = await edgeApplication({ introspection: false });
    try {
      expectRefusal(await closed.ask('{ __schema { __typename } }'), 400, 'INVALID_INPUT');
      expectRefusal(
        await closed.ask('{ __type(name: "X") { name } }', {}, { stranger: '1' }),
        400,
        'INVALID_INPUT',
      );
      expect((await closed.ask('{ __typename }')).status).toBe(200);
    } finally {
      await closed.close();
    }
  });
});
