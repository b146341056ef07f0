import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Attribute, Change, type Client } from 'ldapts';
import { startDirsrv, tcpProxy, type RunningDirectory } from '../../../../test/harness/index.js';
import { settingsFor } from '../../test/ldap-settings.js';
import { LdapSource } from './ldap-source.js';

const PASSWORD = 'right-password';

let directory: RunningDirectory;
let source: LdapSource;
let admin: Client;

const set = (dn: string, type: string, value: string) =>
  admin.modify(
    dn,
    new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }),
  );

/** Somebody with a password, as an administrator makes them. */
async function make(uid: string): Promise<string> {
  const dn = `uid=${uid},${directory.userBase}`;
  await admin.add(dn, { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, userPassword: PASSWORD });
  return dn;
}

beforeAll(async () => {
  directory = await startDirsrv();
  admin = await directory.admin();
  // What our own refusal of an empty password is proved by: this server would take it for nobody's, and say yes.
  await set('cn=config', 'nsslapd-allow-unauthenticated-binds', 'on');
  await set('cn=config', 'passwordLockout', 'on');
  await set('cn=config', 'passwordMaxFailure', '3');
  for (const uid of ['ada', 'edsger']) await make(uid);
  await set(await make('barbara'), 'nsAccountLock', 'true');
  source = new LdapSource(settingsFor(directory, { schema: '389ds' }));
}, 120_000);
afterAll(async () => {
  await source.close();
  await admin.unbind();
  await directory.stop();
});

describe('signing in by 389 Directory Server', () => {
  it('gives the id that stays when the entry is renamed', async () => {
    const ada = await source.authenticate('Ada', PASSWORD);
    expect(ada).toMatchObject({
      username: 'ada',
      enabled: true,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const [old, renamed] = [`uid=ada,${directory.userBase}`, `uid=countess,${directory.userBase}`];
    await admin.modifyDN(old, 'uid=countess');
    expect(await source.authenticate('ada', PASSWORD)).toBeUndefined();
    expect(await source.authenticate('countess', PASSWORD)).toMatchObject({ id: ada?.id });
    await admin.modifyDN(renamed, 'uid=ada');
  });

  it.each([
    ['a wrong password', 'ada', 'wrong'],
    ['an unknown name', 'nobody', PASSWORD],
    ['who is inactivated', 'barbara', PASSWORD],
    ['who is inactivated, with a wrong password', 'barbara', 'wrong'],
    ['who has no password', 'user0001', 'x'],
  ])('refuses %s', async (_, name, password) => {
    expect(await source.authenticate(name, password)).toBeUndefined();
  });

  it('refuses who failed too often, the right password as well, and says no more than that', async () => {
    for (let tried = 0; tried < 4; tried += 1)
      expect(await source.authenticate('edsger', 'wrong')).toBeUndefined();
    expect(await source.authenticate('edsger', PASSWORD)).toBeUndefined();
  });

  it('sends no empty password, which this server would accept as nobody', async () => {
    await expect(admin.bind(`uid=user0002,${directory.userBase}`, '')).resolves.toBeUndefined();
    await admin.bind(directory.adminDn, directory.adminPassword);
    const proxy = await tcpProxy(directory.url);
    const over = new LdapSource(settingsFor(directory, { schema: '389ds', urls: [proxy.url] }));
    for (const password of ['', '\0', '\0x'])
      expect(await over.authenticate('ada', password)).toBeUndefined();
    expect(await over.authenticate('ada', '')).toBeUndefined();
    await over.close();
    await proxy.close();
  });

  it('takes as long to refuse whom it does not know as whom it does, though it hashes for these alone', async () => {
    // Two whom nothing locks: a locked one would be refused without a comparison.
    await set('cn=config', 'passwordLockout', 'off');
    const times: Record<string, number[]> = { ada: [], nobody: [], barbara: [] };
    for (let round = 0; round < 50; round += 1) {
      for (const [name, taken] of Object.entries(times)) {
        const begun = performance.now();
        expect(await source.authenticate(name, 'wrong')).toBeUndefined();
        if (round >= 10) taken.push(performance.now() - begun);
      }
    }
    const [known, unknown, locked] = Object.values(times).map(
      (taken) => taken.toSorted((a, b) => a - b)[taken.length / 2] ?? 0,
    ) as [number, number, number];
    for (const other of [unknown, locked]) {
      expect(other / known).toBeGreaterThan(0.5);
      expect(other / known).toBeLessThan(2);
    }
  });
});
