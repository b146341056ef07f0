import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logs } from '@tokenwarden/telemetry';
import { IDS, World } from '../test/world.js';
import { OAuthEndpoints } from './oauth-endpoints.js';

let world: World;
let gateway: string;
let lines: unknown[];
let server: Server;
let done: Promise<unknown>;
const FORM = 'application/x-www-form-urlencoded';
beforeAll(async () => {
  world = await World.open();
  gateway = (await world.issue({ principalId: IDS.gateway })).value;
});
afterAll(() => world.close());
beforeEach(async () => {
  lines = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const logs = new Logs({ level: 'trace', destination });
  const endpoints = new OAuthEndpoints(world.resolving, world.settings, world.metrics, logs);
  server = createServer((request, response) => {
    endpoints.handle(request, response);
    done = new Promise((resolve) => response.once('close', resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

/** Sends the beginning of a request and goes away; returns when the product is done with it. */
async function leaves(path: string, type: string, leave: 'end' | 'resetAndDestroy'): Promise<void> {
  const arrived = new Promise((resolve) => server.once('request', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway}\r\ncontent-type: ${type}\r\n`;
  socket.write(`${head}content-length: 100\r\n\r\ntoken=abc`);
  await arrived;
  socket[leave]();
  await done;
  await new Promise((resolve) => setImmediate(resolve)); // the request's own error comes right behind
}

describe('a client that goes away in the middle of a body', () => {
  it.each([
    ['/oauth2/introspect', FORM, 'end'],
    ['/oauth2/introspect', FORM, 'resetAndDestroy'],
    ['/oauth2/introspect', 'text/plain', 'resetAndDestroy'],
    ['/oauth2/revoke', FORM, 'end'],
    ['/oauth2/revoke', FORM, 'resetAndDestroy'],
  ] as const)('of %s as %s, by %s, is no fault of ours: the log says nothing', async (path, type, leave) => {
    await leaves(path, type, leave);
    expect(lines).toEqual([]);
  });
});
