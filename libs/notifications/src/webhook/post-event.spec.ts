import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SECRET_PATH,
  startWebhookReceiver,
  testCertificates,
  type WebhookReceiver,
} from '../../../../test/harness/index.js';
import { Receiver } from './post-event.js';

let server: WebhookReceiver;
let receiver: Receiver;
beforeEach(async () => {
  server = await startWebhookReceiver();
  receiver = new Receiver(server.url);
});
afterEach(async () => {
  receiver.close();
  await server.stop();
});
const post = (body = '{}') => receiver.post(body, { 'content-type': 'application/cloudevents+json' });

describe('a post', () => {
  it('brings the body and the headers, and gives the status', async () => {
    const body = JSON.stringify({ name: 'grâce 💻' });
    expect(await post(body)).toEqual({ status: 204 });
    expect(server.received).toMatchObject([
      {
        ...{ method: 'POST', path: SECRET_PATH, body },
        headers: { 'content-type': 'application/cloudevents+json', 'user-agent': 'Tokenwarden' },
      },
    ]);
    expect(server.received[0]?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });
  it('gives a Retry-After', async () => {
    server.answer = () => ({ status: 429, headers: { 'retry-after': '7' } });
    expect(await post()).toEqual({ status: 429, retryAfter: '7' });
  });
  it('follows no redirect', async () => {
    const elsewhere = await startWebhookReceiver();
    server.answer = () => ({ status: 307, headers: { location: elsewhere.url } });
    expect(await post()).toMatchObject({ status: 307 });
    await elsewhere.stop();
    expect(elsewhere.received).toEqual([]);
  });
  it('keeps its connection for the next one', async () => {
    server.answer = () => ({ status: 200, body: 'x'.repeat(1_000) });
    for (let i = 0; i < 3; i++) await post();
    expect([server.received.length, server.connections()]).toEqual([3, 1]);
  });
  it('goes over a new connection where the receiver closed the kept one meanwhile', async () => {
    await post();
    let wasReset = false;
    server.answer = () => (wasReset ? 204 : ((wasReset = true), 'reset'));
    expect(await post()).toEqual({ status: 204 });
    expect(server.received).toHaveLength(3);
  });
});

describe('a receiver that does not answer', () => {
  it('within the time is a TIMEOUT', async () => {
    receiver.close();
    receiver = new Receiver(server.url, 200);
    server.answer = () => 'hang';
    expect(await post()).toEqual({ fault: 'TIMEOUT' });
  });
  it('is not waited for by a process that stops', async () => {
    server.answer = () => 'hang';
    const stopping = new AbortController();
    const posted = receiver.post('{}', {}, stopping.signal);
    stopping.abort();
    expect(await posted).toEqual({ fault: 'ABORT_ERR' });
  });
  it('because nobody is there is ECONNREFUSED', async () => {
    await server.stop();
    expect(await post()).toEqual({ fault: 'ECONNREFUSED' });
    server = await startWebhookReceiver();
  });
  it('but breaks off is ECONNRESET, and a new connection is tried once at the most', async () => {
    server.answer = () => 'reset';
    expect(await post()).toEqual({ fault: 'ECONNRESET' });
    expect(server.received).toHaveLength(1);
  });
  it('in HTTP is a fault', async () => {
    const babble = createServer((socket) => socket.end('hello, this is no HTTP\r\n\r\n'));
    await new Promise<void>((resolve) => babble.listen(0, '127.0.0.1', resolve));
    const { port } = babble.address() as { port: number };
    const other = new Receiver(`http://127.0.0.1:${port}${SECRET_PATH}`);
    const answer = await other.post('{}', {});
    other.close();
    babble.close();
    expect(answer).toEqual({ fault: 'HPE_INVALID_CONSTANT' });
  });
  it('as somebody that can be trusted is told nothing', async () => {
    const { foreign } = await testCertificates();
    const stranger = await startWebhookReceiver({ certificate: foreign });
    const other = new Receiver(stranger.url);
    const answer = await other.post('{}', {});
    other.close();
    await stranger.stop();
    expect(answer).toEqual({ fault: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(stranger.received).toEqual([]);
  });
  it('but changes to another protocol is CLOSED', async () => {
    server.answer = () => ({ status: 101, headers: { upgrade: 'x', connection: 'upgrade' } });
    expect(await post()).toEqual({ fault: 'CLOSED' });
  });
});

describe('an answer that does not end', () => {
  it('counts by its head, is read for a kilobyte, and costs its connection', async () => {
    server.answer = () => 'endless';
    expect(await post()).toEqual({ status: 200 });
    const began = performance.now();
    while (server.openConnections() > 0 && performance.now() - began < 4_000) await new Promise(setImmediate);
    expect(server.openConnections()).toBe(0);
    server.answer = () => 204;
    expect(await post()).toEqual({ status: 204 });
    expect(server.connections()).toBe(2);
  });
});
