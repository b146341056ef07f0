import { describe, expect, it } from '@jest/globals';
import { startSlapd, until } from '../../../../../test/harness/index.js';
import { ONE_USER, proxiedSlapdForSpecs, soon, USERS } from '../../../test/proxied-slapd.js';

// Nobody listens there, and no port that is given out is ever this one.
const DOWN = 'ldap://127.0.0.1:1';

const world = proxiedSlapdForSpecs();
const { ends, search, count, quickly, connect, aProxy } = world;

describe('what is read', () => {
  it('comes in pages of 500, all of it', async () => {
    const pages: number[] = [];
    await world.connections.withReader(async (connection) => {
      for await (const page of connection.pages(search())) pages.push(page.length);
    });
    expect(pages).toEqual([500, 500, USERS + 5 - 1_000]);
    await until(() => world.proxy.open === 0);
  });

  it('comes with values as they are', async () => {
    const [ada] = await world.connections.withReader(async (connection) => {
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
    const both = connect({ urls: [world.proxy.url, second.url] });
    const base = 'ou=nowhere,dc=demo,dc=example';
    const reading = both.withQuickReader((connection, signal) => count(connection, { base }, signal), soon());
    await expect(reading).rejects.toMatchObject({ kind: 'missing', message: expect.stringContaining(base) });
    expect(second.connections).toBe(0);
  });

  it('is nothing where the server gives a part only', async () => {
    await world.slapd.setSizeLimit(700);
    ends.unshift(() => world.slapd.setSizeLimit(undefined));
    const reading = world.connections.withReader((connection) => count(connection));
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
    world.proxy.faults.cutAfterBytes = 60_000;
    let found = 0;
    const reading = world.connections.withReader(async (connection) => {
      for await (const page of connection.pages(search())) found += page.length;
    });
    await expect(reading).rejects.toMatchObject({ kind: 'cut' });
    expect(found).toBe(500);
  });

  it('is bound again before anything is asked on the next one', async () => {
    const binds = () => world.proxy.sent().toString('latin1').split(world.slapd.readerDn).length - 1;
    expect(await quickly()).toBe(1);
    expect([world.proxy.connections, binds()]).toEqual([1, 1]);
    expect(await quickly()).toBe(1);
    expect([world.proxy.connections, binds()]).toEqual([1, 1]);
    world.proxy.cut();
    // As nobody it would find nothing: anonymous clients may bind here, and no more.
    expect(await quickly()).toBe(1);
    expect([world.proxy.connections, binds()]).toEqual([2, 2]);
    await world.slapd.restart();
    expect(await quickly()).toBe(1);
    expect([world.proxy.connections, binds()]).toEqual([3, 3]);
  });

  it('under StartTLS is encrypted and bound again', async () => {
    const secured = connect({ urls: [world.proxy.url], startTls: true });
    expect(await quickly(secured)).toBe(1);
    world.proxy.cut();
    expect(await quickly(secured)).toBe(1);
    expect(world.proxy.sent().toString('latin1').split('1.3.6.1.4.1.1466.20037')).toHaveLength(3);
    expect(world.proxy.sent().includes(world.slapd.readerDn)).toBe(false);
  });

  it('though nobody has said so costs no answer: the search is made again', async () => {
    expect(await quickly()).toBe(1);
    const counts = world.connections.withQuickReader(async (connection, signal) => {
      if (world.proxy.connections === 1) world.proxy.cut();
      return count(connection, ONE_USER, signal);
    }, soon());
    expect(await counts).toBe(1);
  });
});

describe('several servers', () => {
  it('are asked in order: one that is down costs nothing', async () => {
    const down = DOWN;
    const both = connect({ urls: [down, world.proxy.url] });
    expect(await quickly(both)).toBe(1);
    expect(await both.withReader((connection) => count(connection))).toBe(USERS + 5);
    await expect(both.bindAs(`uid=ada,${world.slapd.userBase}`, 'ada-demo', soon())).resolves.toBe(
      'accepted',
    );
  });

  it('cost the time-out of one that hangs once, and not every time', async () => {
    const second = await aProxy();
    world.proxy.faults.hangs = true;
    const both = connect({ urls: [world.proxy.url, second.url] });
    expect(await quickly(both)).toBe(1);
    expect(world.proxy.connections).toBe(1);
    expect(await quickly(both)).toBe(1);
    await expect(both.bindAs(`uid=ada,${world.slapd.userBase}`, 'ada-demo', soon())).resolves.toBe(
      'accepted',
    );
    expect(world.proxy.connections).toBe(1);
  });

  it('are read in the order of LDAP_URL, though sign-ins ask one that failed a moment ago last', async () => {
    const second = await aProxy();
    world.proxy.faults.hangs = true;
    const both = connect({ urls: [world.proxy.url, second.url] });
    expect(await quickly(both)).toBe(1);
    expect([world.proxy.connections, second.connections]).toEqual([1, 1]);
    world.proxy.faults.hangs = false;
    const reading = both.withReader(async (connection, failures) => [await count(connection), failures]);
    expect(await reading).toEqual([USERS + 5, []]);
    expect([world.proxy.connections, second.connections]).toEqual([2, 1]);
  });

  it('are asked next where one stops answering on a connection that was good', async () => {
    const second = await aProxy();
    const both = connect({ urls: [world.proxy.url, second.url] });
    expect(await quickly(both)).toBe(1);
    expect(second.connections).toBe(0);
    world.proxy.faults.hangs = true;
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
