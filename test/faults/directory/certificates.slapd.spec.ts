import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import {
  companyLdif,
  companyUserId,
  startSlapd,
  testCertificates,
  type RunningSlapd,
  type TestCertificates,
} from '../../harness/index.js';
import { Company, SIZE, type Standing } from './company.js';
import { proxiesForSpecs } from './proxies.js';

// What a server that is not the right one would tell: believed, it would add somebody to the company.
const LIE = companyLdif({ ...SIZE, users: SIZE.users + 1 });

let company: Company;
let before: Standing;
const watched = proxiesForSpecs();
beforeAll(async () => {
  company = await Company.open();
  before = await company.standing();
});
afterAll(() => company?.close());
beforeEach(() => company.reach());

const signIn = () => company.signIn('user000007', 'user000007');

/** Nothing is believed, nobody gets in, and nothing is lost. */
async function expectUntrusted(settings: Partial<LdapSettings>, reason: string): Promise<void> {
  await company.reach(settings);
  expect(await company.synchronise()).toMatchObject({
    state: 'FAILED',
    reasons: [expect.stringContaining(reason)],
  });
  await expect(signIn()).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
  expect(await company.standing()).toEqual(before);
}

function expectNoPasswordSent({ connections, sent }: { connections: number; sent: Buffer }): void {
  expect(connections).toBeGreaterThan(0);
  for (const secret of [company.slapd.readerPassword, company.slapd.readerDn, 'user000007']) {
    expect(sent.includes(secret)).toBe(false);
  }
}

describe.each<[string, Exclude<keyof TestCertificates, 'caFile'>, string]>([
  ['for another host', 'wrongHost', 'its certificate is not for 127.0.0.1'],
  ['that is over', 'expired', 'has expired'],
  ['of an authority that nobody trusts', 'foreign', 'is not trusted'],
])('a certificate %s', (_what, name, reason) => {
  let impostor: RunningSlapd;
  beforeAll(async () => {
    impostor = await startSlapd({ tls: (await testCertificates())[name], ldif: LIE });
  });
  afterAll(() => impostor?.stop());

  it('is refused over LDAPS', async () => {
    await expectUntrusted({ urls: [impostor.ldapsUrl ?? ''] }, reason);
  });

  it('is refused over StartTLS, and no password is sent instead', async () => {
    const watching = await watched(impostor.url);
    await expectUntrusted({ urls: [watching.url], startTls: true }, reason);
    expectNoPasswordSent({ connections: watching.connections, sent: watching.sent() });
  });
});

describe('the right certificate', () => {
  it.each([true, false])('lets everything through, StartTLS being %s', async (startTls) => {
    const { url, ldapsUrl = '' } = company.slapd;
    const watching = await watched(startTls ? url : ldapsUrl);
    await company.reach({ urls: [watching.url], startTls });
    expect(await company.synchronise()).toMatchObject({ state: 'APPLIED' });
    expect(await signIn()).toBe(companyUserId(7));
    expect(await company.standing()).toEqual(before);
    expectNoPasswordSent({ connections: watching.connections, sent: watching.sent() });
  });

  it('is asked for again after every loss of a connection: nothing ever follows unencrypted', async () => {
    const watching = await watched(company.slapd.url);
    await company.reach({ urls: [watching.url], startTls: true });
    for (let time = 0; time < 3; time++) {
      expect(await signIn()).toBe(companyUserId(7));
      watching.cut();
      expect(await company.synchronise()).toMatchObject({ state: 'APPLIED' });
      await company.slapd.restart();
    }
    expectNoPasswordSent({ connections: watching.connections, sent: watching.sent() });
  });

  it('is no help where LDAP_CA_FILE names another authority', async () => {
    const { foreign } = await testCertificates();
    const { ldapsUrl = '' } = company.slapd;
    await expectUntrusted({ urls: [ldapsUrl], caFile: foreign.caFile }, 'LDAP_CA_FILE must hold');
    await expectUntrusted({ urls: [ldapsUrl], caFile: undefined }, 'in LDAP_CA_FILE');
  });
});

describe('a server without TLS', () => {
  let plain: RunningSlapd;
  beforeAll(async () => {
    plain = await startSlapd({ tls: false, ldif: LIE });
  });
  afterAll(() => plain?.stop());

  it('is told no password where StartTLS is asked for', async () => {
    const watching = await watched(plain.url);
    await expectUntrusted({ urls: [watching.url], startTls: true }, 'does not offer StartTLS');
    expectNoPasswordSent({ connections: watching.connections, sent: watching.sent() });
  });

  it('is told no password where LDAPS is asked for', async () => {
    const watching = await watched(plain.url);
    await expectUntrusted({ urls: [watching.url.replace('ldap:', 'ldaps:')] }, 'TLS');
    expectNoPasswordSent({ connections: watching.connections, sent: watching.sent() });
  });
});
