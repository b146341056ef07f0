import { setTimeout as wait } from 'node:timers/promises';
import { Attribute, Change, Client } from 'ldapts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { companyUserId } from '../../harness/index.js';
import { Company, type Standing } from './company.js';

const NAME = 'user000007';
const FOR_EVER = '000001010000Z';

let company: Company;
let before: Standing;
let dn: string;
beforeEach(async () => {
  company = await Company.open();
  before = await company.standing();
  dn = `uid=${NAME},${company.slapd.userBase}`;
});
afterEach(() => company?.close());

async function apply() {
  const synchronised = await company.synchronise();
  expect(synchronised).toMatchObject({ state: 'APPLIED' });
  return synchronised.state === 'APPLIED' ? synchronised : undefined;
}

/** Waits until refint has made the groups follow, which it does behind the answer. */
async function untilGroupsName(memberDn: string, count: number): Promise<void> {
  await company.change(async (admin) => {
    const named = async () =>
      (await admin.search(company.slapd.groupBase, { filter: `(member=${memberDn})`, attributes: ['cn'] }))
        .searchEntries.length;
    while ((await named()) !== count) await wait(5);
  });
}

const setLock = (values: readonly string[]) =>
  company.change((admin) => {
    const modification = new Attribute({ type: 'pwdAccountLockedTime', values: [...values] });
    return admin.modify(dn, new Change({ operation: 'replace', modification }));
  });

/** The tokens as before, but that of the one user. */
const without = () => ({ ...before.tokens, [NAME]: 'inactive' });

describe('a user who is renamed', () => {
  it('is the same one under the new name, with all that they had', async () => {
    await company.change((admin) => admin.modifyDN(dn, 'uid=renamed'));
    await untilGroupsName(`uid=renamed,${company.slapd.userBase}`, 2);
    expect((await apply())?.changes.users).toMatchObject([{ id: companyUserId(7), action: 'updated' }]);
    expect(await company.tokens()).toEqual(before.tokens);
    expect(await company.signIn('renamed', NAME)).toBe(companyUserId(7));
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
  });

  it('to the name that somebody else had is still not that one', async () => {
    await company.change(async (admin) => {
      await admin.modifyDN(`uid=user000008,${company.slapd.userBase}`, 'uid=left');
      await admin.modifyDN(dn, 'uid=user000008');
    });
    await untilGroupsName(`uid=user000008,${company.slapd.userBase}`, 2);
    await untilGroupsName(`uid=left,${company.slapd.userBase}`, 2);
    await apply();
    expect(await company.tokens()).toEqual(before.tokens);
    expect(await company.signIn('user000008', NAME)).toBe(companyUserId(7));
  });
});

describe('a user who is moved', () => {
  const old = () => `ou=old,${company.slapd.userBase}`;

  it('below the base is the same one', async () => {
    await company.change(async (admin) => {
      await admin.add(old(), { objectClass: 'organizationalUnit' });
      await admin.modifyDN(dn, `uid=${NAME},${old()}`);
    });
    await untilGroupsName(`uid=${NAME},${old()}`, 2);
    expect((await apply())?.changes).toEqual({ users: [], groups: [] });
    expect(await company.standing()).toEqual(before);
    expect(await company.signIn(NAME, NAME)).toBe(companyUserId(7));
  });

  it('out of the base is removed, and brings no token back when they return', async () => {
    const outside = `uid=${NAME},${company.slapd.suffix}`;
    await company.change((admin) => admin.modifyDN(dn, outside));
    expect(await apply()).toMatchObject({ done: { revokedTokens: 1 } });
    expect(await company.tokens()).toEqual(without());
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
    await company.change((admin) => admin.modifyDN(outside, dn));
    await apply();
    expect(await company.stateOf(companyUserId(7))).toBe('ACTIVE');
    expect(await company.tokens()).toEqual(without());
    expect(await company.signIn(NAME, NAME)).toBe(companyUserId(7));
  });
});

describe('a user who is disabled', () => {
  it('is kept out at once, and their tokens wait for more than being enabled', async () => {
    await setLock([FOR_EVER]);
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
    expect(await apply()).toMatchObject({ done: { suspendedTokens: 1, revokedTokens: 0 } });
    expect(await company.tokens()).toEqual(without());
    expect(await company.stateOf(companyUserId(7))).toBe('DISABLED');
    await setLock([]);
    await apply();
    expect(await company.stateOf(companyUserId(7))).toBe('ACTIVE');
    expect(await company.signIn(NAME, NAME)).toBe(companyUserId(7));
    expect(await company.tokens()).toEqual(without());
  });

  it('is kept out by us where the server would let them in', async () => {
    const pwdLockout = new Attribute({ type: 'pwdLockout', values: ['FALSE'] });
    const change = new Change({ operation: 'replace', modification: pwdLockout });
    await company.change((admin) => admin.modify(`cn=policy,${company.slapd.suffix}`, change));
    await setLock([FOR_EVER]);
    const client = new Client({ url: company.slapd.url, timeout: 5_000 });
    await client.bind(dn, NAME);
    await client.unbind();
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
    expect(await company.signIn('user000008', 'user000008')).toBe(companyUserId(8));
  });

  it('is not somebody who is only locked for a while after wrong passwords', async () => {
    await setLock([new Date().toISOString().replace(/[-:T]|\.\d+/g, '')]);
    expect((await apply())?.changes).toEqual({ users: [], groups: [] });
    expect(await company.standing()).toEqual(before);
  });
});

describe('a user who is removed', () => {
  const remove = () => company.change((admin) => admin.del(dn));
  const person = { objectClass: 'inetOrgPerson', cn: 'Somebody else', sn: 'Else', userPassword: 'another' };

  it('loses their tokens, and nobody else does', async () => {
    await remove();
    expect(await apply()).toMatchObject({
      done: { revokedTokens: 1, suspendedTokens: 0, orphanedAccounts: [] },
    });
    expect(await company.tokens()).toEqual(without());
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
  });

  it('leaves nothing to one who is created under their name', async () => {
    await remove();
    await apply();
    await company.change((admin) => admin.add(dn, person));
    await apply();
    await expectAnother();
  });

  it('and created under their name before anybody looked is somebody else as well', async () => {
    await remove();
    await company.change((admin) => admin.add(dn, person));
    await apply();
    await expectAnother();
  });

  async function expectAnother(): Promise<void> {
    expect(await company.tokens()).toEqual(without());
    expect(await company.stateOf(companyUserId(7))).toBe('REMOVED');
    const id = await company.signIn(NAME, 'another');
    expect(id).toEqual(expect.any(String));
    expect(id).not.toBe(companyUserId(7));
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
    await company.issue('another', 'USER', id ?? '');
    expect((await company.tokens())['another']).toBe('');
  }
});

describe('two entries of one name', () => {
  it('let neither in, and take nothing from anybody', async () => {
    const ou = `ou=twins,${company.slapd.userBase}`;
    await company.change(async (admin) => {
      await admin.add(ou, { objectClass: 'organizationalUnit' });
      const twin = { objectClass: 'inetOrgPerson', cn: 'Twin', sn: 'Twin', userPassword: 'twin' };
      await admin.add(`uid=${NAME},${ou}`, twin);
    });
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
    expect(await company.signIn(NAME, 'twin')).toBeUndefined();
    // Both are in the copy, each under its own id; what goes by ids goes on.
    const synchronised = await company.synchronise();
    expect(synchronised).toMatchObject({ state: 'APPLIED', changes: { users: [{ action: 'created' }] } });
    expect((await company.standing()).tokens).toEqual(before.tokens);
    expect(await company.signIn(NAME, NAME)).toBeUndefined();
    expect(await company.signIn(NAME, 'twin')).toBeUndefined();
  });
});
