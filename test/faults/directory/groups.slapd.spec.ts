import { Attribute, Change } from 'ldapts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { companyGroupId, companyUserId } from '../../harness/index.js';
import { Company, type Standing } from './company.js';

// user n is in group n mod 8: user000002 in group0002, and so on.
const GROUP = 2;
const SCOPE = `dataset/g${GROUP}/*:read`;

let company: Company;
let before: Standing;
beforeEach(async () => {
  company = await Company.open();
  before = await company.standing();
});
afterEach(() => company?.close());

const dnOf = (name: string) => `cn=${name},${company.slapd.groupBase}`;
const userDn = (n: number) => `uid=user${String(n).padStart(6, '0')},${company.slapd.userBase}`;
const members = (...dns: string[]) => new Attribute({ type: 'member', values: dns });

async function expectApplied(): Promise<void> {
  const synchronised = await company.synchronise();
  expect(synchronised).toMatchObject({ state: 'APPLIED' });
}

/** The tokens as before, but for those whose names are given. */
function tokensBut(changed: Record<string, string>): Record<string, string> {
  return { ...before.tokens, ...changed };
}

/** What the tokens of the group's members and of its account are once its grants are gone. */
function withoutGroup(): Record<string, string> {
  const ofMembers = Object.entries(before.tokens).filter(
    ([name, scope]) => name.startsWith('user') && scope === SCOPE,
  );
  expect(ofMembers).toHaveLength(5);
  return tokensBut({
    ...Object.fromEntries(ofMembers.map(([name]) => [name, ''])),
    'account-group0002': 'inactive',
  });
}

describe('a group that is deleted', () => {
  beforeEach(async () => {
    await company.change((admin) => admin.del(dnOf('group0002')));
    await expectApplied();
  });

  it('takes its grants from its members and orphans its account, and nothing else', async () => {
    expect(await company.tokens()).toEqual(withoutGroup());
    expect(await company.stateOf(companyGroupId(GROUP))).toBe('REMOVED');
  });

  it('leaves nothing to one that is created under its name, neither grants nor accounts', async () => {
    const group = { objectClass: 'groupOfNames', member: [userDn(2), userDn(3)] };
    await company.change((admin) => admin.add(dnOf('group0002'), group));
    await expectApplied();
    expect(await company.tokens()).toEqual(withoutGroup());
    expect(await company.stateOf(companyGroupId(GROUP))).toBe('REMOVED');
  });
});

describe('a group that is deleted and created under its name between two synchronisations', () => {
  it('is another one', async () => {
    await company.change(async (admin) => {
      await admin.del(dnOf('group0002'));
      await admin.add(dnOf('group0002'), { objectClass: 'groupOfNames', member: [userDn(2), userDn(10)] });
    });
    await expectApplied();
    expect(await company.tokens()).toEqual(withoutGroup());
  });
});

describe('a group that is renamed or moved', () => {
  it('stays the same one', async () => {
    await company.change(async (admin) => {
      await admin.modifyDN(dnOf('group0002'), 'cn=another name');
      await admin.add(`ou=old,${company.slapd.groupBase}`, { objectClass: 'organizationalUnit' });
      await admin.modifyDN(dnOf('group0003'), `cn=group0003,ou=old,${company.slapd.groupBase}`);
    });
    expect(await company.synchronise()).toMatchObject({
      state: 'APPLIED',
      changes: { users: [], groups: [{ action: 'renamed', name: 'another name', nameBefore: 'group0002' }] },
    });
    expect(await company.tokens()).toEqual(before.tokens);
  });

  it('and another one that takes its name get nothing of each other', async () => {
    await company.change(async (admin) => {
      await admin.modifyDN(dnOf('group0002'), 'cn=left');
      await admin.modifyDN(dnOf('group0003'), 'cn=group0002');
      await admin.modifyDN(dnOf('left'), 'cn=group0003');
    });
    await expectApplied();
    expect(await company.tokens()).toEqual(before.tokens);
  });
});

describe('a group that is moved out of the base', () => {
  it('is gone, and brings its grants and its account back when it returns', async () => {
    const outside = `cn=group0002,${company.slapd.suffix}`;
    await company.change((admin) => admin.modifyDN(dnOf('group0002'), outside));
    await expectApplied();
    expect(await company.tokens()).toEqual(withoutGroup());
    await company.change((admin) => admin.modifyDN(outside, dnOf('group0002')));
    await expectApplied();
    expect(await company.tokens()).toEqual(before.tokens);
  });
});

describe('a group that is nested', () => {
  const nest = (outer: string, inner: string) =>
    company.change((admin) =>
      admin.modify(dnOf(outer), new Change({ operation: 'add', modification: members(dnOf(inner)) })),
    );

  it('into itself changes nothing', async () => {
    await nest('group0002', 'group0002');
    expect(await company.synchronise()).toMatchObject({
      state: 'APPLIED',
      changes: { users: [], groups: [] },
    });
    expect(await company.standing()).toEqual(before);
  });

  it('into another one gives its members what that one grants, and takes it when it leaves', async () => {
    await nest('group0003', 'group0002');
    await expectApplied();
    const tokens = await company.tokens();
    expect(tokens['user000002']).toBe('dataset/g2/*:read dataset/g3/*:read');
    expect(tokens['user000003']).toBe('dataset/g3/*:read');
    await company.change((admin) =>
      admin.modify(
        dnOf('group0003'),
        new Change({ operation: 'delete', modification: members(dnOf('group0002')) }),
      ),
    );
    await expectApplied();
    expect(await company.tokens()).toEqual(before.tokens);
  });

  it('in a circle with others ends, and each grants to the members of all', async () => {
    await nest('group0002', 'group0003');
    await nest('group0003', 'group0004');
    await nest('group0004', 'group0002');
    await expectApplied();
    const tokens = await company.tokens();
    const all = 'dataset/g2/*:read dataset/g3/*:read dataset/g4/*:read';
    for (const name of ['user000002', 'user000003', 'user000004']) expect(tokens[name]).toBe(all);
    expect(tokens['user000005']).toBe(before.tokens['user000005']);
  });
});

describe('a group whose members are named otherwise', () => {
  it('by uniqueMember and memberUid has the same ones', async () => {
    await company.change(async (admin) => {
      await admin.add(dnOf('unique'), {
        objectClass: 'groupOfUniqueNames',
        uniqueMember: [userDn(0).toUpperCase(), `${userDn(1)}#'01'B`],
      });
      await admin.add(dnOf('posix'), {
        objectClass: 'posixGroup',
        gidNumber: '7',
        memberUid: ['user000002', 'nobody'],
      });
    });
    const synchronised = await company.synchronise();
    expect(synchronised).toMatchObject({ state: 'APPLIED' });
    const joined = synchronised.state === 'APPLIED' ? synchronised.changes.users : [];
    expect(joined.map(({ id }) => id).sort()).toEqual([0, 1, 2].map(companyUserId));
  });
});
