import { randomBytes } from 'node:crypto';
import type { LdapSettings } from '@tokenwarden/settings';
import { canonicalName } from '@tokenwarden/vocabulary';
import type { DirectoryUser } from '../../directory-answer.js';
import { filterOf, whoseValueIsOneOf } from '../escaping.js';
import type { LdapConnection, LdapEntry } from '../connection/ldap-connection.js';
import { asFault, type LdapConnections } from '../connection/connections.js';
import { userOf, type EntryFault, type ReadUser } from '../entries/entries.rules.js';
import { LdapFault } from '../connection/ldap-faults.js';
import { schemaOf } from '../entries/ldap-schema.rules.js';
import type { BindOutcome } from '../connection/bind-outcome.rules.js';
import { RefusalTimes } from './refusal-times.js';
import { Places } from '../../places.js';

/** All that one sign-in may take, in milliseconds, however many servers there are: the caller is answered within 5 s. */
const SIGN_IN_MS = 4_000;
const MOST_AT_ONCE = 8;
const MOST_WAITING = 100;

interface Found {
  readonly dn: string;
  readonly read: ReadUser | EntryFault;
  /** What the entry may be called: where it can be taken, its username. */
  readonly names: readonly string[];
}

/**
 * Finds the one entry of a name, binds as it with the password, and reads it anew. Whoever is refused costs the same
 * work and time, whatever the reason: a name with no entry, or with two, is tried as a DN that nobody has.
 */
export class LdapSignIn {
  readonly #connections: LdapConnections;
  readonly #settings: LdapSettings;
  readonly #places = new Places(MOST_AT_ONCE, MOST_WAITING);
  readonly #times = new RefusalTimes();
  readonly #decoyDn: string;

  constructor(connections: LdapConnections, settings: LdapSettings) {
    this.#connections = connections;
    this.#settings = settings;
    this.#decoyDn = `cn=${randomBytes(12).toString('hex')},${settings.userBase}`;
  }

  /**
   * The entry of the user with this name and password; undefined where they are refused. An empty password is, without
   * asking anybody.
   * @throws LdapFault where no server can say
   */
  async authenticate(username: string, password: string): Promise<DirectoryUser | undefined> {
    if (password === '') return undefined;
    const signal = AbortSignal.timeout(SIGN_IN_MS);
    try {
      return await this.#places.with(() => this.#signIn(username, password, signal), signal);
    } catch (error) {
      throw asFault(error);
    }
  }

  /** Refuses whoever waits. */
  close(): void {
    this.#places.close();
  }

  async #signIn(username: string, password: string, signal: AbortSignal): Promise<DirectoryUser | undefined> {
    const name = canonicalName(username);
    const [found, ...others] = await this.#connections.withQuickReader(
      (connection, attempt) => this.#entriesNamed(connection, username, attempt),
      signal,
    );
    const one = others.length === 0 ? found : undefined;
    const dn = one?.dn;
    const outcome = await this.#tryPassword(one, password, signal);
    if (dn === undefined || outcome !== 'accepted') return undefined;

    const now = await this.#connections.withQuickReader(
      (connection, attempt) => this.#entryAt(connection, dn, attempt),
      signal,
    );
    if (!now) return undefined;
    if (!('user' in now.read)) throw this.#unreadable(now.read);
    // Another entry may have the DN by now: whose password it was is known by the id alone.
    const isTheSame = !(found && 'user' in found.read) || found.read.user.id === now.read.user.id;
    const { user } = now.read;
    return isTheSame && user.enabled && canonicalName(user.username) === name ? user : undefined;
  }

  /** The entries that have this name, by our rule and not by the server's, which may hold more spellings for one. */
  async #entriesNamed(
    connection: LdapConnection,
    username: string,
    signal: AbortSignal,
  ): Promise<readonly Found[]> {
    const schema = schemaOf(this.#settings);
    const name = canonicalName(username);
    if (name === '') return [];
    // Both spellings: an entry each is two entries for one name.
    const filter = whoseValueIsOneOf(filterOf(schema.userFilter), schema.username, [username, name]);
    const found = await this.#read(
      connection,
      { base: this.#settings.userBase, scope: 'sub', filter },
      signal,
    );
    return found.filter(({ dn, names }) => dn !== '' && names.some((one) => canonicalName(one) === name));
  }

  async #entryAt(connection: LdapConnection, dn: string, signal: AbortSignal): Promise<Found | undefined> {
    const filter = filterOf(schemaOf(this.#settings).userFilter);
    try {
      return (await this.#read(connection, { base: dn, scope: 'base', filter }, signal))[0];
    } catch (error) {
      // Gone since the password was right.
      if (error instanceof LdapFault && error.kind === 'missing') return undefined;
      throw error;
    }
  }

  async #read(
    connection: LdapConnection,
    search: Pick<Parameters<LdapConnection['pages']>[0], 'base' | 'scope' | 'filter'>,
    signal: AbortSignal,
  ): Promise<Found[]> {
    const schema = schemaOf(this.#settings);
    const entries: LdapEntry[] = [];
    for await (const page of connection.pages({ ...search, attributes: schema.userAttributes }, signal)) {
      entries.push(...page);
    }
    return entries.map((entry) => {
      const read = userOf(entry, schema);
      return {
        dn: entry.dn,
        read,
        names: 'user' in read ? [read.user.username] : entry.texts(schema.username),
      };
    });
  }

  /** Binds as the entry, or as nobody at all, and takes the same time where it is refused. */
  async #tryPassword(one: Found | undefined, password: string, signal: AbortSignal): Promise<BindOutcome> {
    const begun = performance.now();
    const outcome = await this.#connections.bindAs(one?.dn ?? this.#decoyDn, password, signal);
    if (one !== undefined && outcome === 'accepted') return outcome;
    // OpenLDAP says of a locked entry that its password is wrong, and has not looked at it.
    const isEnabled = one !== undefined && 'user' in one.read && one.read.user.enabled;
    if (isEnabled && outcome === 'wrong') this.#times.note(one.dn, performance.now() - begun);
    await this.#times.waitFrom(begun, signal);
    return outcome;
  }

  #unreadable({ fault, right }: EntryFault): LdapFault {
    return new LdapFault('refused', `Somebody has the right password and an entry ${fault}. ${right}`);
  }
}
