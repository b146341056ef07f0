import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  signIn,
  startProduct,
  type Credentials,
  type RunningProduct,
  type SignedIn,
} from '../harness/index.js';
import { auditLines } from './audit-lines.js';
import { group, person, writeDirectory, type People } from './directory-file.js';
import { acceptChanges, askForSync, syncNow, type ShownRun } from './directory-runs.js';
import { isActive, userToken, type Issued } from './token-calls.js';
import { until } from './waiting.js';

jest.setTimeout(90_000);

const crowd = Array.from({ length: 18 }, (_, i) => person(`worker${i}`));
const people: People = {
  users: [person('root'), person('gwen'), ...crowd],
  groups: [group('wardens', ['root']), group('people', ['gwen'])],
};
const without = (count: number): People => ({ ...people, users: people.users.slice(0, 20 - count) });

let product: RunningProduct;
let url: string;
let file: string;
let root: SignedIn;
let gate: Credentials;
let token: Issued;

beforeAll(async () => {
  file = writeDirectory(people);
  const DIRECTORY_SYNC_SCHEDULE = '0 0 1 1 *'; // by hand alone
  product = await startProduct({
    env: { DIRECTORY_FILE: file, ADMIN_GROUPS: 'wardens', DIRECTORY_SYNC_SCHEDULE },
  });
  url = product.url;
  root = await signIn(url, 'root', 'root-secret');
  gate = { token: (await userToken(url, root, { scopes: ['tokens:introspect'] })).value };
  token = await userToken(url, await signIn(url, 'worker17', 'worker17-secret'));
});
afterAll(async () => {
  await product?.stop();
});

const warnings = async () =>
  ((await (await fetch(`${url}/health/ready`)).json()) as { warnings: string[] }).warnings;
const gauge = async (name: string) =>
  new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${url}/metrics`)).text())?.[1];
const actions = async () =>
  (await auditLines(url, root)).map(({ action, outcome, actor }) => `${action} ${outcome} ${actor.kind}`);

describe('an answer by which 6 of 20 would be gone', () => {
  let held: ShownRun;

  beforeAll(async () => {
    writeDirectory(without(6), file);
    held = await syncNow(url, root);
  });

  it('is held, and says whom it would remove', () => {
    expect(held).toMatchObject({
      ...{ state: 'HELD', error: null, affected: 0 },
      details: { removedUsers: { count: 6 }, reasons: ['It would disable or remove 6 of 20 active users.'] },
    });
  });

  it('takes nothing from anybody', async () => {
    expect(await isActive(url, gate, token.value)).toBe(true);
  });

  it('is told to whoever operates the product, who is told no name', async () => {
    await until(async () => (await warnings()).join().includes('has been held since'), { seconds: 5 });
    expect(await warnings()).toHaveLength(1);
    await until(async () => (await gauge('tokenwarden_directory_held')) === '1', { seconds: 5 });
    expect(product.logs()).toContain('The brake holds');
    expect(product.logs()).not.toContain('worker');
    expect(await actions()).toContain('directory.held SUCCEEDED SYSTEM');
  });

  it('is accepted by nobody who may not, and the attempt is in the trail', async () => {
    const gwen = await signIn(url, 'gwen', 'gwen-secret');
    expect((await acceptChanges(url, gwen, held.id)).code).toBe('FORBIDDEN');
    expect((await acceptChanges(url, { token: token.value }, held.id)).code).toBe('FORBIDDEN');
    expect(await actions()).toContain('directory.accepted REFUSED USER');
  });

  it.each([
    ['of 1,001 characters', 'x'.repeat(1_001)],
    ['of 1,001 characters beyond the BMP', '𝄞'.repeat(1_001)],
    ['that is blank', ' '],
    ['with a control character', 'a\u0007b'],
    ['that holds a session token', `tws_${'a'.repeat(43)}`],
  ])('is not accepted for a reason %s', async (_, reason) => {
    const refused = await acceptChanges(url, root, held.id, reason);
    expect([refused.code, refused.field]).toEqual(['INVALID_INPUT', 'reason']);
  });

  it('is applied once it is accepted, by an access token with that scope alone', async () => {
    const acceptor = { token: (await userToken(url, root, { scopes: ['directory:accept'] })).value };
    const answer = await acceptChanges(url, acceptor, held.id, `Berlin\nwas closed. ${'𝄞'.repeat(980)}`);
    expect(answer.errors).toEqual([]);
    expect(answer.data.acceptDirectoryChanges.run).toMatchObject({ state: 'SUCCEEDED', affected: 6 });
    expect(await isActive(url, gate, token.value)).toBe(false);
    await until(async () => (await warnings()).length === 0, { seconds: 5 }); // they are kept for a second
    await until(async () => (await gauge('tokenwarden_directory_held')) === '0', { seconds: 5 });
    const seconds = Number(await gauge('tokenwarden_directory_last_success_timestamp_seconds'));
    expect(Math.abs(Date.now() / 1_000 - seconds)).toBeLessThan(60);
    const accepted = (await auditLines(url, root)).filter(
      ({ action, outcome }) => action === 'directory.accepted' && outcome === 'SUCCEEDED',
    );
    expect(accepted).toMatchObject([
      { actor: { kind: 'USER' }, targetId: held.id, details: { reason: expect.stringContaining('Berlin') } },
    ]);
  });

  it('is not accepted twice', async () => {
    expect((await acceptChanges(url, root, held.id)).code).toBe('VERSION_CONFLICT');
  });
});

describe('a directory that fails, and one in which nobody is left to administer', () => {
  it('are said at /health/ready, while the product stays ready', async () => {
    writeDirectory({ users: [], groups: [] }, file);
    expect(await syncNow(url, root)).toMatchObject({ state: 'FAILED' });
    await until(async () => (await warnings()).join().includes('failing since'), { seconds: 5 });
    expect(await warnings()).toHaveLength(1);

    writeDirectory({ ...without(6), groups: [group('wardens', ['root']), group('people', ['gwen'])] }, file);
    // Another group of that name is pinned to none, and nobody sees runs any more.
    await askForSync(url, root);
    await until(
      async () => /nobody an administrator[^]*admin-groups:pin/.test((await warnings()).join('\n')),
      {
        seconds: 20,
      },
    );
    await until(async () => !(await warnings()).join().includes('failing'), { seconds: 5 });
  });

  it('is said aloud at a start', async () => {
    await product.stop();
    const env = { DIRECTORY_FILE: file, ADMIN_GROUPS: 'wardens', PORT: new URL(url).port };
    product = await startProduct({ env, dataDirectory: product.dataDirectory });
    const loud = product
      .logs()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'));
    expect(loud).toEqual([expect.stringContaining('nobody an administrator')]);
  });
});
