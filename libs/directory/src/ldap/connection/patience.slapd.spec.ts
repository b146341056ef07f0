import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import {
  companyLdif,
  startSlapd,
  tcpProxy,
  type RunningSlapd,
  type TcpProxy,
} from '../../../../../test/harness/index.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import { BoundConnection } from './bound-connection.js';
import type { LdapConnection, LdapSearch } from './ldap-connection.js';
import { LdapConnections } from './connections.js';
import { IdleConnections } from './idle-connections.js';
import { LdapTrust, serverOf } from './ldap-server.js';

const USERS = 1_200;
const SIGN_IN_MS = 4_000;

let slapd: RunningSlapd;
let proxy: TcpProxy;
let connections: LdapConnections;
const ends: (() => Promise<void> | void)[] = [];

const soon = () => AbortSignal.timeout(SIGN_IN_MS);
const search = (changed: Partial<LdapSearch> = {}): LdapSearch => ({
  base: slapd.userBase,
  scope: 'sub',
  filter: '(objectClass=inetOrgPerson)',
  attributes: ['uid'],
  ...changed,
});

/** Reads everybody who is found, and counts them. */
async function count(
  connection: LdapConnection,
  changed?: Partial<LdapSearch>,
  signal?: AbortSignal,
): Promise<number> {
  let found = 0;
  for await (const page of connection.pages(search(changed), signal)) found += page.length;
  return found;
}
const one = { filter: '(uid=user000007)' };
const quickly = (on = connections, signal = soon()) =>
  on.withQuickReader((connection, attempt) => count(connection, one, attempt), signal);

/** Connections by these settings, plain unless they say something else, so that a proxy sees what is said. */
function connect(changed: Partial<LdapSettings> = {}): LdapConnections {
  const made = new LdapConnections(settingsFor(slapd, { startTls: false, ...changed }));
  ends.push(() => made.close());
  return made;
}

async function aProxy(): Promise<TcpProxy> {
  const made = await tcpProxy(slapd.url);
  ends.push(() => made.close());
  return made;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tried = 0; !isSo(); tried += 1) {
    if (tried > 500) throw new Error('It never came to be so.');
    await wait(10);
  }
}

/** Whether every thread of the process has come to its stop: until then one may still answer. */
function isFrozen(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) => / T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
}

beforeAll(async () => {
  slapd = await startSlapd({ people: 'demo', ldif: companyLdif({ users: USERS }) });
});
beforeEach(async () => {
  proxy = await aProxy();
  connections = connect({ urls: [proxy.url] });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => slapd.stop());

describe('a server that is frozen', () => {
  it('keeps nobody waiting: not at connecting, at a search, or at a bind', async () => {
    const frozen = connect({ urls: [slapd.url] });
    const connection = await BoundConnection.open(
      { server: serverOf(slapd.url, true), trust: new LdapTrust(slapd.caFile) },
      { dn: slapd.readerDn, password: slapd.readerPassword, schema: 'openldap' },
      { milliseconds: 5_000 },
    );
    ends.push(() => connection.channel.end());
    expect(await quickly(frozen)).toBe(1);
    slapd.freeze();
    ends.push(() => slapd.thaw());
    await until(() => isFrozen(slapd.pid));
    const begun = performance.now();
    const timed = (work: Promise<unknown>) =>
      work.then(
        () => Promise.reject(new Error('It was answered.')),
        ({ kind }: { kind: string }) => ({ kind, seconds: (performance.now() - begun) / 1_000 }),
      );
    const [found, bound, ...read] = await Promise.all([
      timed(quickly(frozen)),
      timed(frozen.bindAs(`uid=ada,${slapd.userBase}`, 'ada-demo', soon())),
      timed(frozen.withReader((one) => count(one))),
      timed(count(connection)),
    ]);
    for (const { kind } of [found, bound, ...read]) expect(kind).toBe('late');
    // Who signs in is answered within five seconds; each step of reading everything has five.
    for (const { seconds } of [found, bound]) expect(seconds).toBeLessThan(5);
    for (const { seconds } of read) expect(seconds).toBeLessThan(7);
  });
});

describe('how many connections there are', () => {
  it('is four for any number of readers, who wait for each other', async () => {
    const results = await Promise.all(Array.from({ length: 60 }, () => quickly()));
    expect(new Set(results)).toEqual(new Set([1]));
    expect(proxy.connections).toBeLessThanOrEqual(4);
    // One that is new takes the place of one that nobody uses.
    await connections.withReader(async (connection) => {
      expect(await count(connection)).toBe(USERS + 5);
      await until(() => proxy.open <= 4);
    });
    await until(() => proxy.open <= 3);
  });

  it("does not grow by passwords: each is tried on one of its own, which is not the reader's", async () => {
    expect(await quickly()).toBe(1);
    const dn = `uid=ada,${slapd.userBase}`;
    await expect(connections.bindAs(dn, 'ada-demo', soon())).resolves.toBe('accepted');
    await expect(connections.bindAs(dn, 'wrong', soon())).resolves.toBe('wrong');
    await expect(connections.bindAs(`uid=barbara,${slapd.userBase}`, 'barbara-demo', soon())).resolves.toBe(
      'wrong',
    );
    expect(proxy.connections).toBe(4);
    await until(() => proxy.open === 1);
    expect(await quickly()).toBe(1);
    expect(proxy.connections).toBe(4);
  });

  it('is none for a name or password that is empty, or has a NUL', async () => {
    for (const [dn, password] of [
      ['', 'x'],
      ['', ''],
      [`uid=ada,${slapd.userBase}`, ''],
      [`uid=ada,${slapd.userBase}`, '\0'],
      [`uid=ada,${slapd.userBase}`, '\0ada-demo'],
    ] as const)
      await expect(connections.bindAs(dn, password, soon())).resolves.toBe('refused');
    expect(proxy.connections).toBe(0);
  });

  it('is bounded for who waits: too many are refused, and none waits past their time', async () => {
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const reading = Array.from({ length: 4 }, () => connections.withReader(() => released));
    await until(() => proxy.connections === 4);
    const late = quickly(connections, AbortSignal.timeout(50));
    await expect(late).rejects.toMatchObject({ kind: 'late' });
    const waiting = Array.from({ length: 100 }, () => quickly());
    await expect(quickly()).rejects.toMatchObject({ kind: 'busy' });
    release();
    await Promise.all([...reading, ...waiting]);
    expect(proxy.connections).toBeLessThanOrEqual(8);
  });

  it('is none after a while without use, and none once they are closed', async () => {
    const idle = new IdleConnections(20);
    const reach = { server: serverOf(proxy.url, false), trust: new LdapTrust(undefined) };
    const reader = { dn: slapd.readerDn, password: slapd.readerPassword, schema: 'openldap' } as const;
    idle.keep(await BoundConnection.open(reach, reader, { milliseconds: 5_000 }));
    await until(() => proxy.open === 0);
    expect(idle.take(proxy.url)).toBeUndefined();
    const lost = await BoundConnection.open(reach, reader, { milliseconds: 5_000 });
    idle.keep(lost);
    lost.channel.end();
    expect(idle.take(proxy.url)).toBeUndefined();
    idle.drop(() => true);

    expect(await quickly()).toBe(1);
    const forEver = connections.withReader(async (connection) => {
      for (;;) await count(connection);
    });
    await until(() => proxy.open === 2);
    connections.close();
    await expect(forEver).rejects.toMatchObject({ kind: 'aborted' });
    await expect(quickly()).rejects.toMatchObject({ kind: 'aborted' });
    await expect(connections.withReader((connection) => count(connection))).rejects.toMatchObject({
      kind: 'aborted',
    });
    await until(() => proxy.open === 0);
  });
});

it('shows no password to whoever prints it', async () => {
  expect(await quickly()).toBe(1);
  const shown = [JSON.stringify(connections), inspect(connections, { depth: 10, showHidden: true })].join();
  expect(shown).not.toContain(slapd.readerPassword);
});
