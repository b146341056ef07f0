import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphql, headersFor, introspect, startProduct, type RunningProduct } from '../harness/index.js';
import { castOf, type Cast } from './cast.js';
import { rawStatuses } from './raw-request.js';

let product: RunningProduct;
let cast: Cast;
let ada: string;
let gateway: string;

beforeAll(async () => {
  product = await startProduct();
  cast = await castOf(product.url);
  ada = cast.credentials.ada?.token ?? '';
  gateway = cast.credentials.gatewayToken?.token ?? '';
}, 120_000);

afterAll(async () => {
  await product?.stop();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const query = JSON.stringify({ query: '{ viewer { expiresAt } }' });

describe('a credential', () => {
  const lines = (...headers: string[]) => [
    'POST /graphql HTTP/1.1',
    'host: a',
    'connection: close',
    'content-type: application/json',
    `content-length: ${query.length}`,
    ...headers,
  ];
  const bearer = () => `authorization: Bearer ${ada}`;
  const cookie = () => `cookie: tokenwarden_session=${ada}`;
  const status = async (...headers: string[]) =>
    (await rawStatuses(product.url, lines(...headers), query))[0];

  it('is one in a request', async () => {
    expect(await status(bearer())).toBe(200);
    expect(await status(cookie())).toBe(200);
    expect(await status(bearer(), bearer())).toBe(400);
    expect(await status(bearer(), 'authorization: Bearer x')).toBe(400);
    expect(await status(bearer(), cookie())).toBe(400);
    expect(await status(cookie(), cookie())).toBe(400);
    expect(await status(`${cookie()}; tokenwarden_session=x`)).toBe(400);
    expect(await status(`${cookie()}; other=x`)).toBe(200);
  });

  it('is written as it should be, or is none', async () => {
    expect(await status(`authorization: bEaReR ${ada}`)).toBe(200);
    expect(await status(`authorization: Bearer  ${ada}`)).toBe(401);
    expect(await status(`authorization: Bearer\t${ada}`)).toBe(401);
    expect(await status(`authorization: Token ${ada}`)).toBe(401);
    expect(await status(`authorization: ${ada}`)).toBe(401);
    expect(await status('authorization: Bearer')).toBe(401);
    expect(await status(`authorization: Bearer ${ada},${ada}`)).toBe(401);
    const basic = Buffer.from(`${cast.gatewayAccount}:${gateway}`).toString('base64');
    expect(await status(`authorization: Basic ${basic}`)).toBe(401);
    expect(await status(`cookie: tokenwarden_session=${gateway}`)).toBe(401);
  });

  it('in a cookie is not for foreign pages', async () => {
    expect(await status(cookie(), 'origin: https://elsewhere.example')).toBe(403);
    expect(await status(cookie(), 'origin: null')).toBe(403);
    expect(await status(cookie(), `origin: ${product.url}`)).toBe(200);
    expect(await status(bearer(), 'origin: https://elsewhere.example')).toBe(200);
  });

  it('is not looked for in the address', async () => {
    const answer = await fetch(`${product.url}/graphql?access_token=${ada}`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: query,
    });
    expect(answer.status).toBe(401);
  });
});

describe('introspection by OAuth', () => {
  const send = async (path: string, init: RequestInit) => {
    const answer = await fetch(product.url + path, init);
    return [answer.status, ((await answer.json()) as { error?: string }).error];
  };
  const form = (body: string, more: Readonly<Record<string, string>> = {}) => ({
    method: 'POST',
    headers: { ...FORM_TYPE, ...headersFor({ token: gateway }), ...more },
    body,
  });

  it('takes one token, in a form, by POST', async () => {
    expect(await send('/oauth2/introspect', form('token=a&token=b'))).toEqual([400, 'invalid_request']);
    expect(await send('/oauth2/introspect', form(''))).toEqual([400, 'invalid_request']);
    expect(await send('/oauth2/introspect', form('token='))).toEqual([400, 'invalid_request']);
    expect(await send('/oauth2/introspect?token=a', form('token=a'))).toEqual([400, 'invalid_request']);
    expect(await send('/oauth2/introspect', form('{"token":"a"}', JSON_TYPE))).toEqual([
      415,
      'invalid_request',
    ]);
    const { headers } = form('');
    expect((await send('/oauth2/introspect', { headers }))[0]).toBe(405);
  });

  it('ignores fields that it does not know, and what only seems to forward', async () => {
    const spoofed = {
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
    };
    expect(await send('/oauth2/introspect', form('token=a&colour=red', spoofed))).toEqual([200, undefined]);
    expect((await introspect(product.url, { token: gateway }, ' a ')).body).toEqual({ active: false });
    const headers = { ...JSON_TYPE, ...headersFor({ token: ada }), ...spoofed };
    const body = JSON.stringify({
      query: `mutation { createUserToken(input: { name: "n" }) { token { id } } }`,
    });
    await fetch(`${product.url}/graphql`, { method: 'POST', headers, body });
    const trail = await graphql(
      product.url,
      { token: ada },
      '{ auditEvents(first: 1, filter: { actions: ["token.created"] }) { nodes { address } } }',
    );
    expect(trail.data).toEqual({ auditEvents: { nodes: [{ address: '127.0.0.1' }] } });
  });
});

describe('a request that two servers could read in two ways', () => {
  const inner = 'GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n';
  it.each([
    ['two lengths', ['content-length: 0', `content-length: ${inner.length}`]],
    ['a length and chunks', [`content-length: ${inner.length}`, 'transfer-encoding: chunked']],
    ['chunks by another name', ['transfer-encoding: xchunked']],
    ['chunks, encoded again', ['transfer-encoding: chunked, identity']],
    ['a length that is none', ['content-length: +5']],
    ['a folded header', ['x-a: b', ' c: d']],
    ['a space before the colon', ['content-length : 5']],
    ['NUL in a header', ['x-a: b\u0000c']],
    ['a bare carriage return in a header', ['x-a: b\rcontent-length: 5']],
    ['two hosts', ['host: b']],
  ])('is answered once at most, with 400: %s', async (_, headers) => {
    for (const path of ['/oauth2/introspect', '/session']) {
      const lines = [`POST ${path} HTTP/1.1`, 'host: a', 'content-type: application/json', ...headers];
      const statuses = await rawStatuses(product.url, lines, inner);
      expect({ path, statuses }).toEqual({ path, statuses: [400] });
    }
  });

  it('cannot choose another method', async () => {
    const lines = ['GET /session HTTP/1.1', 'host: a', 'connection: close', 'x-http-method-override: DELETE'];
    expect(await rawStatuses(product.url, lines)).toEqual([404]);
  });
});
