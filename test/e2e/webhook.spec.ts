import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CloudEvent, HTTP } from 'cloudevents';
import {
  freePort,
  graphql,
  newFolder,
  signIn,
  startProduct,
  startWebhookReceiver,
  testCertificates,
  type RunningProduct,
  type SignedIn,
  type WebhookReceiver,
} from '../harness/index.js';
import { group, person, writeDirectory, type People } from './directory-file.js';
import { syncNow } from './directory-runs.js';
import { changeNow } from './policy-calls.js';
import { changeToken, rotate, userToken } from './token-calls.js';
import { until } from './waiting.js';

const KEY = Buffer.alloc(32, 7);
const WEBHOOK_SECRET = `whsec_${KEY.toString('base64')}`;
const PEOPLE: People = {
  users: [person('root'), person('gwen')],
  groups: [group('wardens', ['root']), group('people', ['gwen'])],
};
const DOCS = join(import.meta.dirname, '../../docs/integrate/webhooks.md');

/** An event as the receiver gets it. */
interface Told {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const directoryFile = writeDirectory(PEOPLE);
let receiver: WebhookReceiver;
/** Of the authority that signed the receiver's certificate. */
let caFile: string;
let product: RunningProduct;
/** What a product before it has printed. */
let printedBefore = '';
let root: SignedIn;
let gwen: SignedIn;

const settings = () => ({
  ...{ DIRECTORY_FILE: directoryFile, ADMIN_GROUPS: 'wardens', DIRECTORY_SYNC_SCHEDULE: '0 0 1 1 *' },
  ...{ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET, LOG_LEVEL: 'debug', NODE_EXTRA_CA_CERTS: caFile },
});
async function enter(): Promise<void> {
  root = await signIn(product.url, 'root', 'root-secret');
  gwen = await signIn(product.url, 'gwen', 'gwen-secret');
}

beforeAll(async () => {
  const { right } = await testCertificates();
  caFile = right.caFile;
  receiver = await startWebhookReceiver({ certificate: right });
  product = await startProduct({ env: settings() });
  await enter();
}, 120_000);

afterAll(async () => {
  await product?.kill();
  await receiver?.stop();
});

const events = () => receiver.received.map(({ body }) => JSON.parse(body) as Told);
const toldOf = (type: string) => events().filter((event) => event.type === `tokenwarden.${type}`);
/** Waits for an event of the type about this, or any of it. */
async function heard(type: string, subject?: string): Promise<Told> {
  const found = () => toldOf(type).find((event) => subject === undefined || event.subject === subject);
  await until(() => found() !== undefined, { seconds: 20 });
  return found()!;
}
const trail = async () =>
  (
    await graphql<{
      auditEvents: { nodes: { id: string; action: string; targetId: string; sequence: string }[] };
    }>(product.url, root, '{ auditEvents(first: 100) { nodes { id action targetId sequence } } }')
  ).data.auditEvents.nodes;

describe('the webhook is told of', () => {
  it('a token that is created, rotated and revoked, each once, under the ids of the trail', async () => {
    const old = await userToken(product.url, gwen);
    const { issued } = (await rotate(product.url, gwen, old.id)).data;
    await changeToken(product.url, root, 'revokeToken', old.id, 'lost');
    const revoked = await heard('token.revoked', old.id);
    expect(revoked).toMatchObject({
      source: product.url,
      data: {
        actor: { kind: 'USER', name: 'root' },
        target: { type: 'token', name: 'end to end' },
        details: { reason: 'lost' },
      },
    });
    await heard('token.created', issued.token.id);
    const about = events().filter(({ subject }) => [old.id, issued.token.id].includes(subject ?? ''));
    const recorded = (await trail()).filter(({ targetId }) => [old.id, issued.token.id].includes(targetId));
    expect(about).toHaveLength(4);
    expect(new Set(about.map(({ id, type, data }) => `${id} ${type} ${String(data['sequence'])}`))).toEqual(
      new Set(recorded.map(({ id, action, sequence }) => `${id} tokenwarden.${action} ${sequence}`)),
    );
  });
  it('many tokens that are revoked together, by one event', async () => {
    const tokens: { readonly id: string }[] = [];
    for (let i = 0; i < 3; i++) tokens.push(await userToken(product.url, gwen, { name: `of many ${i}` }));
    await graphql(
      product.url,
      root,
      'mutation { revokeTokens(input: { filter: { search: "of many" }, reason: "all" }) { revoked } }',
    );
    expect((await heard('tokens.bulk-revoked')).data).toMatchObject({
      target: null,
      details: { count: 3, reason: 'all' },
    });
    await until(async () => (await trail()).filter(({ action }) => action === 'token.revoked').length >= 4, {
      seconds: 20,
    });
    const last = await userToken(product.url, gwen);
    await heard('token.created', last.id); // whatever would have been told of them stands before this
    expect(toldOf('token.revoked').filter(({ subject }) => tokens.some(({ id }) => id === subject))).toEqual(
      [],
    );
  });
  it('a policy that is changed', async () => {
    await changeNow(product.url, root, { maximumOverlap: 'P3D' }, { reason: 'shorter' });
    expect(await heard('policy.updated')).toMatchObject({
      subject: '2',
      data: { details: { version: 2, changes: [{ path: 'maximumOverlap', before: 'P7D', after: 'P3D' }] } },
    });
  });
  it('a run that failed', async () => {
    writeFileSync(directoryFile, 'this is no directory');
    const run = await syncNow(product.url, root);
    expect(run.state).toBe('FAILED');
    expect(await heard('housekeeping.failed', run.id)).toMatchObject({
      data: { actor: { kind: 'SYSTEM' }, details: { task: 'DIRECTORY_SYNC', error: run.error } },
    });
    writeDirectory(PEOPLE, directoryFile);
    await syncNow(product.url, root);
  });
});

describe('every post', () => {
  it('is signed by Standard Webhooks, and a CloudEvent to a client that nobody here wrote', () => {
    expect(receiver.received.length).toBeGreaterThan(8);
    for (const { headers, body } of receiver.received) {
      const { 'webhook-id': id, 'webhook-timestamp': moment, 'webhook-signature': signature } = headers;
      const signed = `${String(id)}.${String(moment)}.${body}`;
      expect(signature).toBe(`v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`);
      const read = HTTP.toEvent({ headers, body });
      expect(new CloudEvent(Array.isArray(read) ? {} : read, true)).toMatchObject({ id });
    }
  });
});

describe('a product that is killed', () => {
  it('tells afterwards what it had not told, and none of it under two ids', async () => {
    const before = receiver.received.length;
    receiver.answer = () => 'reset';
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push((await userToken(product.url, gwen)).id);
    await product.kill();
    printedBefore = product.logs();
    receiver.answer = () => 204;
    product = await startProduct({
      env: { ...settings(), PUBLIC_URL: product.url },
      dataDirectory: product.dataDirectory,
    });
    const told = () => events().slice(before);
    await until(() => made.every((id) => told().some(({ subject }) => subject === id)), { seconds: 120 });
    const ids = new Set(told().map(({ id, subject }) => `${id} ${subject ?? ''}`));
    expect([...ids].filter((one) => made.some((id) => one.endsWith(id)))).toHaveLength(5);
  }, 180_000);
});

describe('the receiver of docs/integrate/webhooks.md', () => {
  let taking: ChildProcess;
  let printed = '';
  let url: string;
  beforeAll(async () => {
    const [, program = ''] = /```js\n([\s\S]+?)```/.exec(readFileSync(DOCS, 'utf8')) ?? [];
    expect(program.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    const path = join(newFolder('receiver'), 'receiver.mjs');
    writeFileSync(path, program);
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    taking = spawn(process.execPath, [path], { env: { WEBHOOK_SECRET, PORT: String(port) } });
    taking.stdout?.on('data', (text: Buffer) => (printed += text.toString()));
    await until(async () => (await fetch(url)).status === 401, { seconds: 20 });
  });
  afterAll(() => void taking?.kill());
  type Post = WebhookReceiver['received'][number];
  /** The status of the same post to this receiver, with other headers, or another body. */
  const again = async (
    { headers, body }: Post,
    other: Readonly<Record<string, string>> = {},
    text = body,
  ) => {
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const kept = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
    return (await fetch(url, { method: 'POST', body: text, headers: { ...kept, ...other } })).status;
  };
  const newest = (): Post => {
    const post = receiver.received.at(-1);
    if (!post) throw new Error('The product has told nothing.');
    return post;
  };

  it('takes what the product sends, once', async () => {
    const fresh = newest();
    expect([await again(fresh), await again(fresh)]).toEqual([204, 204]);
    await until(() => printed !== '', { seconds: 20 });
    expect(
      printed
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Told),
    ).toEqual([events().at(-1)]);
  });
  it('takes nothing that is altered, unsigned or old', async () => {
    const fresh = newest();
    const old = String(Math.floor(Date.now() / 1_000) - 301);
    const signed = `${String(fresh.headers['webhook-id'])}.${old}.${fresh.body}`;
    const refused = [
      await again(fresh, {}, `${fresh.body} `),
      await again(fresh, { 'webhook-id': 'another' }),
      await again(fresh, { 'webhook-signature': 'v1,ÿ' }),
      await again(fresh, { 'webhook-timestamp': 'NaN' }),
      await again(fresh, {
        'webhook-timestamp': old,
        'webhook-signature': `v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`,
      }),
    ];
    expect(refused).toEqual([401, 401, 401, 401, 401]);
  });
});

describe('what the product prints', () => {
  it('holds neither the secret nor the path of the receiver', () =>
    expect(printedBefore + product.logs()).not.toMatch(/whsec_|path-that-lets-in|BwcH/));
});
