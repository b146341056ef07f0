import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  graphql,
  signIn,
  tcpProxy,
  type RunningProduct,
  type SignedIn,
  type TcpProxy,
} from '../harness/index.js';
import { auditLines } from '../e2e/audit-lines.js';
import { syncNow } from '../e2e/directory-runs.js';
import { onSlapd, stoppedAmong, type OnSlapd } from '../e2e/ldap-directory.js';
import { createAccount, everybody, grantTo } from '../e2e/principals.js';
import { askForAccountToken, issuedIn, userToken, type Issued } from '../e2e/token-calls.js';
import { until } from '../e2e/waiting.js';

jest.setTimeout(60_000);

// Sign-in is answered within five seconds; a busy machine takes a moment more.
const ANSWERED_WITHIN_MS = 6_000;

let world: OnSlapd;
let proxy: TcpProxy;
let product: RunningProduct;
let ada: SignedIn;
let gate: { readonly token: string };
/** Everybody's, and that of a service account. */
let tokens: Readonly<Record<string, Issued>>;
let before: readonly string[];

beforeAll(async () => {
  world = await onSlapd();
  proxy = await tcpProxy(world.slapd.url);
  product = await world.start({ LDAP_URL: proxy.url });
  ada = await signIn(product.url, 'ada');
  await grantTo(product.url, ada, 'data-engineering', ['dataset/*:read']);
  const account = await createAccount(product.url, ada, 'nightly', ['data-engineering']);
  const grace = await signIn(product.url, 'grace');
  gate = { token: (await userToken(product.url, ada, { scopes: ['tokens:introspect'] })).value };
  tokens = {
    ada: await userToken(product.url, ada),
    grace: await userToken(product.url, grace, { scopes: ['dataset/sales:read'] }),
    linus: await userToken(product.url, await signIn(product.url, 'linus')),
    edsger: await userToken(product.url, await signIn(product.url, 'edsger')),
    nightly: issuedIn(await askForAccountToken(product.url, grace, { serviceAccountId: account })),
  };
  before = await everybody(product.url, ada);
});
afterAll(async () => {
  await world.stop();
  await proxy.close();
});

interface Fault {
  readonly what: string;
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
  /** Of the run. */
  readonly reason: RegExp;
  /** What a person with the right password is answered meanwhile. */
  readonly signIn: 201 | 401 | 503;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'is down',
    begin: () => world.slapd.kill(),
    end: async () => {
      await world.slapd.restart();
      await world.directory.again();
    },
    reason: /ended the connection before it had answered/,
    signIn: 503,
  },
  {
    what: 'hangs',
    begin: () => world.slapd.freeze(),
    end: () => world.slapd.thaw(),
    reason: /did not answer in time/,
    signIn: 503,
  },
  {
    what: 'is cut off in the middle of its answer',
    begin: () => void (proxy.faults.cutAfterBytes = 60),
    end: () => void (proxy.faults.cutAfterBytes = undefined),
    reason: /ended the connection before it had answered/,
    signIn: 503,
  },
  {
    what: 'is slower than anybody waits',
    begin: () => void (proxy.faults.delayMs = 5_500),
    end: () => void (proxy.faults.delayMs = 0),
    reason: /did not answer in time/,
    signIn: 503,
  },
  {
    what: 'gives only a part',
    begin: () => world.slapd.setSizeLimit(4),
    end: () => world.slapd.setSizeLimit(undefined),
    reason: /only a part/,
    signIn: 201,
  },
  {
    what: 'succeeds with nothing',
    begin: () => world.slapd.setReaderRight('search'),
    end: () => world.slapd.setReaderRight('read'),
    reason: /no proof that all are gone/,
    signIn: 401,
  },
  {
    what: 'has no base any more',
    begin: () => world.slapd.setReaderRight('none'),
    end: () => world.slapd.setReaderRight('read'),
    reason: /there is no entry/,
    signIn: 503,
  },
  {
    what: 'takes the password of the account no more',
    begin: () => world.directory.setReaderPassword('another-secret'),
    end: () => world.directory.setReaderPassword(world.slapd.readerPassword),
    reason: /LDAP_BIND_PASSWORD are not accepted/,
    signIn: 503,
  },
];

describe.each(FAULTS)('a directory that $what', ({ begin, end, reason, signIn: expected }) => {
  beforeAll(async () => {
    expect(await syncNow(product.url, ada)).toMatchObject({ state: 'SUCCEEDED' });
    await begin();
    proxy.cut(); // what is open was made before
  });
  afterAll(async () => {
    await end();
    proxy.cut();
    expect(await syncNow(product.url, ada)).toMatchObject({ state: 'SUCCEEDED', affected: 0 });
    expect((await signIn(product.url, 'grace')).user.username).toBe('grace');
    await until(async () => (await warnings()).length === 0, { seconds: 5 }); // they are kept for a second
  });

  it('makes a run fail that says why, and stops no token and no session', async () => {
    const [run, attempt] = await Promise.all([syncNow(product.url, ada), tryToSignIn()]);
    expect(run).toMatchObject({ state: 'FAILED', affected: 0, error: expect.stringMatching(reason) });
    expect(attempt).toMatchObject({
      status: expected,
      ...(expected === 503 && { code: 'DIRECTORY_UNAVAILABLE', retryAfter: expect.stringMatching(/^\d+$/) }),
    });

    expect(await stoppedAmong(product.url, gate, tokens)).toEqual([]);
    expect(await everybody(product.url, ada)).toEqual(before);
    expect((await graphql(product.url, ada, '{ viewer { permissions } }')).data).toEqual({
      viewer: { permissions: ['*:*'] },
    });
    await until(async () => /directory/i.test((await warnings()).join()), { seconds: 5 });
  });
});

describe('afterwards', () => {
  it('each fault was told once when it began and once when it ended', async () => {
    const trail = await auditLines(product.url, ada);
    const count = FAULTS.length;
    expect(trail.filter(({ action }) => action === 'housekeeping.failed')).toHaveLength(count);
    const lines = () =>
      product
        .logs()
        .split('\n')
        .filter((line) => line.includes('DIRECTORY_SYNC'));
    const begun = () => lines().filter((line) => line.includes('"level":"error"'));
    const ended = () => lines().filter((line) => line.includes('again'));
    await until(() => begun().length >= count && ended().length >= count, { seconds: 5 });
    expect([begun().length, ended().length]).toEqual([count, count]);
  });

  it('no secret of the directory is in the log or the trail', async () => {
    const said = product.logs() + JSON.stringify(await auditLines(product.url, ada));
    for (const secret of [world.slapd.readerPassword, 'grace-demo', 'another-secret'])
      expect(said).not.toContain(secret);
  });
});

async function tryToSignIn() {
  const answer = await fetch(`${product.url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'grace', password: 'grace-demo' }),
    signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
  });
  const { code } = (await answer.json()) as { code?: string };
  return { status: answer.status, code, retryAfter: answer.headers.get('retry-after') };
}

/** What health says beside being ready, which it always is. */
async function warnings(): Promise<string[]> {
  const answer = await fetch(`${product.url}/health/ready`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { warnings?: string[] }).warnings ?? [];
}
