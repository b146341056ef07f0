import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/harness/index.js';
import { CONTENT, mailSettingsOf } from '../../test/mailing.js';
import type { Claimed } from '../outbox/claims.queries.js';
import { MailDelivery } from './mail-delivery.js';

const MESSAGE: Claimed = {
  id: '0d4f7a52-6c58-4f0f-8d0a-2f1f7a9b1c01',
  purpose: 'administrators',
  recipientId: '7b1c2d3e-4f50-4a61-9b72-8c93ad04be15',
  recipientName: 'Ada',
  recipientEmail: 'ada@example.org',
  content: CONTENT,
  attempts: 1,
  unanswered: 0,
  ageSeconds: 0,
};
const never = new AbortController().signal;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that greets, and then says to everything what `answer` writes. */
async function rawServer(answer: (socket: Socket) => void): Promise<{ url: string; open: Set<Socket> }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.write('220 here\r\n');
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, open };
}
const deliveryTo = (url: string) => new MailDelivery(mailSettingsOf(url), 'https://tokens.example');
/** Byte after byte without an end. */
const trickle = (socket: Socket) => {
  const timer = setInterval(() => socket.write('250-still\r\n'), 20);
  socket.on('close', () => clearInterval(timer));
};

describe('an attempt', () => {
  it('ends when its time is up, whatever a server says meanwhile, and its connection with it', async () => {
    const server = await rawServer(trickle);
    const began = performance.now();
    const outcome = await deliveryTo(server.url).deliver(MESSAGE, {
      timeIsUp: AbortSignal.timeout(300),
      stopping: never,
    });
    expect(outcome).toEqual({ end: 'LATER', reply: 'There was no answer in time.', holdsChannel: true });
    expect(performance.now() - began).toBeLessThan(5_000);
    await until(() => server.open.size === 0);
  });
  it('is as if it had not been where the process stops before the message is there', async () => {
    const server = await rawServer(trickle);
    const outcome = await deliveryTo(server.url).deliver(MESSAGE, {
      timeIsUp: never,
      stopping: AbortSignal.timeout(300),
    });
    expect(outcome).toEqual({ end: 'UNTRIED' });
  });
  it('does not read an answer without an end', async () => {
    const server = await rawServer((socket) => {
      const pour = () => void (socket.destroyed || socket.write('x'.repeat(65_536), pour));
      pour();
    });
    const outcome = await deliveryTo(server.url).deliver(MESSAGE, { timeIsUp: never, stopping: never });
    expect(outcome).toMatchObject({ end: 'LATER', holdsChannel: true });
    await until(() => server.open.size === 0);
  });
  it('to an address that is none asks nobody', async () => {
    const server = await rawServer(trickle);
    for (const recipientEmail of [null, '', 'ada@example.org\r\nRCPT TO:<eve@example.org>']) {
      const message = { ...MESSAGE, recipientEmail };
      const outcome = await deliveryTo(server.url).deliver(message, { timeIsUp: never, stopping: never });
      expect(outcome.end).toBe('GIVEN_UP');
    }
    expect(server.open.size).toBe(0);
  });
});
