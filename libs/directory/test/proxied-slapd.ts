import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import {
  companyLdif,
  startSlapd,
  tcpProxy,
  type RunningSlapd,
  type TcpProxy,
} from '../../../test/harness/index.js';
import { LdapConnections } from '../src/ldap/connection/connections.js';
import type { LdapConnection, LdapSearch } from '../src/ldap/connection/ldap-connection.js';
import { settingsFor } from './ldap-settings.js';

/** How many users it has, beside the five of the demo. */
export const USERS = 1_200;
/** What finds one user. */
export const ONE_USER = { filter: '(uid=user000007)' };

const SIGN_IN_MS = 4_000;

/** As long as whoever signs in waits. */
export const soon = () => AbortSignal.timeout(SIGN_IN_MS);

/** An OpenLDAP for all tests of a file, and for each test a proxy before it with connections through that. */
export class ProxiedSlapd {
  slapd!: RunningSlapd;
  proxy!: TcpProxy;
  /** Through the proxy, plain. */
  connections!: LdapConnections;
  /** What is done after a test, in this order. */
  readonly ends: (() => Promise<void> | void)[] = [];

  /** Starts the server. */
  async open(): Promise<void> {
    this.slapd = await startSlapd({ people: 'demo', ldif: companyLdif({ users: USERS }) });
  }

  /** A new proxy, and new connections. */
  async begin(): Promise<void> {
    this.proxy = await this.aProxy();
    this.connections = this.connect({ urls: [this.proxy.url] });
  }

  /** Does what a test has left to be done. */
  async end(): Promise<void> {
    for (const end of this.ends.splice(0)) await end();
  }

  /** Stops the server. */
  async close(): Promise<void> {
    await this.slapd?.stop();
  }

  /** A search for everybody, where nothing else is said. */
  search = (changed: Partial<LdapSearch> = {}): LdapSearch => ({
    base: this.slapd.userBase,
    scope: 'sub',
    filter: '(objectClass=inetOrgPerson)',
    attributes: ['uid'],
    ...changed,
  });

  /** Reads everybody who is found, and counts them. */
  count = async (
    connection: LdapConnection,
    changed?: Partial<LdapSearch>,
    signal?: AbortSignal,
  ): Promise<number> => {
    let found = 0;
    for await (const page of connection.pages(this.search(changed), signal)) found += page.length;
    return found;
  };

  /** Counts one user, as somebody who signs in would look for them. */
  quickly = (on = this.connections, signal = soon()): Promise<number> =>
    on.withQuickReader((connection, attempt) => this.count(connection, ONE_USER, attempt), signal);

  /** Connections by these settings, plain unless they say something else, so that a proxy sees what is said. */
  connect = (changed: Partial<LdapSettings> = {}): LdapConnections => {
    const made = new LdapConnections(settingsFor(this.slapd, { startTls: false, ...changed }));
    this.ends.push(() => made.close());
    return made;
  };

  /** One more proxy before the server. */
  aProxy = async (): Promise<TcpProxy> => {
    const made = await tcpProxy(this.slapd.url);
    this.ends.push(() => made.close());
    return made;
  };
}

/** Such a server for the tests of the file that calls this. */
export function proxiedSlapdForSpecs(): ProxiedSlapd {
  const world = new ProxiedSlapd();
  beforeAll(() => world.open());
  beforeEach(() => world.begin());
  afterEach(() => world.end());
  afterAll(() => world.close());
  return world;
}
