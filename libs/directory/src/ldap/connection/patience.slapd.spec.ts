import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../../test/harness/index.js';
import { proxiedSlapdForSpecs, soon, USERS } from '../../../test/proxied-slapd.js';
import { BoundConnection } from './bound-connection.js';
import { IdleConnections } from './idle-connections.js';
import { LdapTrust, serverOf } from './ldap-server.js';

const world = proxiedSlapdForSpecs();
const { ends, count, quickly, connect } = world;

/** Whether every thread of the process has come to its stop: until then one may still answer. */
function isFrozen(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((thread) => / T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
}

describe('a server that is frozen', () => {
  it('keeps nobody waiting: not at connecting, at a search, or at a bind', async () => {
    const frozen = connect({ urls: [world.slapd.url] });
    const connection = await BoundConnection.open(
      { server: serverOf(world.slapd.url, true), trust: new LdapTrust(world.slapd.caFile) },
      { dn: world.slapd.readerDn, password: world.slapd.readerPassword, schema: 'openldap' },
      { milliseconds: 5_000 },
    );
    ends.push(() => connection.channel.end());
    expect(await quickly(frozen)).toBe(1);
    world.slapd.freeze();
    ends.push(() => world.slapd.thaw());
    await until(() => isFrozen(world.slapd.pid));
    const begun = performance.now();
    const timed = (work: Promise<unknown>) =>
      work.then(
        () => Promise.reject(new Error('It was answered.')),
        ({ kind }: { kind: string }) => ({ kind, seconds: (performance.now() - begun) / 1_000 }),
      );
    const [found, bound, ...read] = await Promise.all([
      timed(quickly(frozen)),
      timed(frozen.bindAs(`uid=ada,${world.slapd.userBase}`, 'ada-demo', soon())),
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
    expect(world.proxy.connections).toBeLessThanOrEqual(4);
    // One that is new takes the place of one that nobody uses.
    await world.connections.withReader(async (connection) => {
      expect(await count(connection)).toBe(USERS + 5);
      await until(() => world.proxy.open <= 4);
    });
    await until(() => world.proxy.open <= 3);
  });

  it("does not grow by passwords: each is tried on one of its own, which is not the reader's", async () => {
    expect(await quickly()).toBe(1);
    const dn = `uid=ada,${world.slapd.userBase}`;
    await expect(world.connections.bindAs(dn, 'ada-demo', soon())).resolves.toBe('accepted');
    await expect(world.connections.bindAs(dn, 'wrong', soon())).resolves.toBe('wrong');
    await expect(
      world.connections.bindAs(`uid=barbara,${world.slapd.userBase}`, 'barbara-demo', soon()),
    ).resolves.toBe('wrong');
    expect(world.proxy.connections).toBe(4);
    await until(() => world.proxy.open === 1);
    expect(await quickly()).toBe(1);
    expect(world.proxy.connections).toBe(4);
  });

  it('is none for a name or password that is empty, or has a NUL', async () => {
    for (const [dn, password] of [
      ['', 'x'],
      ['', ''],
      [`uid=ada,${world.slapd.userBase}`, ''],
      [`uid=ada,${world.slapd.userBase}`, '\0'],
      [`uid=ada,${world.slapd.userBase}`, '\0ada-demo'],
    ] as const)
      await expect(world.connections.bindAs(dn, password, soon())).resolves.toBe('refused');
    expect(world.proxy.connections).toBe(0);
  });

  it('is bounded for who waits: too many are refused, and none waits past their time', async () => {
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const reading = Array.from({ length: 4 }, () => world.connections.withReader(() => released));
    await until(() => world.proxy.connections === 4);
    const late = quickly(world.connections, AbortSignal.timeout(50));
    await expect(late).rejects.toMatchObject({ kind: 'late' });
    const waiting = Array.from({ length: 100 }, () => quickly());
    await expect(quickly()).rejects.toMatchObject({ kind: 'busy' });
    release();
    await Promise.all([...reading, ...waiting]);
    expect(world.proxy.connections).toBeLessThanOrEqual(8);
  });

  it('is none after a while without use, and none once they are closed', async () => {
    const idle = new IdleConnections(20);
    const reach = { server: serverOf(world.proxy.url, false), trust: new LdapTrust(undefined) };
    const reader = {
      dn: world.slapd.readerDn,
      password: world.slapd.readerPassword,
      schema: 'openldap',
    } as const;
    idle.keep(await BoundConnection.open(reach, reader, { milliseconds: 5_000 }));
    await until(() => world.proxy.open === 0);
    expect(idle.take(world.proxy.url)).toBeUndefined();
    const lost = await BoundConnection.open(reach, reader, { milliseconds: 5_000 });
    idle.keep(lost);
    lost.channel.end();
    expect(idle.take(world.proxy.url)).toBeUndefined();
    idle.drop(() => true);

    expect(await quickly()).toBe(1);
    const forEver = world.connections.withReader(async (connection) => {
      for (;;) await count(connection);
    });
    await until(() => world.proxy.open === 2);
    world.connections.close();
    await expect(forEver).rejects.toMatchObject({ kind: 'aborted' });
    await expect(quickly()).rejects.toMatchObject({ kind: 'aborted' });
    await expect(world.connections.withReader((connection) => count(connection))).rejects.toMatchObject({
      kind: 'aborted',
    });
    await until(() => world.proxy.open === 0);
  });
});

it('shows no password to whoever prints it', async () => {
  expect(await quickly()).toBe(1);
  const shown = [
    JSON.stringify(world.connections),
    inspect(world.connections, { depth: 10, showHidden: true }),
  ].join();
  expect(shown).not.toContain(world.slapd.readerPassword);
});
