import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { companyUserId, tcpProxy } from '../../harness/index.js';
import { Company, type Standing } from './company.js';
import { proxiesForSpecs } from './proxies.js';

const UNAVAILABLE = { code: 'DIRECTORY_UNAVAILABLE' };
// A sign-in is answered within five seconds (and a busy machine takes a moment more).
const AT_MOST_MS = 6_000;

// So many that they come in several pages.
const USERS = 1_200;

let company: Company;
let before: Standing;
const proxied = proxiesForSpecs();
beforeAll(async () => {
  company = await Company.open({ users: USERS });
  before = await company.standing();
});
afterAll(() => company?.close());
beforeEach(() => company.reach());

const signIn = () => company.signIn('user000007', 'user000007');

async function throughProxy(
  ...faults: Parameters<typeof tcpProxy> extends [string, ...infer Rest] ? Rest : never
) {
  const proxy = await proxied(company.slapd.url, ...faults);
  await company.reach({ urls: [proxy.url] });
  return proxy;
}

async function timed<T>(work: Promise<T>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

/** After a fault: nothing was lost by it, and everything goes on by itself once it is over. */
async function expectUnharmedAndBack(): Promise<void> {
  expect(await company.standing()).toEqual(before);
  expect(await company.synchronise()).toMatchObject({ state: 'APPLIED', changes: { users: [], groups: [] } });
  expect(await signIn()).toBe(companyUserId(7));
  expect(await company.standing()).toEqual(before);
}

describe('a directory that answers', () => {
  it('is read to its last page', async () => {
    expect(await company.stateOf(companyUserId(USERS - 1))).toBe('ACTIVE');
    expect(before.copy.filter((row) => JSON.stringify(row).includes('"username"'))).toHaveLength(USERS);
    await expectUnharmedAndBack();
  });
});

describe('a directory that is down', () => {
  it('at the start takes nothing from anybody', async () => {
    await company.slapd.kill();
    await company.reach();
    expect(await company.synchronise()).toMatchObject({
      state: 'FAILED',
      reasons: [expect.stringContaining('nobody listens there')],
    });
    await expect(signIn()).rejects.toMatchObject(UNAVAILABLE);
    await company.slapd.restart();
    await expectUnharmedAndBack();
  });

  it('between two synchronisations takes nothing from anybody', async () => {
    expect(await company.synchronise()).toMatchObject({ state: 'APPLIED' });
    expect(await signIn()).toBe(companyUserId(7));
    await company.slapd.kill();
    expect(await company.synchronise()).toMatchObject({ state: 'FAILED' });
    await expect(signIn()).rejects.toMatchObject(UNAVAILABLE);
    expect(await company.standing()).toEqual(before);
    await company.slapd.restart();
    await expectUnharmedAndBack();
  });

  it('was restarted behind connections that are kept: whoever signs in next does not notice', async () => {
    expect(await signIn()).toBe(companyUserId(7));
    await company.slapd.restart();
    expect(await signIn()).toBe(companyUserId(7));
    await expectUnharmedAndBack();
  });

  it('is no matter where LDAP_URL names another one', async () => {
    const other = await tcpProxy(company.slapd.url);
    await other.close();
    await company.reach({ urls: [other.url, company.slapd.url] });
    await expectUnharmedAndBack();
  });
});

describe('a directory that hangs', () => {
  afterEach(() => company.slapd.thaw());

  it('when it is asked keeps nobody waiting longer than five seconds, and takes nothing', async () => {
    company.slapd.freeze();
    const refused = expect(signIn()).rejects.toMatchObject(UNAVAILABLE);
    const [synchronised, took] = await Promise.all([company.synchronise(), timed(refused)]);
    expect(synchronised.state).toBe('FAILED');
    expect(took).toBeLessThan(AT_MOST_MS);
    company.slapd.thaw();
    await expectUnharmedAndBack();
  });

  it('behind connections that are kept is no wrong password either', async () => {
    expect(await signIn()).toBe(companyUserId(7));
    company.slapd.freeze();
    const took = await timed(expect(signIn()).rejects.toMatchObject(UNAVAILABLE));
    expect(took).toBeLessThan(AT_MOST_MS);
    company.slapd.thaw();
    await expectUnharmedAndBack();
  });

  it('in the middle of an answer gives no answer', async () => {
    const { passedBytes } = await readThrough();
    const slow = await throughProxy({ delayMs: 5 });
    const reading = company.synchronise();
    while (slow.passedBytes < passedBytes / 2) await wait(1);
    company.slapd.freeze();
    slow.faults.hangs = true; // what was on its way already is lost as well
    expect(await reading).toMatchObject({ state: 'FAILED' });
    company.slapd.thaw();
    await company.reach();
    await expectUnharmedAndBack();
  });

  it('behind a wire that swallows everything is given up on', async () => {
    const hanging = await throughProxy({ hangs: true });
    const refused = expect(signIn()).rejects.toMatchObject(UNAVAILABLE);
    const [synchronised, took] = await Promise.all([company.synchronise(), timed(refused)]);
    expect(synchronised.state).toBe('FAILED');
    expect(took).toBeLessThan(AT_MOST_MS);
    expect(hanging.connections).toBeGreaterThan(0);
    await company.reach();
    await expectUnharmedAndBack();
  });

  it('is left when whoever asked does not wait any more', async () => {
    company.slapd.freeze();
    const took = await timed(company.synchronise(AbortSignal.timeout(100)));
    expect(took).toBeLessThan(4_000);
    company.slapd.thaw();
    await expectUnharmedAndBack();
  });
});

describe('a page that is slow', () => {
  it('is waited for, while it comes within its time', async () => {
    await throughProxy({ delayMs: 30 });
    expect(await company.synchronise()).toMatchObject({ state: 'APPLIED' });
    await expectUnharmedAndBack();
  });

  it('is no answer when it takes longer', async () => {
    const { passedBytes } = await readThrough();
    const slow = await throughProxy();
    const reading = company.synchronise();
    while (slow.passedBytes === 0) await wait(1);
    slow.faults.delayMs = 6_000;
    expect(await reading).toMatchObject({ state: 'FAILED' });
    expect(slow.passedBytes).toBeLessThan(passedBytes);
    await company.reach();
    await expectUnharmedAndBack();
  });
});

describe('a connection that is cut', () => {
  it('anywhere in an answer, after the first page or just before the end, leaves no answer', async () => {
    const whole = await readThrough();
    for (let tenths = 0; tenths < 10; tenths++) {
      const cutAfterBytes = Math.floor((whole.passedBytes * tenths) / 10);
      const cutting = await throughProxy({ cutAfterBytes });
      expect(await company.synchronise()).toMatchObject({ state: 'FAILED' });
      await cutting.close();
    }
    await throughProxy({ cutAfterBytes: whole.passedBytes - 1 });
    expect(await company.synchronise()).toMatchObject({ state: 'FAILED' });
    await company.reach();
    await expectUnharmedAndBack();
  });

  it('while somebody signs in is no wrong password', async () => {
    await throughProxy({ cutAfterBytes: 20 });
    await expect(signIn()).rejects.toMatchObject(UNAVAILABLE);
    await company.reach();
    await expectUnharmedAndBack();
  });
});

/** How much a whole answer is. */
async function readThrough(): Promise<{ passedBytes: number }> {
  const passing = await throughProxy();
  expect(await company.synchronise()).toMatchObject({ state: 'APPLIED' });
  await passing.close();
  return passing;
}
