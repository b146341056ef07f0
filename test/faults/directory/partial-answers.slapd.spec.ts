import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Attribute, Change, Control } from 'ldapts';
import type { LdapSettings } from '@tokenwarden/settings';
import { companyUserId, tcpProxy, type TcpProxy } from '../../harness/index.js';
import { Company, SIZE, type Standing } from './company.js';

// To see a referral itself, not where it leads (RFC 3296).
const MANAGE_DSA_IT = '2.16.840.1.113730.3.4.2';

let company: Company;
let before: Standing;
let elsewhere: TcpProxy;
beforeAll(async () => {
  elsewhere = await tcpProxy('ldap://127.0.0.1:1'); // who comes there is counted
  company = await Company.open({ globalConfig: [`referral ${elsewhere.url}`] });
  before = await company.standing();
});
afterAll(async () => {
  await elsewhere?.close();
  await company?.close();
});
beforeEach(async () => {
  await company.slapd.setReaderRight('read');
  await company.slapd.setSizeLimit(undefined);
  await company.reach();
});

/** The answer was not whole, and nothing was lost by it; it is whole again once the fault is mended. */
async function expectRefused(reason: string): Promise<void> {
  await expectStopped('FAILED', reason);
}

/** The answer was whole as far as it shows, and yet nothing of it was applied. */
async function expectHeld(reason: string, of = company, standing = before): Promise<void> {
  await expectStopped('HELD', reason, of, standing);
}

async function expectStopped(
  state: 'FAILED' | 'HELD',
  reason: string,
  of = company,
  standing = before,
): Promise<void> {
  expect(await of.synchronise()).toMatchObject({
    state,
    reasons: expect.arrayContaining([expect.stringContaining(reason)]),
  });
  expect(await of.standing()).toEqual(standing);
}

async function expectBack(): Promise<void> {
  expect(await company.synchronise()).toMatchObject({ state: 'APPLIED', changes: { users: [], groups: [] } });
  expect(await company.signIn('user000007', 'user000007')).toBe(companyUserId(7));
}

describe("a server's size limit", () => {
  it('below the number of users makes the answer none', async () => {
    await company.slapd.setSizeLimit(SIZE.users - 1);
    await expectRefused('gives only a part');
    await company.slapd.setSizeLimit(undefined);
    await expectBack();
  });

  it('of exactly the number of users holds nothing back', async () => {
    await company.slapd.setSizeLimit(SIZE.users);
    await expectBack();
  });
});

describe('a reader that lost its right', () => {
  it('to see any entry gets a success without one, and that proves nothing', async () => {
    await company.slapd.setReaderRight('search');
    await expectRefused('no proof');
    await company.slapd.setReaderRight('read');
    await expectBack();
  });

  it('to the base hears that there is none, and that proves nothing', async () => {
    await company.slapd.setReaderRight('none');
    await expectRefused('there is no entry');
    await company.slapd.setReaderRight('read');
    await expectBack();
  });

  it.each(['entryUUID', 'uid'])('to %s cannot tell anybody, and nobody is gone', async (attribute) => {
    await company.slapd.setReaderRight('read', [attribute]);
    await expectRefused(attribute);
    await company.slapd.setReaderRight('read');
    await expectBack();
  });

  it('to see members gets groups that look empty, and that proves nothing', async () => {
    await company.slapd.setReaderRight('read', ['member']);
    await expectHeld('It has nobody in any group');
    await company.slapd.setReaderRight('read');
    await expectBack();
  });

  it('to sign in at all is no answer and no wrong password', async () => {
    await company.reach({ bindPassword: 'another' });
    await expectRefused('are not accepted');
    await expect(company.signIn('user000007', 'user000007')).rejects.toMatchObject({
      code: 'DIRECTORY_UNAVAILABLE',
    });
    await company.reach();
    await expectBack();
  });
});

describe('a reader of a company with two groups and a few who left, that lost its right', () => {
  let small: Company;
  let standing: Standing;
  beforeAll(async () => {
    small = await Company.open({ groups: 1 });
    await lock(0, 1, 2, 3); // four: the brake lets them pass
    await lock(4);
    standing = await small.standing();
  });
  afterAll(() => small?.close());

  async function lock(...users: readonly number[]): Promise<void> {
    const modification = new Attribute({ type: 'pwdAccountLockedTime', values: ['000001010000Z'] });
    const change = new Change({ operation: 'replace', modification });
    await small.change(async (admin) => {
      for (const n of users) await admin.modify(`uid=user00000${n},${small.slapd.userBase}`, change);
    });
    expect(await small.synchronise()).toMatchObject({ state: 'APPLIED' });
  }

  it.each([
    ['who is disabled', 'pwdAccountLockedTime', 'enables all 5 users who were'],
    ['members', 'member', 'It has nobody in any group although there were 80 memberships'],
  ])('to see %s gives nobody anything, and takes nothing', async (_what, attribute, reason) => {
    await small.slapd.setReaderRight('read', [attribute]);
    await expectHeld(reason, small, standing);
    await small.slapd.setReaderRight('read');
    const changes = { users: [], groups: [] };
    expect(await small.synchronise()).toMatchObject({ state: 'APPLIED', changes });
    expect(await small.standing()).toEqual(standing);
  });
});

describe('a referral in place of data', () => {
  const refers = async (dn: string) => {
    const facts = { objectClass: ['referral', 'extensibleObject'], ou: 'moved' };
    await company.change((admin) => admin.add(dn, { ...facts, ref: `${elsewhere.url}/${dn}` }));
    return () => company.change((admin) => admin.del(dn, new Control(MANAGE_DSA_IT)));
  };

  it.each<[string, (base: string) => Partial<LdapSettings>]>([
    ['users', (userBase) => ({ userBase })],
    ['groups', (groupBase) => ({ groupBase })],
  ])('for the base of %s is not followed, and is no answer', async (_kind, settings) => {
    const base = `ou=moved,${company.slapd.suffix}`;
    const remove = await refers(base);
    await company.reach(settings(base));
    await expectRefused('refers to another server');
    await remove();
    await company.reach();
    await expectBack();
  });

  it('for a part of what is below the base is no whole answer', async () => {
    const remove = await refers(`ou=moved,${company.slapd.userBase}`);
    await expectRefused('stands elsewhere');
    await remove();
    await expectBack();
  });

  it('for a base that another server has is no answer', async () => {
    await company.reach({ userBase: 'ou=people,dc=another,dc=example' });
    await expectRefused('refers to another server');
  });

  it('leads nobody anywhere', () => {
    expect(elsewhere.connections).toBe(0);
  });
});
