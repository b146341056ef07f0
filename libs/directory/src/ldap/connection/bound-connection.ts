import {
  BindRequest,
  BindResponse,
  ExtendedRequest,
  ExtendedResponse,
  PagedResultsControl,
  PasswordPolicyControl,
  PasswordPolicyError,
  SearchRequest,
  SearchResponse,
  type Filter,
} from 'ldapts';
import { filterOf } from '../escaping.js';
import type { LdapConnection, LdapEntry, LdapSearch } from './ldap-connection.js';
import { LdapChannel } from './channel.js';
import { ReceivedEntry } from './entry.js';
import { faultOf, LdapFault } from './ldap-faults.js';
import { readerBindFault, RESULT, searchFault } from './ldap-faults.rules.js';
import { isBesideThePoint, shownReference } from './references.rules.js';
import type { LdapServer, LdapTrust } from './ldap-server.js';
import type { Patience } from '../../patience.js';
import type { SchemaName } from '../entries/ldap-schema.rules.js';

/** The most that one operation takes, in milliseconds. */
export const OPERATION_MS = 5_000;

const START_TLS = '1.3.6.1.4.1.1466.20037';
const PAGE_SIZE = 500;
// A page may be empty though more follow (RFC 2696); a server that goes on and on with them is not answering.
const MOST_EMPTY_PAGES = 1_000;

/** Who signs in on a connection. */
export interface Credentials {
  readonly dn: string;
  readonly password: string;
}

/** What it takes to reach a server as it should be reached. */
export interface Reach {
  readonly server: LdapServer;
  readonly trust: LdapTrust;
}

/**
 * Connects, and encrypts where LDAP_URL or LDAP_START_TLS say so: before that nothing is said that matters.
 * @throws LdapFault where the server cannot be reached, or is not proved to be the right one
 */
export async function connectTo({ server, trust }: Reach, patience: Patience): Promise<LdapChannel> {
  const channel = await LdapChannel.connect(server, patience);
  try {
    if (server.encryption === 'start-tls') {
      const request = new ExtendedRequest({ messageId: 0, oid: START_TLS });
      const { response } = await channel.exchange(request, ExtendedResponse, patience);
      if (response.status !== RESULT.success) {
        const sentence = `it does not offer StartTLS (result ${response.status}): write ldaps://, or set it up there.`;
        throw faultOf(server.url, { kind: 'untrusted', sentence }, { resultCode: response.status });
      }
    }
    if (server.encryption !== 'none') {
      await channel.secure(await trust.optionsFor(server.host), patience, trust.caFile !== undefined);
    }
    return channel;
  } catch (error) {
    channel.end();
    throw error;
  }
}

/** What a server said to a name and a password. */
export interface BindAnswer {
  readonly code: number;
  /** Whether the password is good for nothing but being changed, though the code may be that of success. */
  readonly mustChange: boolean;
}

/**
 * Binds with a name and a password, and never without either: that would succeed as nobody (RFC 4513, 5.1.2). Asks for
 * the server's policy beside (draft-behera-ldap-password-policy, 6), which servers that know of none pass over.
 */
export async function bind(
  channel: LdapChannel,
  { dn, password }: Credentials,
  patience: Patience,
): Promise<BindAnswer> {
  if (dn === '' || password === '') throw new Error('A bind has a name and a password.');
  const policy = new PasswordPolicyControl();
  const request = new BindRequest({ messageId: 0, dn, password, controls: [policy] });
  const { response } = await channel.exchange(request, BindResponse, patience);
  const mustChange = policy.value?.error === PasswordPolicyError.ChangeAfterReset;
  // Never the server's text: it may repeat what it was sent, the password included.
  return { code: response.status, mustChange };
}

/** A connection on which LDAP_BIND_DN is bound: there is no other way to get one, so nothing is asked as nobody. */
export class BoundConnection implements LdapConnection {
  #isPaging = false;

  private constructor(
    readonly channel: LdapChannel,
    private readonly schema: SchemaName,
  ) {}

  /**
   * Connects, encrypts, binds.
   * @throws LdapFault where any of it fails
   */
  static async open(
    reach: Reach,
    reader: Credentials & { readonly schema: SchemaName },
    patience: Patience,
  ): Promise<BoundConnection> {
    const channel = await connectTo(reach, patience);
    try {
      const { code } = await bind(channel, reader, patience);
      if (code === RESULT.success) return new BoundConnection(channel, reader.schema);
      throw faultOf(reach.server.url, readerBindFault(code), { resultCode: code });
    } catch (error) {
      channel.end();
      throw error;
    }
  }

  /** See `LdapConnection.pages`. */
  async *pages(search: LdapSearch, signal?: AbortSignal): AsyncGenerator<readonly LdapEntry[]> {
    if (search.attributes.length === 0) throw new Error('A search names its attributes.');
    const filter = typeof search.filter === 'string' ? filterOf(search.filter) : search.filter;
    if (search.scope === 'base') {
      yield (await this.#ask(search, filter, undefined, signal)).entries;
      return;
    }
    // Servers keep the place of few paged searches for a connection, OpenLDAP of one.
    if (this.#isPaging) throw new Error('One search of scope "sub" at a time.');
    this.#isPaging = true;
    let isFinished = false;
    try {
      let emptyPages = 0;
      let cookie: Buffer | undefined;
      do {
        const page = await this.#ask(search, filter, { size: search.pageSize ?? PAGE_SIZE, cookie }, signal);
        cookie = page.cookie;
        emptyPages = page.entries.length > 0 ? 0 : emptyPages + 1;
        if (emptyPages > MOST_EMPTY_PAGES) throw this.#endlessPages(search.base);
        if (page.entries.length > 0) yield page.entries;
      } while (cookie !== undefined);
      isFinished = true;
    } finally {
      this.#isPaging = false;
      if (!isFinished) this.channel.end();
    }
  }

  async #ask(
    { base, scope, attributes }: LdapSearch,
    filter: Filter,
    page: { readonly size: number; readonly cookie: Buffer | undefined } | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly entries: readonly LdapEntry[]; readonly cookie: Buffer | undefined }> {
    const value = page && (page.cookie ? { size: page.size, cookie: page.cookie } : { size: page.size });
    const request = new SearchRequest({
      messageId: 0,
      baseDN: base,
      scope,
      filter,
      attributes: [...attributes],
      // No size limit of ours: it would make a part look like all.
      timeLimit: OPERATION_MS / 1_000,
      controls: value ? [new PagedResultsControl({ value })] : [],
    });
    const { response, entries, references } = await this.channel.exchange(
      request,
      SearchResponse,
      { milliseconds: OPERATION_MS, signal },
      // Some servers do not count exactly.
      page ? 2 * page.size : 1,
    );
    const { url } = this.channel.server;
    if (response.status !== RESULT.success) {
      const fault = searchFault(response.status, scope === 'sub' ? base : undefined);
      throw faultOf(url, fault, { resultCode: response.status });
    }
    const elsewhere = references.find((uri) => !isBesideThePoint(uri, this.schema));
    if (elsewhere !== undefined) {
      const sentence = `a part of what is below "${base}" stands elsewhere, at ${shownReference(elsewhere)}, and referrals are not followed: name a base that leads to none.`;
      throw faultOf(url, { kind: 'incomplete', sentence });
    }
    const { controls = [] } = response;
    const place = controls.find((control) => control instanceof PagedResultsControl)?.value?.cookie;
    // Who never speaks of pages gives all at once; who has begun to, or gives a full one, says that it was the last.
    if (page && place === undefined && (page.cookie !== undefined || entries.length >= page.size)) {
      const sentence = `it stops giving pages of "${base}", and does not say that there are no more.`;
      throw faultOf(url, { kind: 'incomplete', sentence });
    }
    const cookie = place !== undefined && place.length > 0 ? place : undefined;
    return { entries: entries.map((entry) => new ReceivedEntry(entry)), cookie };
  }

  #endlessPages(base: string): LdapFault {
    return new LdapFault(
      'incomplete',
      `${this.channel.server.url}: it gives page after page without an entry of "${base}".`,
    );
  }
}
