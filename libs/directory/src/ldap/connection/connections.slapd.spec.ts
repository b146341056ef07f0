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
import type { LdapConnection, LdapSearch } from './ldap-connection.js';
import { LdapConnections } from './connections.js';

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
    expect(proxy.connections).toBe(1);
  });

  it('are read in the order of LDAP_URL, though sign-ins ask one that failed a moment ago last', async () => {
    const second = await aProxy();
    proxy.faults.hangs = true;
    const both = connect({ urls: [proxy.url, second.url] });
    expect(await quickly(both)).toBe(1);
    expect([proxy.connections, second.connections]).toEqual([1, 1]);
    proxy.faults.hangs = false;
    const reading = both.withReader(async (connection, failures) => [await count(connection), failures]);
    expect(await reading).toEqual([USERS + 5, []]);
    expect([proxy.connections, second.connections]).toEqual([2, 1]);
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
