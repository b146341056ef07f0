import { describe, expect, it } from '@jest/globals';
import { anEntry } from '../../../test/ldap-entries.js';
import { groupOf, userOf } from './entries.rules.js';
import { schemaOf, type SchemaSettings } from './ldap-schema.rules.js';

const ID = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const GUID = Buffer.from('2e6f5a0c1d4b0e4f9a3b5d7c1e2f8a01', 'hex');
const schemaFor = (schema: SchemaSettings['schema']) =>
  schemaOf({ schema, userFilter: undefined, groupFilter: undefined });
const OPENLDAP = schemaFor('openldap');
const ADA = {
  entryUUID: [ID],
  uid: ['ada'],
  cn: ['Ada L.'],
  displayName: ['Ada Lovelace'],
  mail: ['ada@example.com'],
};
const dn = 'uid=ada,ou=people,dc=example,dc=org';

const asUser = (attributes: Record<string, (string | Buffer)[]>, schema = OPENLDAP, at = dn) =>
  userOf(anEntry(at, attributes), schema);

describe('the entry of a user', () => {
  it('of openldap is read by entryUUID, uid, displayName, mail', () =>
    expect(asUser(ADA)).toEqual({
      user: { id: ID, username: 'ada', displayName: 'Ada Lovelace', email: 'ada@example.com', enabled: true },
      passedOver: [],
    }));

  it('of active-directory is read by objectGUID, sAMAccountName, displayName, mail', () => {
    const entry = {
      objectGUID: [GUID],
      sAMAccountName: ['ada'],
      cn: ['Lovelace'],
      displayName: ['Ada Lovelace'],
      mail: ['ada@example.com'],
      userAccountControl: ['512'],
    };
    expect(asUser(entry, schemaFor('active-directory'))).toEqual({
      user: { id: ID, username: 'ada', displayName: 'Ada Lovelace', email: 'ada@example.com', enabled: true },
      passedOver: [],
    });
  });

  it('of 389ds is read by nsUniqueId, uid, cn, mail', () => {
    const entry = { nsUniqueId: ['0c5a6f2e-4b1d4f0e-9a3b5d7c-1e2f8a01'], uid: ['ada'], cn: ['Ada Lovelace'] };
    expect(asUser(entry, schemaFor('389ds'))).toMatchObject({
      user: { id: ID, username: 'ada', displayName: 'Ada Lovelace', email: null, enabled: true },
    });
  });

  it('gives the names as they are written, and asks for each attribute by name', () => {
    expect(asUser({ ...ADA, uid: ['Ada'] })).toMatchObject({ user: { username: 'Ada' } });
    expect(OPENLDAP.userAttributes).toEqual([
      'entryUUID',
      'uid',
      'displayName',
      'cn',
      'mail',
      'pwdAccountLockedTime',
    ]);
  });
});

describe('whether a user is enabled', () => {
  const openldap = (...pwdAccountLockedTime: string[]) => asUser({ ...ADA, pwdAccountLockedTime });
  const enabled = { user: { enabled: true } };
  const disabled = { user: { enabled: false } };

  it('is said on openldap by pwdAccountLockedTime, which is 000001010000Z for good and a lock-out otherwise', () => {
    expect(openldap()).toMatchObject(enabled);
    expect(openldap('20260301120000Z')).toMatchObject(enabled);
    expect(openldap('000001010000Z')).toMatchObject(disabled);
    expect(openldap('00000101000000Z')).toMatchObject(disabled);
  });

  it('is said by bit 2 of userAccountControl on active-directory', () => {
    const entry = (...userAccountControl: string[]) =>
      asUser(
        { objectGUID: [GUID], sAMAccountName: ['ada'], userAccountControl },
        schemaFor('active-directory'),
      );
    for (const control of ['512', '66048', '544', '-2147483136'])
      expect(entry(control)).toMatchObject(enabled);
    for (const control of ['514', '66050', '2', '546']) expect(entry(control)).toMatchObject(disabled);
  });

  it('is nothing to guess where userAccountControl cannot be read', () => {
    for (const values of [[], ['x'], ['512', '514'], ['5.12'], ['99999999999']]) {
      const entry = { objectGUID: [GUID], sAMAccountName: ['ada'], userAccountControl: values };
      expect(asUser(entry, schemaFor('active-directory'))).toEqual({
        fault: 'without a readable userAccountControl',
        right: expect.stringContaining('LDAP_BIND_DN'),
        id: ID,
      });
    }
  });

  it('is said by nsAccountLock on 389ds, in any case', () => {
    const entry = (...nsAccountLock: string[]) =>
      asUser(
        { nsUniqueId: ['0c5a6f2e-4b1d4f0e-9a3b5d7c-1e2f8a01'], uid: ['ada'], nsAccountLock },
        schemaFor('389ds'),
      );
    for (const lock of ['true', 'TRUE']) expect(entry(lock)).toMatchObject(disabled);
    expect(entry('false')).toMatchObject(enabled);
    expect(entry()).toMatchObject(enabled);
  });
});

describe('what is missing or no good', () => {
  it('is no reason to lose somebody where it is a display name: cn, then the username stands for it', () => {
    expect(asUser({ ...ADA, displayName: [] })).toMatchObject({
      user: { displayName: 'Ada L.' },
      passedOver: [],
    });
    expect(asUser({ ...ADA, displayName: ['Ada\nL'] })).toMatchObject({ user: { displayName: 'Ada L.' } });
    expect(asUser({ ...ADA, displayName: ['x'.repeat(257)], cn: ['\u200b'] })).toMatchObject({
      user: { displayName: 'ada' },
      passedOver: ['displayName'],
    });
    expect(asUser({ ...ADA, displayName: [], cn: [] })).toMatchObject({
      user: { displayName: 'ada' },
      passedOver: [],
    });
  });

  it('is no reason to lose somebody where it is an address', () => {
    expect(asUser({ ...ADA, mail: ['ada at example'] })).toMatchObject({
      user: { email: null },
      passedOver: ['email'],
    });
    expect(asUser({ ...ADA, mail: ['a@x.org\nBcc: b@y.org'] })).toMatchObject({ user: { email: null } });
    expect(asUser({ ...ADA, mail: ['none', 'ada@example.com'] })).toMatchObject({
      user: { email: 'ada@example.com' },
      passedOver: [],
    });
    expect(asUser({ ...ADA, mail: [] })).toMatchObject({ user: { email: null }, passedOver: [] });
  });

  it.each([
    [[], 256],
    [[''], 256],
    [['a\u0000da'], 256],
    [['\u200b'], 256],
    [['x'.repeat(257)], 256],
    [['x'.repeat(10_000)], 256],
  ])('is a fault that names the entry by its id where it is the username %#', (uid) =>
    expect(asUser({ ...ADA, uid })).toEqual({
      fault: 'without a usable uid',
      right: expect.stringContaining('LDAP_USER_FILTER'),
      id: ID,
    }),
  );

  it('is no fault at 256 characters, nor with what LDAP or a DN has for special', () => {
    for (const uid of ['x'.repeat(256), 'a*)(b\\,+"<>;=#', '名前']) {
      expect(asUser({ ...ADA, uid: [uid] })).toMatchObject({ user: { username: uid } });
    }
  });

  it.each([[[]], [['nonsense']], [[ID, ID.replace('0c', '1c')]], [[Buffer.alloc(16)]]])(
    'is a fault without a name where it is the id %#',
    (entryUUID) =>
      expect(asUser({ ...ADA, entryUUID })).toEqual({
        fault: 'without a readable entryUUID',
        right: expect.stringContaining('LDAP_SCHEMA'),
        id: undefined,
      }),
  );
});

describe('of several usernames', () => {
  it('the one counts that names the entry, whatever their order', () => {
    const both = (...uid: string[]) => asUser({ ...ADA, uid });
    expect(both('lovelace', 'Ada')).toMatchObject({ user: { username: 'Ada' } });
    expect(both('Ada', 'lovelace')).toMatchObject({ user: { username: 'Ada' } });
  });
  it('the first counts where none names the entry', () =>
    expect(asUser({ ...ADA, uid: ['a', 'b'] }, OPENLDAP, 'cn=Ada,dc=org')).toMatchObject({
      user: { username: 'a' },
    }));
});

describe('the entry of a group', () => {
  const asGroup = (attributes: Record<string, string[]>) =>
    groupOf(anEntry('cn=engineers,ou=groups,dc=org', attributes), OPENLDAP);
  it('is read by its id and cn', () =>
    expect(asGroup({ entryUUID: [ID], cn: ['engineers'] })).toEqual({ id: ID, name: 'engineers' }));
  it('is at fault without either', () => {
    expect(asGroup({ cn: ['engineers'] })).toMatchObject({ fault: 'without a readable entryUUID' });
    expect(asGroup({ entryUUID: [ID] })).toMatchObject({
      fault: 'without a usable cn',
      right: expect.stringContaining('LDAP_GROUP_FILTER'),
      id: ID,
    });
  });
});

describe('the filters', () => {
  it('are those of the schema, or as the settings say', () => {
    expect(schemaFor('openldap')).toMatchObject({
      userFilter: '(objectClass=inetOrgPerson)',
      groupFilter: '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))',
    });
    expect(schemaFor('active-directory')).toMatchObject({
      userFilter: '(&(objectCategory=person)(objectClass=user))',
      groupFilter: '(objectClass=group)',
    });
    const own = schemaOf({ schema: '389ds', userFilter: '(uid=*)', groupFilter: '(cn=tw-*)' });
    expect(own).toMatchObject({ userFilter: '(uid=*)', groupFilter: '(cn=tw-*)' });
  });

  it('ask active-directory for members in ranges, for Windows cuts what is asked for otherwise', () =>
    expect(schemaFor('active-directory').groupAttributes).toEqual([
      'objectGUID',
      'cn',
      'member;range=0-1499',
    ]));
});
