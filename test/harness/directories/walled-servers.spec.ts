import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'ldapts';
import { DIRSRV_USERS, startDirsrv } from './dirsrv.js';
import type { RunningDirectory } from './running-directory.js';
import { SAMBA_USERS, startSamba } from './samba.js';

const MAKING_IT_MS = 180_000; // the first time on this machine

describe.each([
  ['Active Directory', startSamba, SAMBA_USERS, '(objectClass=user)'],
  ['389 Directory Server', startDirsrv, DIRSRV_USERS, '(objectClass=inetOrgPerson)'],
] as const)('the %s of a test', (_name, start, users, filter) => {
  let directory: RunningDirectory;
  beforeAll(async () => void (directory = await start()), MAKING_IT_MS);
  afterAll(() => directory?.stop());

  it('shows its people to its reader, over LDAPS as well', async () => {
    const { ldapsUrl = '', caFile, readerDn, readerPassword, userBase } = directory;
    const client = new Client({ url: ldapsUrl, tlsOptions: { ca: [readFileSync(caFile)] }, timeout: 60_000 });
    await client.bind(readerDn, readerPassword);
    const found = await client.search(userBase, { filter, attributes: ['cn'], paged: true });
    expect(found.searchEntries).toHaveLength(users);
    await client.unbind();
  });

  it('is another one for each test, with the same people', async () => {
    const other = await start();
    expect(new Set([directory.url, directory.ldapsUrl, other.url, other.ldapsUrl]).size).toBe(4);
    await other.stop();
    await expect(other.admin()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await (await directory.admin()).unbind();
  });

  it('takes connections and answers nobody while it is frozen', async () => {
    directory.freeze();
    const client = new Client({ url: directory.url, timeout: 100 });
    await expect(client.bind(directory.readerDn, directory.readerPassword)).rejects.toThrow('timed out');
    directory.thaw();
    await (await directory.admin()).unbind();
  });

  it('is there again on the same ports after it was killed, with what was written', async () => {
    const { pid, url, groupBase } = directory;
    const admin = await directory.admin();
    await admin.add(`ou=written,${groupBase}`, { objectClass: 'organizationalUnit', ou: 'written' });
    await admin.unbind();
    await directory.kill();
    await expect(directory.admin()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await directory.restart();
    expect([directory.pid === pid, directory.url]).toEqual([false, url]);
    const again = await directory.admin();
    const found = await again.search(groupBase, { filter: '(ou=written)' });
    expect(found.searchEntries).toHaveLength(1);
    await again.unbind();
  }, 60_000);
});
