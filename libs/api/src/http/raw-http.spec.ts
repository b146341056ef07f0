import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rateLimited, unauthenticated } from '@tokenwarden/vocabulary';
import { readForm, UnreadableRequest } from './form.js';
import { sendJson, sendOAuthError, sendProblem } from './send.js';

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/limited') return sendProblem(response, rateLimited('Later.', 2.5));
    if (request.url === '/stranger') return sendProblem(response, unauthenticated());
    if (request.url === '/bug') return sendProblem(response, undefined);
    const seconds = request.url === '/hasty' ? 0.05 : undefined;
    readForm(request, 100, seconds).then(
      (form) => sendJson(response, 200, { tokens: form.getAll('token') }),
      (error: unknown) => {
        if (!(error instanceof UnreadableRequest)) throw error;
        sendOAuthError(response, error.status, 'invalid_request', error.message);
      },
    );
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = (body: string, type = 'application/x-www-form-urlencoded') =>
  fetch(url, { method: 'POST', headers: { 'content-type': type }, body });

describe('a form', () => {
  it('is read as it was sent, both of a name, nothing trimmed', async () => {
    const response = await post(
      'token=+a%20&hint=x&token=b',
      'Application/X-WWW-Form-Urlencoded; charset=UTF-8',
    );
    expect(await response.json()).toEqual({ tokens: [' a ', 'b'] });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
  it('may be empty', async () => expect(await (await post('')).json()).toEqual({ tokens: [] }));
  it('is refused as another content type', async () => {
    const response = await post('{}', 'application/json');
    expect([response.status, await response.json()]).toEqual([
      415,
      expect.objectContaining({ error: 'invalid_request' }),
    ]);
  });
  it('may be of exactly the limit, and no byte larger', async () => {
    expect((await post(`token=${'a'.repeat(94)}`)).status).toBe(200);
    const response = await post(`token=${'a'.repeat(95)}`);
    expect([response.status, response.headers.get('connection')]).toEqual([413, 'close']);
  });
  it('is refused when it does not arrive in time', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '10' };
      const request = httpRequest(`${url}/hasty`, { method: 'POST', headers });
      request.on('response', ({ statusCode }) => {
        request.destroy();
        resolve(statusCode);
      });
      request.on('error', reject).write('tok');
    });
    expect(status).toBe(408);
  });
  it('that breaks off harms nobody', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
        const head = [
          'POST / HTTP/1.1',
          'host: x',
          'content-type: application/x-www-form-urlencoded',
          'content-length: 9',
        ];
        socket.write(`${head.join('\r\n')}\r\n\r\ntok`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect((await post('token=a')).status).toBe(200);
  });
});

describe('an error', () => {
  it('of OAuth describes itself in characters that OAuth allows', async () => {
    const { error_description: description } = (await (await post('x', 'text/"ä"')).json()) as Record<
      string,
      string
    >;
    expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });
  it('elsewhere is problem+json with what HTTP needs', async () => {
    const limited = await fetch(`${url}/limited`);
    expect([limited.status, limited.headers.get('retry-after'), limited.headers.get('content-type')]).toEqual(
      [429, '3', 'application/problem+json; charset=utf-8'],
    );
    expect(await limited.json()).toEqual({
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      code: 'RATE_LIMITED',
      detail: 'Later.',
      requestId: expect.any(String),
    });
    expect((await fetch(`${url}/stranger`)).headers.get('www-authenticate')).toBe('Bearer');
    expect(await (await fetch(`${url}/bug`)).json()).toMatchObject({ status: 500, code: 'INTERNAL' });
  });
});
