import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import {
  newFolder,
  startSlapd,
  tcpProxy,
  testCertificates,
  type RunningSlapd,
} from '../../../../../test/harness/index.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import { LdapConnections } from './connections.js';
import type { LdapFault } from './ldap-faults.js';
import { LdapTrust } from './ldap-server.js';

// Nobody listens there, and no port that is given out is ever this one.
const DOWN = 'ldap://127.0.0.1:1';

let slapd: RunningSlapd;
const ends: (() => Promise<void> | void)[] = [];

/** What reaching the first server of these settings gives: its TLS, or how it failed. */
async function reached(changed: Partial<LdapSettings> = {}, directory = slapd): Promise<string | undefined> {
  const connections = new LdapConnections(settingsFor(directory, changed));
  try {
    return await connections.tryServer(connections.servers[0]!);
  } finally {
    connections.close();
  }
}
const failure = (changed: Partial<LdapSettings>, directory?: RunningSlapd) =>
  reached(changed, directory).then(
    (protocol) => Promise.reject(new Error(`It was reached by ${protocol ?? 'no TLS'}.`)),
    (fault: LdapFault) => fault,
  );
const plainly = { startTls: false };

async function anotherSlapd(...options: Parameters<typeof startSlapd>): Promise<RunningSlapd> {
  const another = await startSlapd(...options);
  ends.push(() => another.stop());
  return another;
}

beforeAll(async () => {
  slapd = await startSlapd();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => slapd.stop());

describe('a server is reached', () => {
  it('without TLS, by StartTLS and by LDAPS', async () => {
    expect(await reached(plainly)).toBeUndefined();
    expect(await reached()).toBe('TLSv1.3');
    expect(await reached({ urls: [slapd.ldapsUrl!], startTls: false })).toBe('TLSv1.3');
  });

  it('by name as by address: the certificate is compared with what LDAP_URL says', async () => {
    const byName = (url: string) => url.replace('127.0.0.1', 'localhost');
    expect(await reached({ urls: [byName(slapd.url)] })).toBe('TLSv1.3');
    expect(await reached({ urls: [byName(slapd.ldapsUrl!)] })).toBe('TLSv1.3');
  });

  it('says nothing in clear under StartTLS: neither name nor password are seen on the way', async () => {
    const proxy = await tcpProxy(slapd.url);
    ends.push(() => proxy.close());
    expect(await reached({ urls: [proxy.url] })).toBe('TLSv1.3');
    expect(proxy.sent().includes('1.3.6.1.4.1.1466.20037')).toBe(true);
    expect(proxy.sent().includes('tokenwarden')).toBe(false);
    await reached({ urls: [proxy.url], ...plainly });
    expect(proxy.sent().includes('tokenwarden-demo')).toBe(true);
  });
});

describe('a server that cannot prove who it is gets no password', () => {
  const bothWays = ['StartTLS', 'LDAPS'] as const;
  const urlsOf = (directory: RunningSlapd, way: (typeof bothWays)[number]) =>
    way === 'LDAPS' ? { urls: [directory.ldapsUrl!], startTls: false } : { urls: [directory.url] };

  it.each(bothWays)('of an authority that is not LDAP_CA_FILE, by %s', async (way) => {
    const { foreign, caFile } = await testCertificates();
    const another = await anotherSlapd({ tls: foreign });
    const { kind, message } = await failure({ ...urlsOf(another, way), caFile });
    expect(kind).toBe('untrusted');
    expect(message).toContain('LDAP_CA_FILE must hold the authority that signed it');
  });

  it.each(bothWays)(
    'of an authority that nobody trusts where LDAP_CA_FILE is not set, by %s',
    async (way) => {
      const { kind, message } = await failure({ ...urlsOf(slapd, way), caFile: undefined });
      expect(kind).toBe('untrusted');
      expect(message).toContain('Name the file of that authority in LDAP_CA_FILE');
    },
  );

  it.each(bothWays)('under another name, by %s', async (way) => {
    const { wrongHost } = await testCertificates();
    const another = await anotherSlapd({ tls: wrongHost });
    const { kind, message } = await failure(urlsOf(another, way), another);
    expect(kind).toBe('untrusted');
    expect(message).toContain('not for 127.0.0.1');
    const byName = urlsOf(another, way).urls.map((url) => url.replace('127.0.0.1', 'localhost'));
    expect((await failure({ ...urlsOf(another, way), urls: byName }, another)).message).toContain(
      'not for localhost',
    );
  });

  it.each(bothWays)('with a certificate that has expired, by %s', async (way) => {
    const { expired } = await testCertificates();
    const another = await anotherSlapd({ tls: expired });
    const { kind, message } = await failure(urlsOf(another, way), another);
    expect(kind).toBe('untrusted');
    expect(message).toContain('expired');
  });

  it('whatever the environment tells Node: what is said here comes before NODE_TLS_REJECT_UNAUTHORIZED', async () => {
    const trust = new LdapTrust(slapd.caFile);
    const options = await trust.optionsFor('ldap.example.org');
    expect(options).toMatchObject({ rejectUnauthorized: true, servername: 'ldap.example.org' });
    expect(options).not.toHaveProperty('checkServerIdentity');
    for (const host of ['127.0.0.1', '::1'])
      expect(await trust.optionsFor(host)).toMatchObject({ rejectUnauthorized: true, servername: '', host });
  });

  it('that speaks no TLS where it should: LDAPS at its other port, StartTLS that it does not offer', async () => {
    const ldaps = await failure({ urls: [slapd.url.replace('ldap:', 'ldaps:')], startTls: false });
    expect(ldaps).toMatchObject({ kind: 'untrusted' });
    expect(ldaps.message).toContain('does not speak TLS');

    const another = await anotherSlapd({ tls: false });
    const proxy = await tcpProxy(another.url);
    ends.push(() => proxy.close());
    const startTls = await failure({ urls: [proxy.url] }, another);
    expect(startTls.kind).toBe('untrusted');
    expect(startTls.message).toContain('StartTLS');
    expect(proxy.sent().includes('tokenwarden')).toBe(false);
  });

  it.each(bothWays)('that speaks nothing newer than TLS 1.1, by %s: 1.2 is enough', async (way) => {
    const only = (version: string) => [`TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS${version}:%COMPAT`];
    const old = await anotherSlapd({ globalConfig: only('1.1') });
    expect(await failure(urlsOf(old, way), old)).toMatchObject({ kind: 'untrusted' });
    const enough = await anotherSlapd({ globalConfig: only('1.2') });
    expect(await reached(urlsOf(enough, way), enough)).toBe('TLSv1.2');
  });

  it('that speaks TLS where LDAP is meant', async () => {
    const plain = { urls: [slapd.ldapsUrl!.replace('ldaps:', 'ldap:')], ...plainly };
    expect((await failure(plain)).kind).toMatch(/^(cut|late)$/);
  });
});

describe('LDAP_CA_FILE', () => {
  it('counts as it is now, at the next connection', async () => {
    const { foreign, caFile } = await testCertificates();
    const file = join(newFolder('ca'), 'ca.pem');
    copyFileSync(foreign.caFile, file);
    const connections = new LdapConnections(settingsFor(slapd, { caFile: file }));
    ends.push(() => connections.close());
    const [server] = connections.servers;
    await expect(connections.tryServer(server!)).rejects.toMatchObject({ kind: 'untrusted' });
    writeFileSync(file, `${readFileSync(foreign.caFile, 'utf8')}\n${readFileSync(caFile, 'utf8')}`);
    expect(await connections.tryServer(server!)).toBe('TLSv1.3');
  });

  it('is named where it is gone, or holds no certificate', async () => {
    const empty = join(newFolder('ca'), 'ca.pem');
    writeFileSync(empty, 'no certificate');
    for (const caFile of [empty, `${empty}.gone`]) {
      const { kind, message } = await failure({ caFile });
      expect(kind).toBe('setting');
      expect(message).toMatch(/^LDAP_CA_FILE /);
      expect(message).not.toContain(empty);
    }
    writeFileSync(empty, '-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n');
    expect((await failure({ caFile: empty })).kind).toMatch(/^(setting|untrusted)$/);
  });
});

describe('a server that lets nobody in', () => {
  it('is not there', async () => {
    const { kind, message } = await failure({ urls: [DOWN] });
    expect(kind).toBe('unreachable');
    expect(message).toMatch(/^ldap:\/\/127\.0\.0\.1:\d+: nobody listens there/);
    const unknown = await failure({ urls: ['ldap://no-such-host.invalid:389'] });
    expect(unknown.kind).toBe('unreachable');
    expect(unknown.message).toContain('no-such-host.invalid does not lead to an address');
  });

  it('does not take LDAP_BIND_DN, and does not say more than that', async () => {
    for (const changed of [
      { bindPassword: 'wrong-secret' },
      { bindDn: 'cn=nobody,dc=demo,dc=example' },
      { bindDn: 'no DN' },
    ]) {
      const fault = await failure(changed);
      expect(fault.kind).toBe('refused');
      expect(fault.message).toContain('LDAP_BIND_DN');
      expect(JSON.stringify([fault, String(fault.stack)])).not.toContain('secret');
    }
  });

  it('wants encryption, and says so', async () => {
    const another = await anotherSlapd({ globalConfig: ['security simple_bind=64'] });
    const { kind, message } = await failure({ ...plainly }, another);
    expect(kind).toBe('refused');
    expect(message).toContain('LDAP_START_TLS=true');
    expect(await reached({}, another)).toBe('TLSv1.3');
  });

  it('is never bound to as nobody: no name and no password are a mistake', async () => {
    for (const changed of [{ bindDn: '' }, { bindPassword: '' }])
      await expect(failure(changed)).resolves.toThrow('has a name and a password');
  });
});
