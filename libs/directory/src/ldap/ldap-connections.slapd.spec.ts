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
} from '../../../../test/harness/index.js';
import { settingsFor } from '../../test/ldap-settings.js';
import { BoundConnection } from './ldap-connection.bound.js';
import type { LdapConnection, LdapSearch } from './ldap-connection.js';
import { LdapConnections } from './ldap-connections.js';
import { IdleConnections } from './ldap-connections.idle.js';
import { LdapTrust, serverOf } from './ldap-server.js';

const USERS = 1_200;
const SIGN_IN_MS = 4_000;

// Nobody listens there, and no port that is given out is ever this one.
const DOWN = 'ldap://127.0.0.1:1';

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

describe('what is read', () => {
  it('comes in pages of 500, all of it', async () => {
    const pages: number[] = [];
    await connections.withReader(async (connection) => {
      for await (const page of connection.pages(search())) pages.push(page.length);
    });
    expect(pages).toEqual([500, 500, USERS + 5 - 1_000]);
    await until(() => proxy.open === 0);
  });

  it('comes with values as they are', async () => {
    const [ada] = await connections.withReader(async (connection) => {
      const filter = '(uid=ada)';
      for await (const page of connection.pages(
        search({ filter, attributes: ['CN', 'entryUUID', 'mail;lang-de'] }),
      ))
        return page;
      return [];
    });
    expect(ada?.dn).toBe('uid=ada,ou=people,dc=demo,dc=example');
    expect(ada?.text('cn')).toBe('Ada Lovelace');
    expect(ada?.values('Cn')).toEqual([Buffer.from('Ada Lovelace')]);
    expect(ada?.texts('ENTRYUUID')).toEqual(['0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01']);
    expect(ada?.attributes).toHaveLength(2);
    expect(ada?.text('mail')).toBeUndefined();
    expect(ada?.texts('mail')).toEqual([]);
  });

  it('is nothing where the base is not there, and no other server is asked', async () => {
    const second = await aProxy();
    const both = connect({ urls: [proxy.url, second.url] });
    const base = 'ou=nowhere,dc=demo,dc=example';
    const reading = both.withQuickReader((connection, signal) => count(connection, { base }, signal), soon());
    await expect(reading).rejects.toMatchObject({ kind: 'missing', message: expect.stringContaining(base) });
    expect(second.connections).toBe(0);
  });

  it('is nothing where the server gives a part only', async () => {
    await slapd.setSizeLimit(700);
    ends.unshift(() => slapd.setSizeLimit(undefined));
    const reading = connections.withReader((connection) => count(connection));
    await expect(reading).rejects.toMatchObject({ kind: 'incomplete', resultCode: 4 });
  });

  it('is nothing where the server refers to another one', async () => {
    const referring = await startSlapd({
      people: 'demo',
      globalConfig: ['referral ldap://elsewhere.example'],
    });
    ends.push(() => referring.stop());
    const admin = await referring.admin();
    await admin.add(`cn=branch,${referring.userBase}`, {
      objectClass: ['referral', 'extensibleObject'],
      cn: 'branch',
      ref: 'ldap://elsewhere.example/ou=people',
    });
    await admin.unbind();
    const on = connect({ urls: [referring.url] });
    for (const base of ['dc=other,dc=example', referring.userBase, `cn=branch,${referring.userBase}`]) {
      const reading = on.withReader((connection) => count(connection, { base }));
      await expect(reading).rejects.toMatchObject({ kind: 'incomplete' });
    }
  });
});

describe('a connection that is lost', () => {
  it('in the middle of a search makes it no answer', async () => {
    proxy.faults.cutAfterBytes = 60_000;
    let found = 0;
    const reading = connections.withReader(async (connection) => {
      for await (const page of connection.pages(search())) found += page.length;
    });
    await expect(reading).rejects.toMatchObject({ kind: 'cut' });
    expect(found).toBe(500);
  });

  it('is bound again before anything is asked on the next one', async () => {
    const binds = () => proxy.sent().toString('latin1').split(slapd.readerDn).length - 1;
    expect(await quickly()).toBe(1);
    expect([proxy.connections, binds()]).toEqual([1, 1]);
    expect(await quickly()).toBe(1);
    expect([proxy.connections, binds()]).toEqual([1, 1]);
    proxy.cut();
    // As nobody it would find nothing: anonymous clients may bind here, and no more.
    expect(await quickly()).toBe(1);
    expect([proxy.connections, binds()]).toEqual([2, 2]);
    await slapd.restart();
    expect(await quickly()).toBe(1);
    expect([proxy.connections, binds()]).toEqual([3, 3]);
  });

  it('under StartTLS is encrypted and bound again', async () => {
    const secured = connect({ urls: [proxy.url], startTls: true });
    expect(await quickly(secured)).toBe(1);
    proxy.cut();
    expect(await quickly(secured)).toBe(1);
    expect(proxy.sent().toString('latin1').split('1.3.6.1.4.1.1466.20037')).toHaveLength(3);
    expect(proxy.sent().includes(slapd.readerDn)).toBe(false);
  });

  it('though nobody has said so costs no answer: the search is made again', async () => {
    expect(await quickly()).toBe(1);
    const counts = connections.withQuickReader(async (connection, signal) => {
      if (proxy.connections === 1) proxy.cut();
      return count(connection, one, signal);
    }, soon());
    expect(await counts).toBe(1);
  });
});

describe('several servers', () => {
  it('are asked in order: one that is down costs nothing', async () => {
    const down = DOWN;
    const both = connect({ urls: [down, proxy.url] });
    expect(await quickly(both)).toBe(1);
    expect(await both.withReader((connection) => count(connection))).toBe(USERS + 5);
    await expect(both.bindAs(`uid=ada,${slapd.userBase}`, 'ada-demo', soon())).resolves.toBe('accepted');
  });

  it('cost the time-out of one that hangs once, and not every time', async () => {
    const second = await aProxy();
    proxy.faults.hangs = true;
    const both = connect({ urls: [proxy.url, second.url] });
    expect(await quickly(both)).toBe(1);
    expect(proxy.connections).toBe(1);
    expect(await quickly(both)).toBe(1);
    await expect(both.bindAs(`uid=ada,${slapd.userBase}`, 'ada-demo', soon())).resolves.toBe('accepted');
    expect(await both.withReader((connection) => count(connection))).toBe(USERS + 5);
    expect(proxy.connections).toBe(1);
  });

  it('are asked next where one stops answering on a connection that was good', async () => {
    const second = await aProxy();
    const both = connect({ urls: [proxy.url, second.url] });
    expect(await quickly(both)).toBe(1);
    expect(second.connections).toBe(0);
    proxy.faults.hangs = true;
    expect(await quickly(both)).toBe(1);
    expect(second.connections).toBe(1);
  });

  it('are all named where none can be reached', async () => {
    const urls = [DOWN, DOWN.replace(/1$/, '2')];
    const fault = await quickly(connect({ urls })).catch((error: unknown) => error);
    expect(fault).toMatchObject({ kind: 'unreachable' });
    for (const url of urls) expect((fault as Error).message).toContain(url);
  });
});

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
