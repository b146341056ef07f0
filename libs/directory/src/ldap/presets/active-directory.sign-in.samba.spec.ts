import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import { Client } from 'ldapts';
import { startSamba, tcpProxy } from '../../../../../test/harness/index.js';
import { ACCOUNT, addPerson, passwordOf, replace } from '../../../test/active-directory.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import { directoryForSpecs } from '../../../test/started-directory.js';
import { LdapSource } from '../ldap-source.js';

const STAFF = 'OU=Staff,DC=tw,DC=test';
const LONG_AGO = '125911584000000000'; // 1 January 2000, in steps of 100 ns since 1601
const MOST_FAILURES = 3;

const directory = directoryForSpecs(startSamba);
const { ends } = directory;

function sourceOf(changed: Partial<LdapSettings> = {}): LdapSource {
  const settings = settingsFor(directory.server, { schema: 'active-directory', userBase: STAFF, ...changed });
  const made = new LdapSource(settings);
  ends.push(() => made.close());
  return made;
}

const dnOf = (name: string) => `CN=${name},${STAFF}`;

beforeAll(async () => {
  await replace(directory.admin, directory.server.suffix, 'lockoutThreshold', String(MOST_FAILURES));
  await directory.admin.add(STAFF, { objectClass: 'organizationalUnit' });
  await addPerson(directory.admin, dnOf('Ada Lovelace'), 'ada', {
    displayName: 'Ada Lovelace',
    mail: 'ada@tw.test',
    userPrincipalName: 'ada@tw.test',
  });
  await addPerson(directory.admin, `CN=Hopper\\, Gräce (\\"x\\") *,${STAFF}`, 'gräce');
  await addPerson(directory.admin, dnOf('Disabled'), 'disabled', {
    userAccountControl: String(ACCOUNT.disabled),
  });
  await addPerson(directory.admin, dnOf('Expired'), 'expired', { accountExpires: LONG_AGO });
  await addPerson(directory.admin, dnOf('Must change'), 'must-change');
  await replace(directory.admin, dnOf('Must change'), 'pwdLastSet', '0');
  await addPerson(directory.admin, dnOf('Locked out'), 'locked-out');
});

/** What the server says to a DN and a password. */
async function answerTo(dn: string, password: string): Promise<string> {
  const { ldapsUrl = '' } = directory.server;
  const client = new Client({ url: ldapsUrl, tlsOptions: { rejectUnauthorized: false }, timeout: 5_000 });
  try {
    await client.bind(dn, password);
    return 'accepted';
  } catch (error) {
    return String(error);
  } finally {
    await client.unbind();
  }
}

describe('who signs in at an Active Directory', () => {
  it.each([
    ['StartTLS', () => ({})],
    ['LDAPS', () => ({ urls: [directory.server.ldapsUrl ?? ''], startTls: false })],
  ])('is the user of the sAMAccountName, by %s', async (_name, settings) => {
    const ada = await sourceOf(settings()).authenticate('ADA', passwordOf('ada'));
    expect(ada).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      username: 'ada',
      displayName: 'Ada Lovelace',
      email: 'ada@tw.test',
      enabled: true,
    });
  });

  it('may have a name and a DN that would mean something to a filter', async () => {
    const found = await sourceOf().authenticate('gräce', passwordOf('gräce'));
    expect(found).toMatchObject({ username: 'gräce' });
  });

  it('is found in the whole domain, though the domain refers to its other partitions', async () => {
    const source = sourceOf({ userBase: directory.server.suffix });
    expect(await source.authenticate('ada', passwordOf('ada'))).toMatchObject({ username: 'ada' });
  });

  it('has the name that is the entry’s now', async () => {
    const source = sourceOf();
    const before = await source.authenticate('gräce', passwordOf('gräce'));
    const dn = `CN=Hopper\\, Gräce (\\"x\\") *,${STAFF}`;
    await replace(directory.admin, dn, 'sAMAccountName', 'hopper');
    expect(await source.authenticate('gräce', passwordOf('gräce'))).toBeUndefined();
    const after = await source.authenticate('hopper', passwordOf('gräce'));
    expect(after).toEqual({ ...before, username: 'hopper', displayName: 'hopper' });
    await replace(directory.admin, dn, 'sAMAccountName', 'gräce');
  });
});

describe('who is refused by an Active Directory', () => {
  // All of these are result 49 there, and only the server's text tells them apart: it must lead nowhere.
  it.each([
    ['disabled', '533', 'disabled'],
    ['expired', '701', 'expired'],
    ['must-change', '773', 'Must change'],
  ])('comes with the right password and is %s', async (username, data, commonName) => {
    expect(await answerTo(dnOf(commonName), passwordOf(username))).toContain(`data ${data}`);
    expect(await sourceOf().authenticate(username, passwordOf(username))).toBeUndefined();
    expect(await sourceOf().authenticate(username, 'wrong')).toBeUndefined();
  });

  it.each([
    ['a wrong password', 'ada', 'wrong'],
    ['a password in other letters', 'ada', passwordOf('ADA')],
    ['no password', 'ada', ''],
    ['a password that is a NUL', 'ada', '\0'],
    ['an unknown name', 'nobody', passwordOf('ada')],
    ['a principal name, which is no sAMAccountName', 'ada@tw.test', passwordOf('ada')],
    ['a name with its domain', 'TW\\ada', passwordOf('ada')],
    ['a DN', dnOf('Ada Lovelace'), passwordOf('ada')],
    ['a name with a star', 'ad*', passwordOf('ada')],
    ['the name of somebody outside of the base', 'Administrator', 'Passw0rd-Admin1'],
  ])('comes with %s', async (_what, username, password) => {
    expect(await sourceOf().authenticate(username, password)).toBeUndefined();
  });

  it('is locked out, whatever the password', async () => {
    const source = sourceOf();
    for (let failed = 0; failed < MOST_FAILURES; failed++)
      expect(await source.authenticate('locked-out', 'wrong')).toBeUndefined();
    expect(await answerTo(dnOf('Locked out'), passwordOf('locked-out'))).toContain('data 775');
    expect(await source.authenticate('locked-out', passwordOf('locked-out'))).toBeUndefined();
    await replace(directory.admin, dnOf('Locked out'), 'lockoutTime', '0');
    expect(await source.authenticate('locked-out', passwordOf('locked-out'))).toBeDefined();
  });
});

describe('an Active Directory that wants encryption', () => {
  it('is unavailable without it, and nobody’s password was wrong', async () => {
    const proxy = await tcpProxy(directory.server.url);
    ends.push(() => proxy.close());
    const source = sourceOf({ urls: [proxy.url], startTls: false });
    const signingIn = source.authenticate('ada', passwordOf('ada'));
    await expect(signingIn).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
      message: expect.not.stringMatching(/ldap|encrypt|strong/i),
    });
    expect(proxy.sent().includes(passwordOf('ada'))).toBe(false);
  });

  it('tells an operator what would be right', async () => {
    const answer = await sourceOf({ startTls: false }).readAll();
    expect(answer).toEqual({ whole: false, reasons: [expect.stringContaining('set LDAP_START_TLS=true')] });
  });
});

describe('a reader that an Active Directory does not let in', () => {
  it.each([
    ['its password is wrong', { bindPassword: 'wrong' }],
    ['it is disabled', { bindDn: dnOf('Disabled'), bindPassword: passwordOf('disabled') }],
    ['its password has run out', { bindDn: dnOf('Must change'), bindPassword: passwordOf('must-change') }],
  ])('makes the directory unavailable: %s', async (_why, changed) => {
    const source = sourceOf(changed);
    await expect(source.authenticate('ada', passwordOf('ada'))).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    const answer = await source.readAll();
    expect(answer).toEqual({ whole: false, reasons: [expect.stringContaining('LDAP_BIND_PASSWORD')] });
  });
});
