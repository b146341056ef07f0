import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  freePort,
  graphql,
  introspect,
  newFolder,
  signIn,
  startProduct,
  startRefused,
  type ProductOptions,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { postmasterOf, runs } from './embedded-postgres.js';
import { accountId, askForAccountToken, gateway, isActive, issuedIn, userToken } from './token-calls.js';
import { until } from './waiting.js';

jest.setTimeout(90_000); // two starts and more, on a machine that has other things to do

describe('a start with mistakes in its settings', () => {
  const wrong = {
    PORT: 'three thousand',
    LOG_LEVEL: 'loud',
    SESSION_LIFETIME: '12 hours',
    MASTER_KEY: 'c2hvcnQ=',
    SIGNING_ALGORITHM: 'HS256',
    PUBLIC_URL: 'ftp://tokens.example',
    DATABASE_URL: 'mysql://here/there',
    INTROSPECTION_CACHE_MAX_AGE: '61',
    DIRECTORY_SYNC_SCHEDULE: 'hourly',
    LDAP_URL: 'ldap://cn=admin:hunter2@ldap.example',
    LDAP_USER_FILTER: '(uid=*',
    LDAP_CA_FILE: '/nowhere/ca.pem',
  };

  it('lists them all at once, by name, and exits with 1', async () => {
    const { exitCode, logs } = await startRefused({ env: wrong });
    expect(exitCode).toBe(1);
    const lines = logs.trim().split('\n');
    const unnamed = Object.keys(wrong).filter((name) => !lines.some((line) => line.includes(`${name}: `)));
    expect(unnamed).toEqual([]);
    expect(logs).not.toContain('    at ');
    for (const secret of ['c2hvcnQ=', 'hunter2']) expect(logs).not.toContain(secret);
  });

  it('asks for what belongs to DATABASE_URL', async () => {
    const { exitCode, logs } = await startRefused({ env: { DATABASE_URL: 'postgres://here/there' } });
    expect(exitCode).toBe(1);
    expect(logs).toMatch(/MASTER_KEY: .*required/);
    expect(logs).toMatch(/DIRECTORY_FILE: .*LDAP_URL.*required/);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1'])('refuses HOST %s on demo credentials', async (host) => {
    const { exitCode, logs } = await startRefused({ env: { HOST: host } });
    expect(exitCode).toBe(1);
    expect(logs).toMatch(/HOST: .*loopback/);
  });
});

describe('a product that runs', () => {
  let product: RunningProduct;

  beforeAll(async () => {
    product = await startProduct({ env: { INSTANCE_NAME: 'the-first' } });
  });
  afterAll(async () => {
    await product.stop();
  });

  it('prints its URL, the demo sign-ins, and for each embedded part the setting that replaces it', () => {
    for (const word of [product.url, 'grace-demo', 'DATABASE_URL replaces it', 'DIRECTORY_FILE replaces it'])
      expect(product.logs()).toContain(word);
    expect(product.logs()).not.toContain('barbara'); // disabled: she could not sign in
  });

  it('keeps a second one off its DATA_DIR, which names it in one line and exits with 1', async () => {
    const second = await startRefused({ dataDirectory: product.dataDirectory });
    expect(second.exitCode).toBe(1);
    const lines = second.logs.trim().split('\n');
    expect(lines).toHaveLength(1);
    for (const word of [product.dataDirectory, 'the-first', `pid ${product.pid}`])
      expect(lines[0]).toContain(word);
    await signIn(product.url, 'ada');
  });

  it('says which port is taken when a second one wants it, which exits with 1 and leaves no Postgres', async () => {
    const port = new URL(product.url).port;
    const options = { env: { PORT: port }, dataDirectory: newFolder('second') };
    const second = await startRefused(options);
    expect(second.exitCode).toBe(1);
    expect(second.logs).toContain(port);
    expect(second.logs).not.toContain('    at ');
    expect(postmasterOf(options.dataDirectory)).toBeUndefined();
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('stops it cleanly: exit 0, and its Postgres goes with it', async () => {
    const product = await startProduct();
    const postmaster = postmasterOf(product.dataDirectory) ?? 0;
    expect(runs(postmaster)).toBe(true);
    await signIn(product.url, 'ada');
    expect(await product.stop(signal)).toBe(0);
    expect(runs(postmaster)).toBe(false);
    expect(postmasterOf(product.dataDirectory)).toBeUndefined();
  });
});

describe('a signal that comes twice', () => {
  // As Ctrl-C in a terminal does under npm. Two kinds, for the system may hand over two of one kind as one.
  it.each([
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('at once, %s and %s, is one wish: it stops cleanly all the same', async (first, second) => {
    const product = await startProduct();
    const postmaster = postmasterOf(product.dataDirectory) ?? 0;
    process.kill(product.pid, first);
    expect(await product.stop(second)).toBe(0);
    expect(runs(postmaster)).toBe(false);
  });

  it('and again later ends it at once, and the next start takes over what is left', async () => {
    const product = await startProduct();
    const postmaster = postmasterOf(product.dataDirectory) ?? 0;
    process.kill(postmaster, 'SIGSTOP'); // so that there is something to wait for
    try {
      const ended = product.stop();
      const hasEndedAskedAgain = () => {
        if (runs(product.pid)) process.kill(product.pid, 'SIGTERM');
        return !runs(product.pid);
      };
      await until(hasEndedAskedAgain, { seconds: 10 });
      expect(await ended).toBe(1);
    } finally {
      process.kill(postmaster, 'SIGCONT');
    }
    const next = await startProduct({ dataDirectory: product.dataDirectory });
    await signIn(next.url, 'ada');
    expect(await next.stop()).toBe(0);
  });
});

describe('a product whose whole process group was killed', () => {
  let product: RunningProduct;
  let options: ProductOptions;
  let grace: SignedIn;

  beforeAll(async () => {
    // The port is part of the issuer, so it stays the same, as it does for whoever starts the product twice.
    product = await startProduct({ env: { PORT: String(await freePort()) } });
    options = { env: { PORT: new URL(product.url).port }, dataDirectory: product.dataDirectory };
    grace = await signIn(product.url, 'grace');
  });
  afterAll(async () => {
    await product.stop();
  });
  afterEach(() => {
    expect(product.logs()).not.toContain('"level":"error"');
  });

  it('has everything when it is started again', async () => {
    const gate = await gateway(product.url);
    const serviceAccountId = await accountId(product.url, grace, 'nightly-etl');
    const tokens = [
      await userToken(product.url, grace, { scopes: ['dataset/sales/*:read'] }),
      issuedIn(await askForAccountToken(product.url, grace, { serviceAccountId })),
    ];
    const before = await everythingOf(product.url, grace);
    const answers = await answersTo(product.url, gate, tokens);
    const postmaster = postmasterOf(product.dataDirectory);

    await product.kill();
    expect(runs(postmaster ?? 0)).toBe(true); // left behind: nobody was there to stop it
    product = await startProduct(options);

    expect(postmasterOf(product.dataDirectory)).toBe(postmaster); // adopted, not fought
    expect(await answersTo(product.url, gate, tokens)).toEqual(answers);
    const after = await everythingOf(product.url, grace);
    expect(after.trail.slice(0, before.trail.length)).toEqual(before.trail);
    expect({ ...after, trail: [] }).toEqual({ ...before, trail: [] });
  });

  it('also when its Postgres was killed with it', async () => {
    const gate = await gateway(product.url);
    const before = await everythingOf(product.url, grace);
    const postmaster = postmasterOf(product.dataDirectory) ?? 0;
    await product.kill();
    process.kill(postmaster, 'SIGKILL');
    await until(() => !runs(postmaster), { seconds: 5 });
    product = await startProduct(options);
    expect(await isActive(product.url, gate, gate.token)).toBe(true);
    const after = await everythingOf(product.url, grace);
    expect(after.trail.slice(0, before.trail.length)).toEqual(before.trail);
    expect({ ...after, trail: [] }).toEqual({ ...before, trail: [] });
  });
});

describe('a product that was killed in the middle of its first start', () => {
  // Each is a thing that the start leaves behind on its way.
  it.each(['product.lock', 'postgres/data.unfinished', 'postgres/data', 'postgres/data/postmaster.pid'])(
    'when there was a %s, starts again as if nothing had been',
    async (trace) => {
      const dataDirectory = newFolder('interrupted');
      const first = startProduct({ dataDirectory }).catch(() => undefined);
      await until(() => existsSync(join(dataDirectory, trace)), { seconds: 20 });
      process.kill(-holderOf(dataDirectory), 'SIGKILL');
      expect(await first).toBeUndefined();
      const second = await startProduct({ dataDirectory });
      await signIn(second.url, 'ada');
      expect(await second.stop()).toBe(0);
    },
  );
});

/** All that is to survive, as its callers see it. */
async function everythingOf(url: string, session: SignedIn) {
  const asked =
    '{ viewer { user { id } permissions expiresAt } tokens { nodes { id name status } } policy { version } }';
  const seen = await graphql(url, { token: session.token }, asked);
  const keys: unknown = await (await fetch(`${url}/.well-known/jwks.json`)).json();
  const trail = await auditLines(url, await signIn(url, 'ada'));
  return { seen: seen.data, keys, trail };
}

async function answersTo(url: string, gate: { token: string }, tokens: readonly { value: string }[]) {
  const answers = await Promise.all(tokens.map(({ value }) => introspect(url, gate, value)));
  expect(answers.map(({ body }) => body?.['active'])).toEqual(tokens.map(() => true));
  return answers.map(({ body }) => body);
}

/** The process that has a DATA_DIR, as its lock names it. */
function holderOf(dataDirectory: string): number {
  return (JSON.parse(readFileSync(join(dataDirectory, 'product.lock'), 'utf8')) as { pid: number }).pid;
}
