import type { LdapSettings } from '@tokenwarden/settings';
import { bind, BoundConnection, connectTo, OPERATION_MS, type Reach } from './bound-connection.js';
import type { LdapChannel } from './channel.js';
import type { LdapConnection } from './ldap-connection.js';
import { IdleConnections } from './idle-connections.js';
import { orderOf } from './server-order.rules.js';
import { faultOf, LdapFault } from './ldap-faults.js';
import { isOfTheServer } from './ldap-faults.rules.js';
import { LdapTrust, serverOf, type LdapServer } from './ldap-server.js';
import { bindOutcome, type BindOutcome } from './bind-outcome.rules.js';
import { WaitingEnded } from '../../patience.js';
import { NoPlace, Places } from '../../places.js';

const MOST_READERS = 4;
const MOST_WAITING = 100;
// Servers and what stands before them let go of what is quiet for minutes, and do not always say so.
const IDLE_MS = 30_000;
// While there is another server to ask, or another connection, none gets all the time that a sign-in has.
const ONE_OF_SEVERAL_MS = 1_200;

/**
 * Connections to the servers of LDAP_URL, in their order. Those that read are bound as LDAP_BIND_DN and few; whoever's
 * password is tried gets a connection of its own, which is used for nothing else. No server keeps anybody waiting
 * without end. For sign-ins one that failed a moment ago is asked last; what reads much goes by LDAP_URL alone.
 */
export class LdapConnections {
  // Private to the language as well: nothing that prints this object shows a password.
  readonly #settings: LdapSettings;
  readonly #trust: LdapTrust;
  readonly #failedAt = new Map<string, number>();
  readonly #places = new Places(MOST_READERS, MOST_WAITING);
  readonly #idle = new IdleConnections(IDLE_MS);
  readonly #inUse = new Set<LdapChannel>();
  #isClosed = false;

  /** In the order of LDAP_URL. */
  readonly servers: readonly LdapServer[];

  constructor(settings: LdapSettings) {
    this.#settings = settings;
    this.servers = settings.urls.map((url) => serverOf(url, settings.startTls));
    this.#trust = new LdapTrust(settings.caFile);
  }

  /**
   * Reads much, once: on a new connection that is nobody else's, at the first server of LDAP_URL that can be reached,
   * however it did at sign-ins: a moment's slowness must not bring the answer of another one, which may lag behind.
   * `work` is told in whose place the one that answered did so.
   * @throws LdapFault where no server can be reached, and what `work` throws
   */
  async withReader<T>(
    work: (connection: LdapConnection, failures: readonly string[]) => Promise<T>,
    signal = never(),
  ): Promise<T> {
    return this.#inPlace(signal, async () => {
      const { connection, failures } = await this.#atEach(
        { servers: this.servers, signal },
        async (server, attempt, faults) => ({
          connection: await this.#open(server, attempt),
          failures: faults.map(({ message }) => `${message} ${server.url} answered in its place.`),
        }),
      );
      const { channel } = connection;
      try {
        return await this.#using(channel, () => work(connection, failures));
      } finally {
        // Whoever reads may have made words of it: sign-ins begin at another server all the same.
        this.#noteFault(channel.server, channel.fault);
        channel.end();
      }
    });
  }

  /**
   * Reads little, soon: on a connection that may have been used before, and all of it again at the next server where one
   * fails. `work` changes nothing, and stops when its signal ends.
   * @throws LdapFault where no server answers, and what `work` throws
   */
  async withQuickReader<T>(work: QuickWork<T>, signal: AbortSignal): Promise<T> {
    return this.#inPlace(signal, () =>
      this.#atEach(this.#soon(signal), async (server, attempt) => {
        const used = await this.#onUsed(server, work, attempt);
        return used ? used.result : this.#andKeep(await this.#open(server, attempt), work, attempt);
      }),
    );
  }

  /**
   * What a server says to this name and password, on a connection that is used for nothing else. An empty one of them,
   * or a password with a NUL, at which some servers stop reading, is refused and never sent.
   * @throws LdapFault where no server can say
   */
  async bindAs(dn: string, password: string, signal: AbortSignal): Promise<BindOutcome> {
    if (dn === '' || password === '' || password.includes('\0')) return 'refused';
    return this.#atEach(this.#soon(signal), async (server, attempt) => {
      const patience = { milliseconds: OPERATION_MS, signal: attempt };
      const channel = await connectTo(this.#reach(server), patience);
      try {
        const answer = await this.#using(channel, () => bind(channel, { dn, password }, patience));
        const { code } = answer;
        const outcome = bindOutcome(answer, this.#settings.schema);
        if (typeof outcome === 'object') throw faultOf(server.url, outcome, { resultCode: code });
        return outcome;
      } finally {
        channel.end();
      }
    });
  }

  /**
   * Whether a server can be reached and lets LDAP_BIND_DN in. For a check.
   * @returns which TLS it speaks; undefined: none
   * @throws LdapFault where it does not
   */
  async tryServer(server: LdapServer): Promise<string | undefined> {
    const { channel } = await this.#open(server, never());
    channel.end();
    return channel.protocol;
  }

  /** Lets go of every connection; whoever uses one gets a fault. */
  close(): void {
    this.#isClosed = true;
    this.#places.close();
    this.#idle.drop(() => true);
    for (const channel of this.#inUse) channel.end();
  }

  /** How a sign-in asks: those that failed a moment ago last, and none gets all the time. */
  #soon(signal: AbortSignal): Attempts {
    const servers = orderOf(this.servers, this.#failedAt, performance.now());
    return { servers, signal, limit: ONE_OF_SEVERAL_MS };
  }

  /** Does it at one server after the other until one does not fail. */
  async #atEach<T>(
    { servers, signal, limit }: Attempts,
    attempt: (server: LdapServer, signal: AbortSignal, faults: readonly LdapFault[]) => Promise<T>,
  ): Promise<T> {
    const faults: LdapFault[] = [];
    for (const [i, server] of servers.entries()) {
      const isLimited = limit !== undefined && i < servers.length - 1;
      try {
        const result = await attempt(server, isLimited ? within(limit, signal) : signal, faults);
        this.#failedAt.delete(server.url);
        return result;
      } catch (error) {
        this.#noteFault(server, error);
        if (!(error instanceof LdapFault) || !isOfTheServer(error.kind)) throw error;
        faults.push(error);
        if (signal.aborted) break;
      }
    }
    throw together(faults);
  }

  /** On a connection that was used before; undefined where there is none, or it has died since. */
  async #onUsed<T>(
    server: LdapServer,
    work: QuickWork<T>,
    signal: AbortSignal,
  ): Promise<{ readonly result: T } | undefined> {
    const connection = this.#idle.take(server.url);
    if (!connection) return undefined;
    try {
      return { result: await this.#andKeep(connection, work, within(ONE_OF_SEVERAL_MS, signal)) };
    } catch (error) {
      const isDead = error instanceof LdapFault && (error.kind === 'cut' || error.kind === 'late');
      if (!isDead || signal.aborted) throw error;
      this.#idle.drop(({ channel }) => channel.server === server);
      return undefined;
    }
  }

  async #andKeep<T>(connection: BoundConnection, work: QuickWork<T>, signal: AbortSignal): Promise<T> {
    const { channel } = connection;
    try {
      const result = await this.#using(channel, () => work(connection, signal));
      if (channel.isOpen) this.#idle.keep(connection);
      return result;
    } catch (error) {
      channel.end();
      throw error;
    }
  }

  async #open(server: LdapServer, signal: AbortSignal): Promise<BoundConnection> {
    this.#idle.dropBeyond(MOST_READERS - this.#places.inUse);
    const { bindDn: dn, bindPassword: password, schema } = this.#settings;
    const patience = { milliseconds: OPERATION_MS, signal };
    return BoundConnection.open(this.#reach(server), { dn, password, schema }, patience);
  }

  #reach(server: LdapServer): Reach {
    return { server, trust: this.#trust };
  }

  async #using<T>(channel: LdapChannel, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) channel.end();
    this.#inUse.add(channel);
    try {
      return await work();
    } finally {
      this.#inUse.delete(channel);
    }
  }

  async #inPlace<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#places.with(work, signal);
    } catch (error) {
      throw asFault(error);
    }
  }

  #noteFault(server: LdapServer, error: unknown): void {
    if (error instanceof LdapFault && isOfTheServer(error.kind)) {
      this.#failedAt.set(server.url, performance.now());
    }
  }
}

/** Who is asked, in this order; each but the last within the limit, in milliseconds, where there is one. */
interface Attempts {
  readonly servers: readonly LdapServer[];
  readonly signal: AbortSignal;
  readonly limit?: number;
}

/** What reads little; it changes nothing, and stops when the signal ends. */
export type QuickWork<T> = (connection: LdapConnection, signal: AbortSignal) => Promise<T>;

/** What came of waiting for a place, in words. */
export function asFault(error: unknown): unknown {
  if (error instanceof NoPlace && !error.isClosed)
    return new LdapFault('busy', 'Too many are asking the directory at once.');
  if (error instanceof WaitingEnded && error.isLate)
    return new LdapFault('late', 'Others were asking the directory all the time that there was.');
  if (error instanceof NoPlace || error instanceof WaitingEnded)
    return new LdapFault('aborted', 'Nobody waits for the directory any more.');
  return error;
}

function together(faults: readonly LdapFault[]): LdapFault {
  const [first, ...others] = faults;
  if (!first) return new LdapFault('setting', 'LDAP_URL names no server.');
  return others.length === 0
    ? first
    : new LdapFault(first.kind, faults.map(({ message }) => message).join(' '), { cause: first });
}

const never = () => new AbortController().signal;
const within = (milliseconds: number, signal: AbortSignal) =>
  AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
