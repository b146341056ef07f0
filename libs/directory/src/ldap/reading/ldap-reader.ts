import type { LdapSettings } from '@tokenwarden/settings';
import type { DirectoryAnswer } from '../../directory-answer.js';
import { Slices } from '../../slices.js';
import { canonicalDn, isAtOrBelow } from '../entries/dn.rules.js';
import type { LdapConnection, LdapEntry } from '../connection/ldap-connection.js';
import { idOf } from '../entries/entries.rules.js';
import { LdapFault } from '../connection/ldap-faults.js';
import { schemaOf, type LdapSchema } from '../entries/ldap-schema.rules.js';
import { allValues } from './member-ranges.js';
import { MOST_MEMBERSHIPS, ReadGroups, type GroupRead } from './read-groups.js';
import { ReadUsers } from './read-users.js';

// A group may have as many members as a company has people: few to a page.
const GROUPS_A_PAGE = 100;
// What no company has; pages without end must not fill the memory.
const MOST_ENTRIES = 2_000_000;

/** What is read: where, and what decides what it means. */
export type ReadSettings = Pick<
  LdapSettings,
  'schema' | 'userBase' | 'userFilter' | 'groupBase' | 'groupFilter'
>;

/**
 * Reads all users and groups over one connection. Whatever keeps the answer from being whole is a reason in words:
 * a fault of the connection, an entry that cannot be taken, being aborted; it is never thrown.
 */
export async function readWholeDirectory(
  connection: LdapConnection,
  settings: ReadSettings,
  signal?: AbortSignal,
): Promise<DirectoryAnswer> {
  try {
    return await new Reading(connection, settings, signal).answer();
  } catch (error) {
    if (error instanceof LdapFault) return { whole: false, reasons: [error.message] };
    if (signal?.aborted) return { whole: false, reasons: ['The reading was ended before it was through.'] };
    throw error;
  }
}

class Reading {
  readonly #schema: LdapSchema;
  readonly #users: ReadUsers;
  readonly #groups: ReadGroups;
  readonly #slices: Slices;

  constructor(
    private readonly connection: LdapConnection,
    private readonly settings: ReadSettings,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#schema = schemaOf(settings);
    this.#users = new ReadUsers(this.#schema);
    this.#groups = new ReadGroups(this.#schema, this.#users);
    this.#slices = new Slices({ signal });
  }

  async answer(): Promise<DirectoryAnswer> {
    // Users first: each member is known as a user or not when it comes in, and its DN is not kept.
    await this.#readUsers();
    if (!this.#users.isRepeating) await this.#readGroups();
    const reasons = [...this.#users.reasons(), ...this.#groups.reasons()];
    if (this.#users.users.length === 0 && reasons.length === 0) reasons.push(this.#nobody());
    if (reasons.length > 0) return { whole: false, reasons };

    await this.#lookAgain();
    const members = await this.#slices.resultOf(this.#groups.flattened());
    if (!members) return { whole: false, reasons: [TOO_MANY] };
    const warnings = [...this.#users.warnings(), ...this.#groups.warnings()];
    if (members.unknown > 0) warnings.push(unknownMembers(members.unknown));
    const { groups, withGroups: groupsWithGroups } = members;
    return { whole: true, users: this.#users.users, groups, groupsWithGroups, warnings };
  }

  async #readUsers(): Promise<void> {
    for await (const entry of this.#entries('user', this.#schema.userAttributes)) {
      this.#users.take(entry);
      if (this.#users.isRepeating) return;
      if (this.#users.users.length > MOST_ENTRIES) throw tooMany('users', 'LDAP_USER_FILTER');
    }
  }

  async #readGroups(): Promise<void> {
    for await (const entry of this.#entries('group', this.#schema.groupAttributes)) {
      const group = this.#groups.take(entry);
      if (this.#groups.isRepeating) return;
      if (group) await this.#takeMembers(group, entry);
      if (this.#groups.size > MOST_ENTRIES)
        throw tooMany('groups and members who are no users', 'LDAP_GROUP_FILTER');
    }
  }

  async #takeMembers(group: GroupRead, entry: LdapEntry): Promise<void> {
    for (const members of this.#schema.members) {
      const asked = { entry, attribute: members.attribute, schema: this.#schema };
      const values = await allValues(this.connection, asked, this.signal);
      await this.#slices.resultOf(this.#groups.takeMembers(group, members, values));
    }
  }

  /**
   * A second look, at names alone. Whoever is moved or renamed after they were read, and before a group that they are
   * in, is named by that group in a way that nobody has: without it they would lose the group until the next
   * synchronisation. And where another one has a name by now, nobody can tell whom the groups mean by it.
   * @throws LdapFault where a name is another one's by now
   */
  async #lookAgain(): Promise<void> {
    const unknown = await this.#slices.resultOf(this.#groups.unknownDns());
    const { id, username, members } = this.#schema;
    const byUsername = members.some(({ names }) => names === 'username');
    for await (const entry of this.#entries('user', [id.attribute, ...(byUsername ? [username] : [])])) {
      const now = this.#nowAt(entry);
      if (!now) continue;
      const name = byUsername ? entry.text(username) : undefined;
      if (this.#users.isAnothers(now, name)) throw new LdapFault('incomplete', CHANGED);
      if (unknown.has(now.dn) && this.#users.has(now.id)) this.#users.alsoAt(now.dn, now.id);
    }
    const groupBase = canonicalDn(this.settings.groupBase) ?? '';
    if (![...unknown].some((dn) => isAtOrBelow(dn, groupBase))) return;
    for await (const entry of this.#entries('group', [id.attribute])) {
      const now = this.#nowAt(entry);
      if (now && unknown.has(now.dn) && this.#groups.has(now.id)) this.#groups.alsoAt(now.dn, now.id);
    }
  }

  #nowAt(entry: LdapEntry): { readonly dn: string; readonly id: string } | undefined {
    const dn = canonicalDn(entry.dn);
    const id = idOf(entry, this.#schema);
    return dn === undefined || id === undefined ? undefined : { dn, id };
  }

  async *#entries(kind: 'user' | 'group', attributes: readonly string[]): AsyncGenerator<LdapEntry> {
    const search = {
      base: this.#baseOf(kind),
      scope: 'sub',
      filter: kind === 'user' ? this.#schema.userFilter : this.#schema.groupFilter,
      attributes,
      ...(kind === 'group' && { pageSize: GROUPS_A_PAGE }),
    } as const;
    for await (const page of this.connection.pages(search, this.signal)) {
      for (const entry of page) {
        yield entry;
        await this.#slices.rest();
      }
    }
  }

  #baseOf(kind: 'user' | 'group'): string {
    return kind === 'user' ? this.settings.userBase : this.settings.groupBase;
  }

  #nobody(): string {
    return (
      `No user was found below "${this.settings.userBase}" by ${this.#schema.userFilter}; that is no proof that all are ` +
      'gone. LDAP_BIND_DN must be allowed to read them; look at LDAP_USER_BASE, LDAP_USER_FILTER and LDAP_SCHEMA.'
    );
  }
}

const CHANGED = 'The directory changed while it was read. It is read again at the next synchronisation.';
const TOO_MANY = `The groups have more than ${MOST_MEMBERSHIPS} members together, nested ones counted in each; let LDAP_GROUP_FILTER leave out groups that grant nothing.`;

function tooMany(what: string, filter: string): LdapFault {
  return new LdapFault(
    'incomplete',
    `There are more than ${MOST_ENTRIES} ${what}; let ${filter} leave out who needs nothing here.`,
  );
}

function unknownMembers(count: number): string {
  return `${count} ${count === 1 ? 'membership names' : 'memberships name'} nobody that was read: whoever stands outside of LDAP_USER_BASE and LDAP_GROUP_BASE, or is left out by a filter, is passed over.`;
}
