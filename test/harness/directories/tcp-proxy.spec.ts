import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'ldapts';
import { companyLdif, companyUserId } from './company-ldif.js';
import { startSlapd, type RunningSlapd } from './slapd.js';
import { tcpProxy, type TcpProxy } from './tcp-proxy.js';

describe('a proxy before a directory of three thousand users', () => {
  let directory: RunningSlapd;
  let proxy: TcpProxy;
  beforeAll(async () => {
    directory = await startSlapd({ ldif: companyLdif({ users: 3_000, groups: 10 }) });
  });
  afterEach(() => proxy.close());
  afterAll(() => directory.stop());

  async function readAll(timeout = 5_000): Promise<string[]> {
    const client = new Client({ url: proxy.url, timeout });
    try {
      await client.bind(directory.readerDn, directory.readerPassword);
      const filter = '(objectClass=inetOrgPerson)';
      const paged = { pageSize: 500 };
      const { searchEntries } = await client.search(directory.userBase, {
        filter,
        paged,
        attributes: ['entryUUID'],
      });
      return searchEntries.map((entry) => String(entry['entryUUID']));
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }

  it('passes everything on, and knows what was sent', async () => {
    proxy = await tcpProxy(directory.url);
    const ids = await readAll();
    expect(ids).toHaveLength(3_000);
    expect(ids).toContain(companyUserId(2_999));
    expect(proxy.sent().includes(directory.readerPassword)).toBe(true);
    expect(proxy.connections).toBe(1);
  });

  it('cuts in the middle of an answer', async () => {
    proxy = await tcpProxy(directory.url, { cutAfterBytes: 50_000 });
    await expect(readAll()).rejects.toThrow();
    expect(proxy.passedBytes).toBe(50_000);
  });

  it('cuts when it is told to, and takes connections again', async () => {
    proxy = await tcpProxy(directory.url, { delayMs: 20 });
    const reading = readAll();
    const refused = expect(reading).rejects.toThrow();
    while (proxy.passedBytes < 50_000) await new Promise((resolve) => setTimeout(resolve, 1));
    proxy.cut();
    await refused;
    proxy.faults.delayMs = 0;
    expect(await readAll()).toHaveLength(3_000);
  });

  it('takes a connection and never answers', async () => {
    proxy = await tcpProxy(directory.url, { hangs: true });
    await expect(readAll(100)).rejects.toThrow();
    expect(proxy.connections).toBe(1);
    expect(proxy.passedBytes).toBe(0);
  });

  it('refuses connections once it is closed', async () => {
    proxy = await tcpProxy(directory.url);
    const { url } = proxy;
    await proxy.close();
    const client = new Client({ url, timeout: 1_000 });
    await expect(client.bind(directory.readerDn, directory.readerPassword)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    proxy = await tcpProxy(directory.url); // for afterEach
  });
});
