import { canonicalName } from '@tokenwarden/vocabulary';
import type { DirectoryUser } from '../../directory-changes.rules.js';
import { canonicalDn, placeOf } from '../entries/dn.rules.js';
import { Findings } from './findings.js';
import { userOf, type EntryFault, type ReadableEntry } from '../entries/entries.rules.js';
import type { LdapSchema } from '../entries/ldap-schema.rules.js';

/** In place of an id: several users are meant as much as one another. */
export const SEVERAL = Symbol('several');

/** The users of one answer as they come in, and by what names groups call them. */
export class ReadUsers {
  readonly users: DirectoryUser[] = [];
  readonly #ids = new Set<string>();
  readonly #byDn = new Map<string, string>();
  readonly #byUsername = new Map<string, string>();
  readonly #shared = new Set<string>();
  #isRepeating = false;
  readonly #faults = new Findings(['user', 'users']);
  readonly #namesakes = new Findings(['user', 'users']);
  readonly #passedOver = new Findings(['user', 'users']);

  constructor(private readonly schema: LdapSchema) {}

  /** Takes an entry, or notes why it cannot be taken. */
  take(entry: ReadableEntry): void {
    const read = userOf(entry, this.schema);
    if ('fault' in read) {
      this.#fault(read, entry);
      return;
    }
    const { user, passedOver } = read;
    this.#takeNames(entry, user);
    this.users.push(user);
    for (const fact of passedOver) {
      const [fault, right] = PASSED_OVER[fact];
      this.#passedOver.add(fault, right, user.id);
    }
  }

  /** Whether an entry came twice: the answer is not whole, and may never end. */
  get isRepeating(): boolean {
    return this.#isRepeating;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** The id of the user with this canonical DN. */
  idOfDn(dn: string): string | undefined {
    return this.#byDn.get(dn);
  }

  /** The id of the user with this username, as a group names it; SEVERAL where more than one have it. */
  idOfUsername(username: string): string | typeof SEVERAL | undefined {
    const name = canonicalName(username);
    return this.#shared.has(name) ? SEVERAL : this.#byUsername.get(name);
  }

  /** Whether this DN or username was read as somebody else's, so that groups may have meant another one by it. */
  isAnothers(
    { dn, id }: { readonly dn: string; readonly id: string },
    username: string | undefined,
  ): boolean {
    const ids = [this.#byDn.get(dn), username === undefined ? undefined : this.idOfUsername(username)];
    return ids.some((known) => known !== undefined && known !== SEVERAL && known !== id);
  }

  /** Notes another DN of a user who is known: theirs has changed since. */
  alsoAt(dn: string, id: string): void {
    this.#byDn.set(dn, id);
  }

  /** Why this is no whole answer, a sentence each. */
  reasons(): string[] {
    return this.#faults.sentences();
  }

  /** What an operator should know, a sentence each: names that several have, and what was passed over. */
  warnings(): string[] {
    return [...this.#namesakes.sentences(), ...this.#passedOver.sentences()];
  }

  #takeNames(entry: ReadableEntry, { id, username }: DirectoryUser): void {
    const fault = (fault: string, right: string) => this.#fault({ fault, right, id }, entry);
    if (this.#ids.has(id)) {
      this.#isRepeating = true;
      fault('with an id that was there before', READ_AGAIN);
    }
    this.#ids.add(id);

    const name = canonicalName(username);
    const namesake = this.#byUsername.get(name);
    if (namesake !== undefined && namesake !== id) {
      this.#namesakes.add(SAME_NAME, NAMES_SIGN_IN, `${id} and ${namesake}`);
      this.#shared.add(name);
    }
    this.#byUsername.set(name, id);

    const dn = canonicalDn(entry.dn);
    if (dn === undefined) fault('with a DN that cannot be read', 'A DN is as RFC 4514 writes it.');
    else if (this.#byDn.has(dn) && this.#byDn.get(dn) !== id) fault(SAME_DN, READ_AGAIN);
    else this.#byDn.set(dn, id);
  }

  #fault({ fault, right, id }: EntryFault, { dn }: ReadableEntry): void {
    this.#faults.add(fault, right, id ?? `below ${placeOf(dn)}`);
  }
}

const READ_AGAIN = 'The directory changed while it was read, or gives entries twice.';
const SAME_DN = 'with the DN of another entry';
const SAME_NAME = 'with the username of another entry, letter case and form aside';
const NAMES_SIGN_IN =
  'Nobody signs in by a name that several have: rename one, or let LDAP_USER_FILTER leave it out.';
const PASSED_OVER = {
  displayName: ['with a display name that cannot be shown', 'The username is shown in its place.'],
  email: ['with an address that is no e-mail address', 'No mail is sent there.'],
} as const;
