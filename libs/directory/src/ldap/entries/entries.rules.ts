import { isEmail } from '@tokenwarden/vocabulary';
import type { DirectoryUser } from '../../directory-changes.rules.js';
import { isName, NAME_IN_WORDS } from '../../name.rules.js';
import { canonicalValue, namingValue } from './dn.rules.js';
import { identifierFrom } from './identifier.rules.js';
import type { LdapSchema } from './ldap-schema.rules.js';

/** What an entry is read from: an `LdapEntry` is one. */
export interface ReadableEntry {
  readonly dn: string;
  values(attribute: string): readonly Uint8Array[];
  texts(attribute: string): readonly string[];
}

/** Why an entry cannot be taken. Holds no value of the entry but its id, so that it may stand in a log. */
export interface EntryFault {
  /** What it is without: "without a readable entryUUID". */
  readonly fault: string;
  /** What would be right, a sentence; the same for all entries with this fault. */
  readonly right: string;
  /** Undefined where it is the id that cannot be read. */
  readonly id: string | undefined;
}

/** A user's entry that can be taken, and which of its facts cannot. */
export interface ReadUser {
  readonly user: DirectoryUser;
  /** The facts that are there and no good: the user goes without them. */
  readonly passedOver: readonly ('displayName' | 'email')[];
}

/** A group's entry that can be taken; its members are read apart. */
export interface ReadGroup {
  readonly id: string;
  readonly name: string;
}

/**
 * What the entry of a user says. Whoever has no id or username, or is neither enabled nor disabled, cannot be taken; a
 * display name or an address that is no good is no reason to lose somebody, and is passed over.
 */
export function userOf(entry: ReadableEntry, schema: LdapSchema): ReadUser | EntryFault {
  const id = idOf(entry, schema);
  if (id === undefined) return withoutId(schema);
  const username = namedValue(entry, schema.username);
  if (username === undefined || !isName(username))
    return {
      fault: `without a usable ${schema.username}`,
      right: `A username is ${NAME_IN_WORDS}. Mend these entries, or let LDAP_USER_FILTER leave them out, as with (${schema.username}=*).`,
      id,
    };
  const { attribute, isDisabled } = schema.disabled;
  const disabled = isDisabled(entry.texts(attribute));
  if (disabled === undefined)
    return {
      fault: `without a readable ${attribute}`,
      right: `LDAP_BIND_DN must be allowed to read it: else nobody can tell who is disabled.`,
      id,
    };
  const displayNames = schema.displayNames.flatMap((name) => entry.texts(name));
  const displayName = displayNames.find(isName);
  const emails = entry.texts(schema.email);
  const email = emails.find(isEmail);
  return {
    user: {
      id,
      username,
      displayName: displayName ?? username,
      email: email ?? null,
      enabled: !disabled,
    },
    passedOver: [
      ...(displayName === undefined && displayNames.length > 0 ? (['displayName'] as const) : []),
      ...(email === undefined && emails.length > 0 ? (['email'] as const) : []),
    ],
  };
}

/** What the entry of a group says of the group itself. */
export function groupOf(entry: ReadableEntry, schema: LdapSchema): ReadGroup | EntryFault {
  const id = idOf(entry, schema);
  if (id === undefined) return withoutId(schema);
  const name = namedValue(entry, schema.groupName);
  if (name === undefined || !isName(name))
    return {
      fault: `without a usable ${schema.groupName}`,
      right: `A name is ${NAME_IN_WORDS}. Mend these entries, or let LDAP_GROUP_FILTER leave them out.`,
      id,
    };
  return { id, name };
}

/** The stable id of an entry; undefined where it is not there, or is none. */
export function idOf(entry: ReadableEntry, { id }: LdapSchema): string | undefined {
  const [value, ...others] = entry.values(id.attribute);
  return value && others.length === 0 ? identifierFrom(value, id.form) : undefined;
}

function withoutId({ id }: LdapSchema): EntryFault {
  return {
    fault: `without a readable ${id.attribute}`,
    right: `LDAP_BIND_DN must be allowed to read it, and LDAP_SCHEMA must be the kind of the server: it is the one thing about an entry that never changes.`,
    id: undefined,
  };
}

// Of several values the one that names the entry, so that it is the same one each time; else the first.
function namedValue(entry: ReadableEntry, attribute: string): string | undefined {
  const values = entry.texts(attribute);
  if (values.length < 2) return values[0];
  const naming = namingValue(entry.dn, attribute);
  return values.find((value) => canonicalValue(value) === naming) ?? values[0];
}
