import type { DirectoryGroup } from '../../directory-changes.rules.js';
import { flatteningMembers } from '../../nested-groups.rules.js';
import { canonicalDn, placeOf, withoutUniqueIdentifier } from '../entries/dn.rules.js';
import { Findings } from './findings.js';
import { groupOf, type EntryFault, type ReadableEntry } from '../entries/entries.rules.js';
import type { LdapSchema, MembersAttribute } from '../entries/ldap-schema.rules.js';
import { SEVERAL, type ReadUsers } from './read-users.js';

/**
 * The most memberships of all groups together, nested ones counted in each group that they reach: what a few nestings
 * of large groups multiply must not fill the memory that resolving lives in.
 */
export const MOST_MEMBERSHIPS = 10_000_000;

/** All groups of an answer, flat. */
export interface FlatGroups {
  readonly groups: readonly DirectoryGroup[];
  /** How many of them hold others. */
  readonly withGroups: number;
  /** How many memberships name nobody. */
  readonly unknown: number;
}

/** A group as it came in: whoever is a user is known by now, and other names may be those of groups. */
export interface GroupRead {
  readonly id: string;
  readonly name: string;
  readonly memberIds: string[];
  /** Canonical DNs of members that are no users. */
  readonly otherDns: string[];
}

// So many members are taken in far less than a millisecond each.
const MEMBERS_AT_ONCE = 200;

/** The groups of one answer as they come in, after all users. */
export class ReadGroups {
  readonly #groups: GroupRead[] = [];
  readonly #byDn = new Map<string, GroupRead>();
  readonly #ids = new Set<string>();
  readonly #names = new Map<string, string>();
  /** Each name of somebody unknown once: groups share their strangers. */
  readonly #strangers = new Map<string, string>();
  readonly #faults = new Findings(['group', 'groups']);
  readonly #namesakes = new Findings(['group', 'groups']);
  #unnamed = 0;
  #isRepeating = false;

  constructor(
    private readonly schema: LdapSchema,
    private readonly users: ReadUsers,
  ) {}

  /** Takes an entry without its members, or notes why it cannot be taken: then there is nothing to give. */
  take(entry: ReadableEntry): GroupRead | undefined {
    const read = groupOf(entry, this.schema);
    if ('fault' in read) {
      this.#fault(read, entry);
      return undefined;
    }
    const group = { ...read, memberIds: [], otherDns: [] };
    this.#takeNames(entry, group);
    this.#groups.push(group);
    return group;
  }

  /**
   * Takes values that name members of a group; stops again and again, so that others get a turn. A username that several
   * have is a fault: one of them may have been a member before the others came, and loses nothing by that.
   */
  *takeMembers(
    group: GroupRead,
    { attribute, names }: MembersAttribute,
    values: readonly Uint8Array[],
  ): Generator<void, void> {
    let namesSeveral = false;
    for (const [i, value] of values.entries()) {
      if (i % MEMBERS_AT_ONCE === MEMBERS_AT_ONCE - 1) yield;
      const text = textOf(value);
      const dn = names === 'username' || text === undefined ? undefined : memberDn(text, names);
      const id = dn === undefined ? this.#idOfUsername(text, names) : this.users.idOfDn(dn);
      if (id === SEVERAL) namesSeveral = true;
      else if (id !== undefined) group.memberIds.push(id);
      else if (dn !== undefined) group.otherDns.push(this.#stranger(dn));
      else this.#unnamed += 1;
    }
    if (namesSeveral)
      this.#faults.add(`with a ${attribute} that several users have`, WHICH_OF_THEM, group.id);
  }

  /** Whether an entry came twice: the answer is not whole, and may never end. */
  get isRepeating(): boolean {
    return this.#isRepeating;
  }

  /** How many are in memory: groups, and names of members who are no users. */
  get size(): number {
    return this.#groups.length + this.#strangers.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Canonical DNs of members that are neither users nor groups of this answer. */
  *unknownDns(): Generator<void, Set<string>> {
    const unknown = new Set<string>();
    let seen = 0;
    for (const dn of this.#strangers.keys()) {
      if (!this.#byDn.has(dn) && this.users.idOfDn(dn) === undefined) unknown.add(dn);
      if ((seen += 1) % MEMBERS_AT_ONCE === 0) yield;
    }
    return unknown;
  }

  /** Notes another DN of a group that is known: its own has changed since. */
  alsoAt(dn: string, id: string): void {
    const group = this.#groups.find((one) => one.id === id);
    if (group) this.#byDn.set(dn, group);
  }

  /**
   * The groups with all members, nested ones included; undefined where they have more members than MOST_MEMBERSHIPS. To
   * be asked when all are in.
   */
  *flattened(): Generator<void, FlatGroups | undefined> {
    let unknown = this.#unnamed;
    let withGroups = 0;
    const nested = [];
    for (const { id, memberIds: known, otherDns } of this.#groups) {
      const found: string[] = [];
      const nestedKeys: string[] = [];
      for (const dn of otherDns) {
        const userId = this.users.idOfDn(dn);
        const key = this.#byDn.get(dn)?.id;
        if (userId !== undefined) found.push(userId);
        else if (key !== undefined) nestedKeys.push(key);
        else unknown += 1;
      }
      if (nestedKeys.length > 0) withGroups += 1;
      // Nearly always nobody is found so late, and the list is not made anew.
      nested.push({ key: id, memberIds: found.length > 0 ? [...known, ...found] : known, nestedKeys });
      yield;
    }
    const members = yield* flatteningMembers(nested, MOST_MEMBERSHIPS);
    const groups = this.#groups.map(({ id, name }) => ({ id, name, memberIds: members?.get(id) ?? [] }));
    return members && { groups, withGroups, unknown };
  }

  /** Why this is no whole answer, a sentence each. */
  reasons(): string[] {
    return this.#faults.sentences();
  }

  /** What an operator should know, a sentence each. */
  warnings(): string[] {
    return this.#namesakes.sentences();
  }

  #takeNames(entry: ReadableEntry, group: GroupRead): void {
    const { id, name } = group;
    const fault = (fault: string, right: string) => this.#fault({ fault, right, id }, entry);
    if (this.#ids.has(id)) {
      this.#isRepeating = true;
      fault('with an id that was there before', READ_AGAIN);
    }
    if (this.users.has(id)) fault('with the id of a user', ONE_THING);
    this.#ids.add(id);

    const namesake = this.#names.get(name);
    if (namesake !== undefined)
      this.#namesakes.add('with the name of another group', NAMES_ARE_SHOWN, `${id} and ${namesake}`);
    this.#names.set(name, id);

    const dn = canonicalDn(entry.dn);
    if (dn === undefined) fault('with a DN that cannot be read', 'A DN is as RFC 4514 writes it.');
    else if (this.#byDn.has(dn) && this.#byDn.get(dn)?.id !== id) fault(SAME_DN, READ_AGAIN);
    else this.#byDn.set(dn, group);
  }

  #idOfUsername(
    text: string | undefined,
    names: MembersAttribute['names'],
  ): string | typeof SEVERAL | undefined {
    return text === undefined || names !== 'username' ? undefined : this.users.idOfUsername(text);
  }

  #fault({ fault, right, id }: EntryFault, { dn }: ReadableEntry): void {
    this.#faults.add(fault, right, id ?? `below ${placeOf(dn)}`);
  }

  #stranger(dn: string): string {
    const known = this.#strangers.get(dn);
    if (known === undefined) this.#strangers.set(dn, dn);
    return known ?? dn;
  }
}

const READ_AGAIN = 'The directory changed while it was read, or gives entries twice.';
const SAME_DN = 'with the DN of another entry';
const ONE_THING = 'Let LDAP_USER_FILTER or LDAP_GROUP_FILTER leave it out: an entry is a user or a group.';
const NAMES_ARE_SHOWN = 'Grants go by id, so each keeps its own; ADMIN_GROUPS needs id:UUID for such a name.';
const WHICH_OF_THEM =
  'Nobody can tell which of them is meant: rename one, or let LDAP_USER_FILTER leave it out.';
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(value: Uint8Array): string | undefined {
  try {
    return UTF8.decode(value);
  } catch {
    return undefined; // then it names nobody
  }
}

function memberDn(text: string, names: 'dn' | 'dn-and-uid'): string | undefined {
  return canonicalDn(names === 'dn-and-uid' ? withoutUniqueIdentifier(text) : text);
}
