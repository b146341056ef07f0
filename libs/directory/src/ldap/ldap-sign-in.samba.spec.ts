import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Attribute, Change, type Client } from 'ldapts';
import { startSamba, type RunningDirectory } from '../../../../test/harness/index.js';
import { settingsFor } from '../../test/ldap-settings.js';
import { LdapSource } from './ldap-source.js';

const PASSWORD = 'Passw0rd-Right1';
const ENABLED = '512';
const DISABLED = '514';

let directory: RunningDirectory;
let source: LdapSource;
let admin: Client;

const set = (dn: string, type: string, value: string | Buffer) =>
  admin.modify(
    dn,
    new Change({
      operation: 'replace',
      modification: new Attribute({ type, values: [value] as string[] | Buffer[] }),
    }),
  );

/** Somebody with a password, as an administrator makes them. */
async function make(cn: string, sAMAccountName: string, control = ENABLED): Promise<string> {
  const dn = `CN=${cn},${directory.userBase}`;
  await admin.add(dn, { objectClass: ['top', 'person', 'organizationalPerson', 'user'], sAMAccountName });
  await set(dn, 'unicodePwd', Buffer.from(`"${PASSWORD}"`, 'utf16le'));
  await set(dn, 'userAccountControl', control);
  return dn;
}

beforeAll(async () => {
  directory = await startSamba();
  admin = await directory.admin();
  await make('Lovelace\\, Ada (*)', 'ada');
  await make('Barbara', 'barbara', DISABLED);
  await set(await make('Edsger', 'edsger'), 'accountExpires', '1');
  await set(await make('Grace', 'grace'), 'pwdLastSet', '0');
  source = new LdapSource(settingsFor(directory, { schema: 'active-directory' }));
}, 120_000);
afterAll(async () => {
  await source.close();
  await admin.unbind();
  await directory.stop();
});

describe('signing in by Active Directory', () => {
  it('is by sAMAccountName, whatever is in the DN, and gives the id that stays', async () => {
    const ada = await source.authenticate('ADA', PASSWORD);
    expect(ada).toMatchObject({
      username: 'ada',
      enabled: true,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await admin.modifyDN(`CN=Lovelace\\, Ada (*),${directory.userBase}`, 'CN=Ada');
    expect(await source.authenticate('ada', PASSWORD)).toEqual(ada);
  });

  it.each([
    ['a wrong password', 'ada', 'Passw0rd-Wrong1'],
    ['an unknown name', 'nobody', PASSWORD],
    ['another form of the name', 'ada@tw.test', PASSWORD],
    ['another form of the name', 'TW\\ada', PASSWORD],
    ['who is disabled', 'barbara', PASSWORD],
    ['whose account is over', 'edsger', PASSWORD],
    ['whose password must be changed', 'grace', PASSWORD],
    ['who has no password', 'user0001', 'x'],
    ['an empty password', 'ada', ''],
  ])('refuses %s (%s)', async (_, name, password) => {
    expect(await source.authenticate(name, password)).toBeUndefined();
  });

  it('works from the root of the domain, where it refers to its own configuration', async () => {
    const { suffix } = directory;
    const changed = { schema: 'active-directory', userBase: suffix, groupBase: suffix } as const;
    const whole = new LdapSource(settingsFor(directory, changed));
    expect(await whole.authenticate('ada', PASSWORD)).toMatchObject({ username: 'ada' });
    expect(await whole.authenticate('barbara', PASSWORD)).toBeUndefined();
    expect(await whole.readAll()).toMatchObject({ whole: true });
    await whole.close();
  });

  it('works by LDAPS, and says what it wants where nothing is encrypted', async () => {
    const settings = settingsFor(directory, { schema: 'active-directory', startTls: false });
    const secured = new LdapSource({ ...settings, urls: [directory.ldapsUrl!] });
    expect(await secured.authenticate('ada', PASSWORD)).toMatchObject({ username: 'ada' });
    await secured.close();

    const plain = new LdapSource(settings);
    const reasons = [expect.stringContaining('LDAP_START_TLS=true')];
    expect(await plain.readAll()).toEqual({ whole: false, reasons });
    await expect(plain.authenticate('ada', PASSWORD)).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    await plain.close();
  });
});
