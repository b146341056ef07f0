import { createHmac, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { openDatabase, rows, type Database } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import {
  databaseForSpecs,
  SECRET_PATH,
  startWebhookReceiver,
  type ReceivedRequest,
  type WebhookReceiver,
  until,
} from '../../../../test/harness/index.js';
import { ChannelSender } from '../outbox/channel-sender.js';
import { enqueue } from '../outbox/enqueue.queries.js';
import { webhookDelivery } from './webhook-delivery.js';

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString('base64')}`;
const ISSUER = 'https://tokens.example';

interface Message {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_error: string | null;
  /** Seconds from its last attempt to the next one. */
  readonly rest: number;
}

const fresh = databaseForSpecs();
const lines: string[] = [];
const senders: { sender: ChannelSender; database: Database }[] = [];
let receiver: WebhookReceiver;
beforeEach(async () => {
  await sql('TRUNCATE outbox_messages CASCADE');
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  for (const { sender } of senders) await sender.stop();
  for (const { database } of senders) await database.close();
  senders.length = 0;
  await receiver.stop();
  const said = lines.splice(0).join('\n') + JSON.stringify(await messages());
  expect(said).not.toMatch(/path-that-lets-in|whsec_|BwcH/);
});

async function sql<T>(statement: string, parameters: readonly unknown[] = []): Promise<T[]> {
  return fresh.database.read((tx) => rows<T>(tx, statement, parameters));
}
const messages = () =>
  sql<Message>(`SELECT id, state, attempts, last_error,
    extract(epoch FROM next_attempt_at - last_attempt_at)::float8 AS rest FROM outbox_messages ORDER BY content->>'time'`);

/** One more process that sends. */
async function anotherSender(): Promise<ChannelSender> {
  const name = `process-${senders.length + 1}`;
  const database = await openDatabase(fresh.url, { applicationName: name });
  const logs = new Logs({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } });
  const parts = { database, logs, process: name };
  const sender = new ChannelSender(parts, webhookDelivery({ url: receiver.url, secret: SECRET }, ISSUER));
  senders.push({ sender, database });
  sender.start();
  return sender;
}

/** So many events, one transaction; their ids in order. */
async function enqueued(count = 1): Promise<string[]> {
  const events = Array.from({ length: count }, (_, i) => ({
    ...{ channel: 'WEBHOOK' as const, purpose: 'event' as const, id: randomUUID() },
    content: {
      type: 'tokenwarden.token.created',
      subject: randomUUID(),
      time: new Date(Date.UTC(2026, 10, 27) + i).toISOString(),
      data: { action: 'token.created', details: { name: 'grâce "💻"' }, sequence: String(i) },
    },
  }));
  return fresh.database.transaction((tx) => enqueue(tx, events));
}

const allTried = () =>
  until(async () => (await messages()).every(({ attempts, rest }) => attempts > 0 && rest > 0));
const allEnded = () => until(async () => (await messages()).every(({ state }) => state !== 'WAITING'));
/** As if its back-off were over. */
const letBackOffsPass = () =>
  sql(`UPDATE outbox_messages SET next_attempt_at = clock_timestamp() WHERE state = 'WAITING'`);
function onlyOne(): ReceivedRequest {
  const [request, ...others] = receiver.received;
  if (!request || others.length > 0) throw new Error(`${receiver.received.length} requests came.`);
  return request;
}
const idOf = ({ headers }: ReceivedRequest) => headers['webhook-id'];

describe('an event that is delivered', () => {
  it('is signed as the text of Standard Webhooks says, and as its library verifies', async () => {
    const [id] = await enqueued();
    await anotherSender();
    await allEnded();
    const { headers, body, path, method } = onlyOne();
    expect([method, path, headers['webhook-id']]).toEqual(['POST', SECRET_PATH, id]);
    const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`;
    const signature = createHmac('sha256', KEY).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
  });
  it('is a CloudEvent to a client that nobody here wrote', async () => {
    const [id] = await enqueued();
    await anotherSender();
    await allEnded();
    const { headers, body } = onlyOne();
    const read = HTTP.toEvent({ headers, body });
    const event = new CloudEvent(Array.isArray(read) ? read[0]! : read, true);
    expect(headers['content-type']).toBe('application/cloudevents+json');
    expect(event).toMatchObject({
      id,
      source: ISSUER,
      specversion: '1.0',
      type: 'tokenwarden.token.created',
    });
    expect(event.data).toMatchObject({ details: { name: 'grâce "💻"' } });
  });
  it('goes once, with three processes that send', async () => {
    for (let i = 0; i < 3; i++) await anotherSender();
    const ids = await enqueued(60);
    await allEnded();
    expect(receiver.received.map(idOf).sort()).toEqual([...ids].sort());
  });
  it('goes over connections that are given back when nothing is due', async () => {
    await enqueued(8);
    await anotherSender();
    await allEnded();
    await until(() => receiver.openConnections() === 0);
    expect(receiver.connections()).toBeLessThanOrEqual(4);
  });
  it('goes in the order of enqueueing, four at a time', async () => {
    receiver.answer = () => 'hang';
    const ids = await enqueued(30);
    await anotherSender();
    await until(() => receiver.received.length === 4);
    expect(receiver.received.map(idOf).sort()).toEqual(ids.slice(0, 4).sort());
  });
});

describe('an event that is not taken', () => {
  it('comes again with the same id and body, signed anew, until it is', async () => {
    const [id] = await enqueued();
    receiver.answer = () => 500;
    const sender = await anotherSender();
    await allTried();
    expect(await messages()).toMatchObject([
      { state: 'WAITING', attempts: 1, last_error: 'The receiver answered 500.' },
    ]);
    await letBackOffsPass();
    sender.wake();
    await until(() => receiver.received.length === 2);
    await allTried();
    receiver.answer = () => 204;
    await letBackOffsPass();
    sender.wake();
    await allEnded();
    expect(receiver.received.map(idOf)).toEqual([id, id, id]);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    for (const { body, headers } of receiver.received)
      new Webhook(SECRET).verify(body, headers as Record<string, string>);
    expect(await messages()).toMatchObject([{ state: 'SENT', attempts: 3 }]);
  });
  it.each([
    ['is refused once it rests for 20 to 40 s', 500, 'The receiver answered 500.', 20, 40],
    [
      'is asked to come back later, it does not come sooner',
      { status: 429, headers: { 'retry-after': '120' } },
      'The receiver answered 429.',
      120,
      120,
    ],
    [
      'is asked to come back in a year, it comes in an hour',
      { status: 503, headers: { 'retry-after': '31536000' } },
      'The receiver answered 503.',
      3_600,
      3_600,
    ],
  ] as const)('where it %s', async (_, reply, error, least, most) => {
    await enqueued();
    receiver.answer = () => reply;
    await anotherSender();
    await allTried();
    const [message] = await messages();
    expect(message).toMatchObject({ state: 'WAITING', last_error: error });
    expect(message?.rest).toBeGreaterThanOrEqual(least - 0.5);
    expect(message?.rest).toBeLessThanOrEqual(most + 0.5);
  });
  it('is not taken elsewhere, where the receiver redirects', async () => {
    const elsewhere = await startWebhookReceiver();
    await enqueued();
    receiver.answer = () => ({ status: 308, headers: { location: elsewhere.url } });
    await anotherSender();
    await allTried();
    await elsewhere.stop();
    expect(elsewhere.received).toEqual([]);
    expect((await messages())[0]?.last_error).toMatch(/answered 308, and redirects are not followed/);
  });
  it('is given up when it is three days old, and not before', async () => {
    await enqueued(2);
    receiver.answer = () => 500;
    await sql(`UPDATE outbox_messages SET created_at = clock_timestamp() - interval '3 days' +
      CASE WHEN content->'data'->>'sequence' = '0' THEN interval '0' ELSE interval '1 minute' END`);
    await anotherSender();
    await until(async () =>
      (await messages()).every(
        ({ attempts, rest, state }) => state !== 'WAITING' || (attempts > 0 && rest > 0),
      ),
    );
    expect((await messages()).map(({ state }) => state)).toEqual(['GIVEN_UP', 'WAITING']);
  });
});

describe('a receiver that is not there', () => {
  it('is found out by a few events, and all wait', async () => {
    await receiver.stop();
    await enqueued(50);
    await anotherSender();
    await allTried();
    const found = await messages();
    expect(found.map(({ last_error }) => last_error)).toEqual(
      Array(50).fill('The receiver did not answer (ECONNREFUSED).'),
    );
    expect(lines.filter((line) => line.includes('The webhook does not take events'))).toHaveLength(1);
    receiver = await startWebhookReceiver({ port: Number(new URL(receiver.url).port) });
    await letBackOffsPass();
    senders[0]?.sender.wake();
    await allEnded();
    expect(receiver.received).toHaveLength(50);
    expect(lines.filter((line) => line.includes('The webhook takes events again'))).toHaveLength(1);
  });
  it('although somebody is hangs four events for ten seconds, and the others not at all', async () => {
    receiver.answer = () => 'hang';
    await enqueued(20);
    await anotherSender();
    await allTried();
    expect(receiver.received).toHaveLength(4);
    expect(new Set((await messages()).map(({ last_error }) => last_error))).toEqual(
      new Set(['The receiver did not answer (TIMEOUT).']),
    );
  }, 40_000);
  it('to the end of its answer has taken the event', async () => {
    receiver.answer = () => 'endless';
    await enqueued(6);
    await anotherSender();
    await allEnded();
    expect((await messages()).map(({ state }) => state)).toEqual(Array(6).fill('SENT'));
    expect(receiver.received).toHaveLength(6);
  });
});

describe('a process that stops', () => {
  it('takes an answer that comes meanwhile', async () => {
    let answer: (status: number) => void = () => undefined;
    receiver.answer = () => new Promise((resolve) => (answer = resolve));
    await enqueued();
    const sender = await anotherSender();
    await until(() => receiver.received.length === 1);
    const stopped = sender.stop();
    await new Promise((resolve) => setTimeout(resolve, 20)); // behind whatever would be cut off at once
    answer(204);
    await stopped;
    expect(await messages()).toMatchObject([{ state: 'SENT' }]);
  });
  it('waits three seconds for an answer, and leaves the event to the next one', async () => {
    receiver.answer = () => 'hang';
    await enqueued();
    const sender = await anotherSender();
    await until(() => receiver.received.length === 1);
    await sender.stop();
    expect(await messages()).toMatchObject([
      { state: 'WAITING', last_error: expect.stringContaining('ABORT_ERR') },
    ]);
  });
});
