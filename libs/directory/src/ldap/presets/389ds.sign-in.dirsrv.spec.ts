import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import { Attribute, Change, Client } from 'ldapts';
import { startDirsrv, tcpProxy } from '../../../../../test/harness/index.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import { directoryForSpecs } from '../../../test/started-directory.js';
import { LdapSource } from '../ldap-source.js';

const STAFF = 'ou=staff,dc=tw,dc=test';
const MOST_FAILURES = 3;
const PASSWORD = 'right-password';

const directory = directoryForSpecs(startDirsrv);
const { ends } = directory;

function sourceOf(changed: Partial<LdapSettings> = {}): LdapSource {
  const made = new LdapSource(
    settingsFor(directory.server, { schema: '389ds', userBase: STAFF, ...changed }),
  );
  ends.push(() => made.close());
  return made;
}

const dnOf = (uid: string) => `uid=${uid},${STAFF}`;

async function set(dn: string, type: string, ...values: readonly string[]): Promise<void> {
  const modification = new Attribute({ type, values: [...values] });
  await directory.admin.modify(dn, new Change({ operation: 'replace', modification }));
}

/** For one test: the server's configuration is as it was afterwards. */
async function configured(type: string, value: string, before: string): Promise<void> {
  await set('cn=config', type, value);
  ends.push(() => set('cn=config', type, before));
}

async function addPerson(uid: string): Promise<void> {
  const person = { objectClass: 'inetOrgPerson', uid, cn: `The ${uid}`, sn: 'x', userPassword: PASSWORD };
  await directory.admin.add(dnOf(uid), { ...person, mail: `${uid}@tw.test` });
}

beforeAll(async () => {
  await directory.admin.add(STAFF, { objectClass: 'organizationalUnit' });
  for (const uid of ['ada', 'disabled', 'locked-out', 'run-out', 'must-change']) await addPerson(uid);
  await set(dnOf('disabled'), 'nsAccountLock', 'true');
  await directory.admin.add(dnOf('without-password'), {
    objectClass: 'inetOrgPerson',
    uid: 'without-password',
    cn: 'x',
    sn: 'x',
  });
});

/** The result code of a bind, and the server's words. */
async function answerTo(dn: string, password: string): Promise<{ code: number; words: string }> {
  const client = new Client({ url: directory.server.url, timeout: 5_000 });
  try {
    await client.bind(dn, password);
    return { code: 0, words: '' };
  } catch (error) {
    const { code, message } = error as { code: number; message: string };
    return { code, words: message };
  } finally {
    await client.unbind();
  }
}

describe('who signs in at a 389 Directory Server', () => {
  it.each([
    ['without encryption', () => ({ startTls: false })],
    ['by StartTLS', () => ({})],
    ['by LDAPS', () => ({ urls: [directory.server.ldapsUrl ?? ''], startTls: false })],
  ])('is the user of the uid, %s', async (_name, settings) => {
    expect(await sourceOf(settings()).authenticate('ADA', PASSWORD)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      username: 'ada',
      displayName: 'The ada',
      email: 'ada@tw.test',
      enabled: true,
    });
  });
});

describe('who is refused by a 389 Directory Server', () => {
  it.each([
    ['a wrong password', 'ada', 'wrong'],
    ['an unknown name', 'nobody', PASSWORD],
    ['a DN', dnOf('ada'), PASSWORD],
    ['a name with a star', 'ad*', PASSWORD],
    ['the name of somebody without a password', 'without-password', PASSWORD],
  ])('comes with %s', async (_what, username, password) => {
    expect(await sourceOf().authenticate(username, password)).toBeUndefined();
  });

  it('is disabled, with the right password as with a wrong one', async () => {
    const answers = [await answerTo(dnOf('disabled'), PASSWORD), await answerTo(dnOf('disabled'), 'wrong')];
    expect(answers.map(({ code }) => code)).toEqual([53, 53]);
    expect(await sourceOf().authenticate('disabled', PASSWORD)).toBeUndefined();
    expect(await sourceOf().authenticate('disabled', 'wrong')).toBeUndefined();
  });

  it('is locked out, whatever the password', async () => {
    await configured('passwordLockout', 'on', 'off');
    await configured('passwordMaxFailure', String(MOST_FAILURES), '3');
    const source = sourceOf();
    for (let failed = 0; failed < MOST_FAILURES; failed++)
      expect(await source.authenticate('locked-out', 'wrong')).toBeUndefined();
    expect(await answerTo(dnOf('locked-out'), PASSWORD)).toMatchObject({ code: 19 });
    expect(await source.authenticate('locked-out', PASSWORD)).toBeUndefined();
    const everybody = await source.readAll();
    const locked = everybody.whole && everybody.users.find(({ username }) => username === 'locked-out');
    expect(locked).toMatchObject({ enabled: true }); // it ends by itself
  });

  it('has a password that has run out', async () => {
    await configured('passwordExp', 'on', 'off');
    await set(dnOf('run-out'), 'passwordExpirationTime', '20000101000000Z');
    expect(await answerTo(dnOf('run-out'), PASSWORD)).toMatchObject({ code: 49 });
    expect(await sourceOf().authenticate('run-out', PASSWORD)).toBeUndefined();
  });

  it('has a password that must be changed first, though the server takes it for that', async () => {
    await configured('passwordMustChange', 'on', 'off');
    await set(dnOf('must-change'), 'userPassword', PASSWORD);
    expect(await answerTo(dnOf('must-change'), PASSWORD)).toMatchObject({ code: 0 });
    expect(await sourceOf().authenticate('must-change', PASSWORD)).toBeUndefined();
  });
});

describe('an empty password', () => {
  it('is never shown to a 389 Directory Server that takes it for nobody’s', async () => {
    await configured('nsslapd-allow-unauthenticated-binds', 'on', 'off');
    expect(await answerTo(dnOf('ada'), '')).toMatchObject({ code: 0 }); // it would be a sign-in
    const proxy = await tcpProxy(directory.server.url);
    ends.push(() => proxy.close());
    expect(await sourceOf({ urls: [proxy.url] }).authenticate('ada', '')).toBeUndefined();
    expect(proxy.connections).toBe(0);
  });
});

describe('a 389 Directory Server that wants encryption', () => {
  it('is unavailable without it, and nobody’s password was wrong', async () => {
    await configured('nsslapd-require-secure-binds', 'on', 'off');
    const source = sourceOf({ startTls: false });
    await expect(source.authenticate('ada', PASSWORD)).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
      message: expect.not.stringMatching(/ldap|encrypt|confidential/i),
    });
    const answer = await source.readAll();
    expect(answer).toEqual({ whole: false, reasons: [expect.stringContaining('set LDAP_START_TLS=true')] });
    expect(await sourceOf().authenticate('ada', PASSWORD)).toMatchObject({ username: 'ada' });
  });
});

describe('a reader that a 389 Directory Server does not let in', () => {
  it.each([
    ['its password is wrong', { bindPassword: 'wrong' }, 'LDAP_BIND_PASSWORD'],
    ['it is disabled', { bindDn: dnOf('disabled'), bindPassword: PASSWORD }, 'LDAP_BIND_DN may not sign in'],
    [
      'there is no such entry',
      { bindDn: dnOf('nobody') },
      'LDAP_BIND_DN and LDAP_BIND_PASSWORD are not accepted',
    ],
  ])('makes the directory unavailable: %s', async (_why, changed, words) => {
    const source = sourceOf(changed);
    await expect(source.authenticate('ada', PASSWORD)).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    const answer = await source.readAll();
    expect(answer).toEqual({ whole: false, reasons: [expect.stringContaining(words)] });
  });
});
