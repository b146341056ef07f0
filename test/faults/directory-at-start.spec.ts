import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  freePort,
  graphql,
  ldapEnvironment,
  signIn,
  startProduct,
  startRefused,
  startSlapd,
  tcpProxy,
  type EndedProduct,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { askForSync, recentRuns, syncNow } from '../e2e/directory-runs.js';
import { onSlapd, stoppedAmong, type OnSlapd } from '../e2e/ldap-directory.js';
import { isActive, userToken, type Issued } from '../e2e/token-calls.js';
import { until } from '../e2e/waiting.js';

jest.setTimeout(120_000);

/** The first start of all waits a minute for a whole answer; the rest of this file is done meanwhile. */
let firstStart: { readonly url: string; readonly ended: Promise<EndedProduct> };
let world: OnSlapd;

beforeAll(async () => {
  world = await onSlapd({}, { INSTANCE_NAME: 'here' }); // by which a start knows what the one before it left behind
  const port = await freePort();
  const nobody = `ldap://127.0.0.1:${await freePort()}`;
  const env = { ...firstSettings(), LDAP_URL: nobody, PORT: String(port) };
  firstStart = { url: `http://127.0.0.1:${port}`, ended: startRefused({ env, endsWithinSeconds: 100 }) };
  firstStart.ended.catch(() => undefined); // it is waited for below
});
afterAll(async () => {
  await world.stop();
});

describe('a start on a copy', () => {
  let product: RunningProduct;
  let ada: SignedIn;
  let tokens: Readonly<Record<string, Issued>>;
  const gate = () => ({ token: tokens['ada']?.value ?? '' });

  beforeAll(async () => {
    product = await world.start();
    ada = await signIn(product.url, 'ada');
    tokens = {
      ada: await userToken(product.url, ada),
      grace: await userToken(product.url, await signIn(product.url, 'grace')),
    };
  });

  it.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['is down', () => world.slapd.kill(), () => world.slapd.restart()],
    ['hangs', () => world.slapd.freeze(), () => world.slapd.thaw()],
  ])('while the directory %s is ready on it, and warns', async (_, begin, end) => {
    await product.stop();
    await begin();
    try {
      product = await world.start();
      expect(await stoppedAmong(product.url, gate(), tokens)).toEqual([]);
      expect((await graphql(product.url, ada, '{ viewer { permissions } }')).status).toBe(200);
      await until(async () => /directory/i.test((await warningsOf(product)).join()), { seconds: 5 });
      await expect(signIn(product.url, 'grace')).rejects.toThrow(/503 .*DIRECTORY_UNAVAILABLE/);
    } finally {
      await end();
    }
    expect(await syncNow(product.url, ada)).toMatchObject({ state: 'SUCCEEDED', affected: 0 });
    await until(async () => (await warningsOf(product)).length === 0, { seconds: 5 }); // they are kept for a second
    await signIn(product.url, 'grace');
  });

  it('after it was killed in the middle of a synchronisation finishes that work', async () => {
    await world.directory.again();
    await world.directory.removeUsers('grace');
    const proxy = await tcpProxy(world.slapd.url, { delayMs: 1_000 });
    await product.stop();
    product = await world.start({ LDAP_URL: proxy.url });
    await world.directory.addUsers('grete');
    const before = proxy.passedBytes;
    const { run } = (await askForSync(product.url, ada)).data.runHousekeeping;
    await until(() => proxy.passedBytes > before, { seconds: 20 });
    await product.kill();
    await proxy.close();

    product = await world.start();
    const [last, interrupted] = await recentRuns(product.url, ada);
    expect(interrupted).toMatchObject({ id: run.id, state: 'FAILED', affected: 0 });
    expect(last).toMatchObject({
      trigger: 'CATCH_UP',
      state: 'SUCCEEDED',
      details: { users: { created: 1 } },
    });
    expect(await stoppedAmong(product.url, gate(), tokens)).toEqual(['grace']); // the one who was proved to be gone
  });
});

describe('the first start of all', () => {
  it('waits for a directory that comes late, and is not ready before', async () => {
    const late = await startSlapd({ people: 'demo' });
    await late.kill();
    const port = String(await freePort());
    const starting = startProduct({ env: { ...firstSettings(), LDAP_URL: late.url, PORT: port } });
    await until(async () => (await readinessOf(`http://127.0.0.1:${port}`)) === 503, { seconds: 60 });
    await late.restart();
    const product = await starting;
    const ada = await signIn(product.url, 'ada');
    const { value } = await userToken(product.url, ada);
    expect(await isActive(product.url, { token: value }, value)).toBe(true);
    await product.stop();
    await late.stop();
  });

  it('without one whole answer says so while it waits, and exits with 1 and the reason after a minute', async () => {
    await until(async () => (await readinessOf(firstStart.url)) === 503, { seconds: 30 });
    const { exitCode, logs } = await firstStart.ended;
    expect(exitCode).toBe(1);
    expect(logs).toMatch(/There is no copy of the directory .* within 60 seconds\..*nobody listens there/);
    expect(logs).not.toContain('    at ');
  });
});

/** A start that nobody has made before: on an embedded Postgres of its own. */
function firstSettings(): Record<string, string> {
  return ldapEnvironment(world.slapd);
}

async function readinessOf(url: string): Promise<number> {
  const answer = await fetch(`${url}/health/ready`);
  await answer.arrayBuffer();
  return answer.status;
}

async function warningsOf({ url }: RunningProduct): Promise<string[]> {
  return ((await (await fetch(`${url}/health/ready`)).json()) as { warnings?: string[] }).warnings ?? [];
}
