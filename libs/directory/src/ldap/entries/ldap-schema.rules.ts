import type { IdentifierForm } from './identifier.rules.js';

/** A kind of server, as LDAP_SCHEMA names it. */
export type SchemaName = 'openldap' | 'active-directory' | '389ds';

/** Which part of LDAP_* decides what entries mean. */
export interface SchemaSettings {
  readonly schema: SchemaName;
  /** Undefined: that of the schema. */
  readonly userFilter: string | undefined;
  /** Undefined: that of the schema. */
  readonly groupFilter: string | undefined;
}

/**
 * An attribute that names the members of a group, and how:
 * - `dn`: by their DNs;
 * - `dn-and-uid`: by their DNs, each perhaps with a unique identifier behind it (RFC 4517, 3.3.21);
 * - `username`: by their usernames; no group is a member that way.
 */
export interface MembersAttribute {
  readonly attribute: string;
  readonly names: 'dn' | 'dn-and-uid' | 'username';
}

/** What the attributes of one kind of server mean (RULINGS, "Directory"). */
export interface LdapSchema {
  readonly id: { readonly attribute: string; readonly form: IdentifierForm };
  readonly username: string;
  /** In this order; the username where none of them has a value that is good. */
  readonly displayNames: readonly string[];
  readonly email: string;
  readonly groupName: string;
  readonly members: readonly MembersAttribute[];
  readonly disabled: {
    readonly attribute: string;
    /** Undefined where the values do not say it. */
    readonly isDisabled: (values: readonly string[]) => boolean | undefined;
  };
  /** By LDAP_USER_FILTER, else the usual one. */
  readonly userFilter: string;
  /** By LDAP_GROUP_FILTER, else the usual one. */
  readonly groupFilter: string;
  /** What to ask for of a user, by name: some are given only so. */
  readonly userAttributes: readonly string[];
  /** What to ask for of a group. */
  readonly groupAttributes: readonly string[];
}

/**
 * How many members are asked for at once where they come in ranges: Windows gives no more than 1,500 and cuts what is
 * not asked for so.
 */
export const RANGE_STEP = 1_500;

type Meanings = Omit<LdapSchema, 'userAttributes' | 'groupAttributes'>;

const POSIX_AND_NAMES =
  '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))';
// The moment that stands for "for good" (draft-behera-ldap-password-policy, 5.3.3); any other is a lock-out that ends.
const LOCKED_FOR_GOOD = /^000001010000(?:00)?(?:[.,]0+)?Z$/;
const ACCOUNT_DISABLED = 2;

const SCHEMAS: Readonly<Record<SchemaName, Meanings>> = {
  openldap: {
    id: { attribute: 'entryUUID', form: 'uuid' },
    username: 'uid',
    displayNames: ['displayName', 'cn'],
    email: 'mail',
    groupName: 'cn',
    members: [
      { attribute: 'member', names: 'dn' },
      { attribute: 'uniqueMember', names: 'dn-and-uid' },
      { attribute: 'memberUid', names: 'username' },
    ],
    disabled: {
      attribute: 'pwdAccountLockedTime',
      isDisabled: (values) => values.some((value) => LOCKED_FOR_GOOD.test(value)),
    },
    userFilter: '(objectClass=inetOrgPerson)',
    groupFilter: POSIX_AND_NAMES,
  },
  'active-directory': {
    id: { attribute: 'objectGUID', form: 'guid' },
    username: 'sAMAccountName',
    displayNames: ['displayName'],
    email: 'mail',
    groupName: 'cn',
    members: [{ attribute: 'member', names: 'dn' }],
    disabled: { attribute: 'userAccountControl', isDisabled: disabledByAccountControl },
    userFilter: '(&(objectCategory=person)(objectClass=user))',
    groupFilter: '(objectClass=group)',
  },
  '389ds': {
    id: { attribute: 'nsUniqueId', form: 'four-words' },
    username: 'uid',
    displayNames: ['cn'],
    email: 'mail',
    groupName: 'cn',
    members: [
      { attribute: 'member', names: 'dn' },
      { attribute: 'uniqueMember', names: 'dn-and-uid' },
    ],
    disabled: {
      attribute: 'nsAccountLock',
      isDisabled: (values) => values.some((value) => value.toLowerCase() === 'true'),
    },
    userFilter: '(objectClass=inetOrgPerson)',
    groupFilter: POSIX_AND_NAMES,
  },
};

/** What entries mean by these settings. */
export function schemaOf(settings: SchemaSettings): LdapSchema {
  const meanings = SCHEMAS[settings.schema];
  const { id, username, displayNames, email, disabled, groupName, members } = meanings;
  const cutsMembers = settings.schema === 'active-directory';
  return {
    ...meanings,
    userFilter: settings.userFilter ?? meanings.userFilter,
    groupFilter: settings.groupFilter ?? meanings.groupFilter,
    userAttributes: [id.attribute, username, ...displayNames, email, disabled.attribute],
    groupAttributes: [
      id.attribute,
      groupName,
      ...members.map(({ attribute }) => (cutsMembers ? `${attribute};range=0-${RANGE_STEP - 1}` : attribute)),
    ],
  };
}

// Every account has it. Where it is not to be read, enabled and disabled look alike, and nobody may be enabled by that.
function disabledByAccountControl(values: readonly string[]): boolean | undefined {
  const [value = '', ...others] = values;
  return /^-?\d{1,10}$/.test(value) && others.length === 0
    ? (Number(value) & ACCOUNT_DISABLED) !== 0
    : undefined;
}
