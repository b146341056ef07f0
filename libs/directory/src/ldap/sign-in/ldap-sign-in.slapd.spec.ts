import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import { Attribute, Change } from 'ldapts';
import { startSlapd, tcpProxy, type RunningSlapd, type TcpProxy } from '../../../../../test/harness/index.js';
import { settingsFor } from '../../../test/ldap-settings.js';
import { LdapFault } from '../connection/ldap-faults.js';
import { LdapSource } from '../ldap-source.js';

// Each is a uid in the directory, and a value in a DN there.
const STRANGE_NAMES = [
  'o, reilly',
  'a*b',
  '(x)',
  'back\\slash',
  '#hash',
  'plus+sign=equals',
  '"quoted"',
  '<less>;more',
  'ümläut 漢字',
  'emoji🦆',
  'x'.repeat(200),
];
const ADA = { id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01', username: 'ada', enabled: true };
const PASSWORD = 'right-password';

// Nobody listens there, and no port that is given out is ever this one.
const DOWN = 'ldap://127.0.0.1:1';

let slapd: RunningSlapd;
let proxy: TcpProxy;
let source: LdapSource;
const ends: (() => Promise<void>)[] = [];

function sourceOf(changed: Partial<LdapSettings> = {}): LdapSource {
  const made = new LdapSource(settingsFor(slapd, { startTls: false, ...changed }));
  ends.push(() => made.close());
  return made;
}

/** How a sign-in that nobody can decide fails. */
async function failure(
  signingIn: Promise<unknown>,
): Promise<{ code: string; message: string; cause: unknown }> {
  return signingIn.then(
    (user) => Promise.reject(new Error(`It was decided: ${user === undefined ? 'refused' : 'accepted'}.`)),
    (problem: { code: string; message: string; cause: unknown }) => problem,
  );
}

beforeAll(async () => {
  slapd = await startSlapd({ people: 'demo' });
  const admin = await slapd.admin();
  const person = (uid: string) => ({
    objectClass: 'inetOrgPerson',
    uid,
    cn: 'x',
    sn: 'x',
    userPassword: PASSWORD,
  });
  const add = (dn: string, uid: string) => admin.add(dn, person(uid));
  for (const uid of STRANGE_NAMES) await add(`uid=${escaped(uid)},${slapd.userBase}`, uid);
  for (const branch of ['one', 'other']) {
    await admin.add(`ou=${branch},${slapd.userBase}`, { objectClass: 'organizationalUnit', ou: branch });
    await add(`uid=twin,ou=${branch},${slapd.userBase}`, 'twin');
  }
  await add(`uid=ｗｉｄｅ,ou=one,${slapd.userBase}`, 'ｗｉｄｅ');
  await add(`uid=wide,${slapd.userBase}`, 'wide');
  // Both are left out by LDAP_USER_FILTER, one of them under a name that a user has.
  for (const uid of ['printer', 'grace'])
    await admin.add(`cn=${uid},${slapd.userBase}`, {
      objectClass: ['applicationProcess', 'simpleSecurityObject', 'uidObject'],
      cn: uid,
      uid,
      userPassword: PASSWORD,
    });
  await admin.unbind();
});
beforeEach(async () => {
  proxy = await tcpProxy(slapd.url);
  ends.push(() => proxy.close());
  source = sourceOf({ urls: [proxy.url] });
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
afterAll(() => slapd.stop());

describe('who signs in', () => {
  it('is read anew from the directory', async () => {
    const expected = { ...ADA, displayName: 'Ada Lovelace', email: 'ada@demo.example' };
    expect(await source.authenticate('ada', 'ada-demo')).toEqual(expected);
  });

  it.each(['ADA', ' ada ', 'a\u00adda', 'ａｄａ'])(
    'is the same under another spelling of the name: %p',
    async (name) => {
      expect(await source.authenticate(name, 'ada-demo')).toMatchObject(ADA);
    },
  );

  it.each(STRANGE_NAMES)('may be called what would mean something to a filter or a DN: %p', async (name) => {
    expect(await source.authenticate(name, PASSWORD)).toMatchObject({ username: name });
    expect(await source.authenticate(name, 'wrong')).toBeUndefined();
  });

  it('is the only one of this name among users, whatever else has it', async () => {
    expect(await source.authenticate('grace', 'grace-demo')).toMatchObject({ username: 'grace' });
    expect(await source.authenticate('grace', PASSWORD)).toBeUndefined();
  });

  it('works by StartTLS and LDAPS', async () => {
    expect(await sourceOf({ startTls: true }).authenticate('ada', 'ada-demo')).toMatchObject(ADA);
    expect(await sourceOf({ urls: [slapd.ldapsUrl!] }).authenticate('ada', 'ada-demo')).toMatchObject(ADA);
  });
});

describe('who is refused', () => {
  it('has a password that must be changed first, though OpenLDAP takes it for that', async () => {
    const admin = await slapd.admin();
    const set = (dn: string, type: string, value: string) =>
      admin.modify(
        dn,
        new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }),
      );
    await set(`cn=policy,${slapd.suffix}`, 'pwdMustChange', 'TRUE');
    await set(`uid=grace,${slapd.userBase}`, 'pwdReset', 'TRUE');
    expect(await source.authenticate('grace', 'grace-demo')).toBeUndefined();
    await set(`uid=grace,${slapd.userBase}`, 'pwdReset', 'FALSE');
    expect(await source.authenticate('grace', 'grace-demo')).toMatchObject({ username: 'grace' });
    await admin.unbind();
  });

  it.each([
    ['a wrong password', 'ada', 'grace-demo'],
    ['the right one and a space', 'ada', 'ada-demo '],
    ['the right one in other letters', 'ada', 'ADA-demo'],
    ['an unknown name', 'nobody', 'ada-demo'],
    ['who is disabled', 'barbara', 'barbara-demo'],
    ['who is disabled, with a wrong password', 'barbara', 'x'],
    ['a name that two entries have', 'twin', PASSWORD],
    ['a name that two entries have in two spellings', 'wide', PASSWORD],
    ['the other spelling of it', 'ｗｉｄｅ', PASSWORD],
    ['what LDAP_USER_FILTER leaves out', 'printer', PASSWORD],
    ['a DN', 'uid=ada,ou=people,dc=demo,dc=example', 'ada-demo'],
    ['a name in Cyrillic that looks alike', 'аdа', 'ada-demo'],
    ['a wildcard', '*', 'ada-demo'],
    ['part of a name and a wildcard', 'ad*', 'ada-demo'],
    ['an end of the filter', 'ada)(uid=*', 'ada-demo'],
    ['a filter', '*)(|(objectClass=*', 'ada-demo'],
    ['an escape', '\\61da', 'ada-demo'],
    ['a NUL at the end', 'ada\0', 'ada-demo'],
    ['a NUL', '\0', 'ada-demo'],
    ['half a character', 'ada\ud83e', 'ada-demo'],
    ['nothing', '', 'ada-demo'],
    ['what nobody sees', '\u00ad\u200b', 'ada-demo'],
    ['10,000 characters', 'a'.repeat(10_000), 'ada-demo'],
    ['a password of 10,000 characters', 'ada', 'a'.repeat(10_000)],
    ['a password that begins with a NUL', 'ada', '\0'],
    ['a password that ends with one', 'ada', 'ada-demo\0'],
  ])('%s', async (_, name, password) => {
    expect(await source.authenticate(name, password)).toBeUndefined();
  });

  it('an empty password, which reaches nobody', async () => {
    expect(await source.authenticate('ada', '')).toBeUndefined();
    expect(await source.authenticate('nobody', '')).toBeUndefined();
    expect(proxy.connections).toBe(0);
  });

  it('with the same work: a bind on a connection of its own, whatever the reason', async () => {
    expect(await source.authenticate('ada', 'ada-demo')).toBeDefined();
    for (const [name, password] of [
      ['ada', 'wrong'],
      ['nobody', 'wrong'],
      ['twin', PASSWORD],
      ['barbara', 'wrong'],
      ['', 'x'],
    ] as const) {
      const before = proxy.connections;
      expect(await source.authenticate(name, password)).toBeUndefined();
      expect(proxy.connections - before).toBe(1);
    }
  });

  it('in the same time, whatever the reason', async () => {
    const cases = { wrong: 'ada', unknown: randomUUID(), twice: 'twin', disabled: 'barbara' };
    const times = Object.fromEntries(Object.keys(cases).map((name) => [name, [] as number[]]));
    for (let round = 0; round < 110; round += 1) {
      for (const [name, username] of Object.entries(cases)) {
        const begun = performance.now();
        expect(await source.authenticate(username, 'not-the-password')).toBeUndefined();
        if (round >= 10) times[name]?.push(performance.now() - begun);
      }
    }
    const medians = Object.values(times).map((all) => all.toSorted((a, b) => a - b)[all.length / 2] ?? 0);
    // Without the bind of a name that nobody has it would be more than 2.
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(1.6);
  });
});

describe('a sign-in that nobody can decide', () => {
  it('is never a wrong password: the server is down', async () => {
    const down = sourceOf({ urls: [DOWN] });
    const { code, message, cause } = await failure(down.authenticate('ada', 'ada-demo'));
    expect(code).toBe('DIRECTORY_UNAVAILABLE');
    expect(message).not.toContain('127.0.0.1');
    expect(cause).toBeInstanceOf(LdapFault);
  });

  it.each([
    ['LDAP_BIND_DN is not let in', { bindPassword: 'wrong-secret' }],
    ['LDAP_USER_BASE is not there', { userBase: 'ou=nowhere,dc=demo,dc=example' }],
    ['the certificate is not to be trusted', { startTls: true, caFile: undefined }],
  ] as const)('nor here: %s', async (_, changed) => {
    const problem = await failure(sourceOf(changed).authenticate('ada', 'secret-of-ada'));
    expect(problem.code).toBe('DIRECTORY_UNAVAILABLE');
    const shown = [problem, problem.cause].map((error) => JSON.stringify(error) + (error as Error).stack);
    expect(shown.join()).not.toContain('secret');
  });

  it('ends within five seconds, however many servers hang', async () => {
    const hanging = await Promise.all(Array.from({ length: 3 }, () => tcpProxy(slapd.url, { hangs: true })));
    ends.push(...hanging.map((one) => () => one.close()));
    const on = sourceOf({ urls: hanging.map(({ url }) => url) });
    const begun = performance.now();
    expect(await failure(on.authenticate('ada', 'ada-demo'))).toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('ends within five seconds where the server is too slow', async () => {
    proxy.faults.delayMs = 1_500;
    const begun = performance.now();
    expect(await failure(source.authenticate('ada', 'ada-demo'))).toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('ends at once where too many sign in at the same time; the others get their turn', async () => {
    const all = Array.from({ length: 150 }, () => source.authenticate('ada', 'ada-demo'));
    const results = await Promise.allSettled(all);
    // Eight at once, and a hundred who wait; on a slow machine some of these may wait for longer than they may.
    const accepted = results.filter(({ status }) => status === 'fulfilled');
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(150 - 108);
    expect(accepted.length).toBeGreaterThan(8);
    for (const one of accepted) expect(one).toMatchObject({ value: ADA });
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'DIRECTORY_UNAVAILABLE' } });
  });

  it('is one at a source that was closed', async () => {
    expect(await source.authenticate('ada', 'ada-demo')).toBeDefined();
    await source.close();
    expect(await failure(source.authenticate('ada', 'ada-demo'))).toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
  });
});

/** A value as it stands in a DN (RFC 4514, 2.4): what means something there by its code. */
function escaped(value: string): string {
  return value.replace(/[,+"\\<>;=#]/g, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
