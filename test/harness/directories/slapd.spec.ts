import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Client } from 'ldapts';
import { testCertificates } from './certificates.js';
import { startSlapd, type RunningSlapd, type SlapdOptions } from './slapd.js';

let directory: RunningSlapd | undefined;

async function start(options: SlapdOptions = {}): Promise<RunningSlapd> {
  directory = await startSlapd(options);
  return directory;
}

async function asReader<T>(work: (client: Client) => Promise<T>, url?: string): Promise<T> {
  const { url: plain, caFile, readerDn, readerPassword } = directory as RunningSlapd;
  const tlsOptions = { ca: [readFileSync(caFile)] };
  const client = new Client({ url: url ?? plain, timeout: 5_000, ...(url && { tlsOptions }) });
  try {
    await client.bind(readerDn, readerPassword);
    return await work(client);
  } finally {
    await client.unbind();
  }
}

async function peopleSeen(url?: string): Promise<number> {
  const { userBase } = directory as RunningSlapd;
  const filter = '(objectClass=inetOrgPerson)';
  return await asReader(
    async (client) => (await client.search(userBase, { filter })).searchEntries.length,
    url,
  );
}

afterEach(async () => {
  await directory?.stop();
  directory = undefined;
});

describe('the slapd of a test', () => {
  it('holds the demo people, and its reader sees all of them but their passwords', async () => {
    const { userBase } = await start({ people: 'demo' });
    expect(await peopleSeen()).toBe(5);
    const { searchEntries } = await asReader((client) =>
      client.search(userBase, { filter: '(uid=barbara)', attributes: ['*', '+'] }),
    );
    expect(searchEntries[0]).toMatchObject({
      entryUUID: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a05',
      pwdAccountLockedTime: '000001010000Z',
    });
    expect(searchEntries[0]).not.toHaveProperty('userPassword');
  });

  it('refuses who is locked, and a wrong password', async () => {
    const { url, userBase } = await start({ people: 'demo' });
    const client = new Client({ url, timeout: 5_000 });
    await client.bind(`uid=ada,${userBase}`, 'ada-demo');
    await expect(client.bind(`uid=barbara,${userBase}`, 'barbara-demo')).rejects.toMatchObject({ code: 49 });
    await expect(client.bind(`uid=ada,${userBase}`, 'grace-demo')).rejects.toMatchObject({ code: 49 });
    await client.unbind();
  });

  it('speaks TLS with a certificate that the authority signed', async () => {
    const { ldapsUrl } = await start({ people: 'demo' });
    expect(await peopleSeen(ldapsUrl)).toBe(5);
  });

  it('shows the certificate that a test wants', async () => {
    const { wrongHost, expired, foreign } = await testCertificates();
    for (const [tls, code] of [
      [wrongHost, 'ERR_TLS_CERT_ALTNAME_INVALID'],
      [expired, 'CERT_HAS_EXPIRED'],
      [foreign, 'SELF_SIGNED_CERT_IN_CHAIN'],
    ] as const) {
      const slapd = await start({ tls });
      await expect(peopleSeen(slapd.ldapsUrl)).rejects.toMatchObject({ code });
      await slapd.stop();
    }
  });

  it('computes memberOf, and follows who is renamed or deleted', async () => {
    const slapd = await start({ people: 'demo' });
    const { userBase, groupBase } = slapd;
    const admin = await slapd.admin();
    const group = { objectClass: 'groupOfNames', member: [`uid=ada,${userBase}`, `uid=grace,${userBase}`] };
    await admin.add(`cn=new,${groupBase}`, group);
    await admin.modifyDN(`uid=ada,${userBase}`, 'uid=lovelace');
    await admin.del(`uid=grace,${userBase}`);
    const members = async () =>
      (await admin.search(groupBase, { filter: '(cn=new)', attributes: ['member'] })).searchEntries[0]?.[
        'member'
      ];
    // refint comes after the answer.
    while ((await members()) !== `uid=lovelace,${userBase}`) await wait(5);
    const [ada] = (await admin.search(userBase, { filter: '(uid=lovelace)', attributes: ['memberOf'] }))
      .searchEntries;
    expect(ada?.['memberOf']).toContain(`cn=new,${groupBase}`);
    await admin.unbind();
  });

  it('takes the right to read from its reader, and the answer looks empty or the base is gone', async () => {
    const slapd = await start({ people: 'demo' });
    await slapd.setReaderRight('search');
    expect(await peopleSeen()).toBe(0);
    await slapd.restart();
    expect(await peopleSeen()).toBe(0);
    await slapd.setReaderRight('none');
    await expect(peopleSeen()).rejects.toMatchObject({ code: 32 });
    await slapd.setReaderRight('read');
    expect(await peopleSeen()).toBe(5);
  });

  it('holds back what is beyond its size limit', async () => {
    const slapd = await start({ people: 'demo', sizeLimit: 4 });
    await expect(peopleSeen()).rejects.toMatchObject({ code: 4 });
    await slapd.setSizeLimit(undefined);
    expect(await peopleSeen()).toBe(5);
  });

  it('refers to elsewhere', async () => {
    const { suffix } = await start({ globalConfig: ['referral ldap://127.0.0.1:1'] });
    const search = asReader((client) => client.search(`ou=elsewhere,${suffix.replace('demo', 'other')}`));
    await expect(search).rejects.toMatchObject({ code: 10 });
  });

  it('answers nobody while it is frozen, and everybody after', async () => {
    const slapd = await start();
    const { url, readerDn, readerPassword } = slapd;
    slapd.freeze();
    const client = new Client({ url, timeout: 100 });
    await expect(client.bind(readerDn, readerPassword)).rejects.toThrow();
    slapd.thaw();
    expect(await peopleSeen()).toBe(0);
  });

  it('is there again after it was killed, with its data', async () => {
    const slapd = await start({ people: 'demo' });
    const { pid } = slapd;
    await slapd.kill();
    await expect(peopleSeen()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await slapd.restart();
    expect(slapd.pid).not.toBe(pid);
    expect(await peopleSeen()).toBe(5);
  });
});
