import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { MessageParser, SearchEntry, SearchReference, UnbindRequest } from 'ldapts';
import type { LdapServer } from './ldap-server.js';
import { MessageFrames, TooMuch } from './frames.js';
import { faultOf, LdapFault } from './ldap-faults.js';
import { socketFault } from './ldap-faults.rules.js';
import { patiently, WaitingEnded, type Patience } from '../../patience.js';

// The classes of ldapts that this rests on, by what is used of them.
type Requests = Parameters<MessageParser['read']>[1];
type Request = Requests extends Map<string, { message: infer Message }> ? Message : never;
type Response = Pick<SearchEntry, 'messageId' | 'status' | 'errorMessage' | 'controls'>;
type ResponseClass<R extends Response> = abstract new (...options: never[]) => R;

/** What a server said in answer to one request. */
export interface Exchange<R> {
  readonly response: R;
  readonly entries: readonly SearchEntry[];
  /** URIs of search references. */
  readonly references: readonly string[];
}

interface Pending {
  readonly messageId: number;
  readonly request: Request;
  readonly responseClass: ResponseClass<Response>;
  readonly mostEntries: number;
  readonly entries: SearchEntry[];
  readonly references: string[];
  readonly resolve: (exchange: Exchange<Response>) => void;
  readonly reject: (fault: Error) => void;
}

const LAST_MESSAGE_ID = 2 ** 31 - 1;
const GOODBYE_MS = 1_000;
const MORE_THAN_ASKED = 'more entries than were asked for';

/**
 * One connection to one server, and LDAP messages on it: one request at a time, its whole answer or a fault. The client
 * of ldapts is not used, only its messages: that one connects again by itself, as nobody and in clear, takes a page
 * without entries for the last, and after StartTLS does not notice that the connection has ended. This one is lost for
 * good with the first thing that goes wrong.
 */
export class LdapChannel {
  #socket: Socket;
  #frames = new MessageFrames();
  readonly #parser = new MessageParser();
  #pending: Pending | undefined;
  #lost: LdapFault | undefined;
  #lastMessageId = 0;

  private constructor(
    readonly server: LdapServer,
    socket: Socket,
  ) {
    this.#socket = socket;
    this.#parser.on('message', (message) => this.#take(message));
    this.#parser.on('error', (error) => this.#lose(this.#noLdap(error)));
    this.#listenTo(socket);
  }

  /**
   * Connects, not yet encrypted and as nobody.
   * @throws LdapFault where the server cannot be reached
   */
  static async connect(server: LdapServer, patience: Patience): Promise<LdapChannel> {
    const socket = connect({ host: server.host, port: server.port, noDelay: true, keepAlive: true });
    try {
      await patiently<void>(patience, (resolve, reject) => {
        socket.once('connect', () => resolve()).once('error', reject);
      });
    } catch (error) {
      socket.on('error', () => {}).destroy();
      throw error instanceof WaitingEnded
        ? ended(server, error, 'it could not be reached')
        : faultOf(
            server.url,
            socketFault(error, { host: server.host, hasCaFile: false, isSecuring: false }),
            {
              cause: error,
            },
          );
    }
    socket.removeAllListeners('error');
    return new LdapChannel(server, socket);
  }

  /** Whether a request can be made. */
  get isOpen(): boolean {
    return this.#lost === undefined;
  }

  /** Why no request can be made any more; undefined: one can. */
  get fault(): LdapFault | undefined {
    return this.#lost;
  }

  /** Which TLS is spoken; undefined: none. */
  get protocol(): string | undefined {
    return 'getProtocol' in this.#socket
      ? ((this.#socket as TLSSocket).getProtocol() ?? undefined)
      : undefined;
  }

  /**
   * Encrypts everything from here on, and makes sure who the server is.
   * @throws LdapFault where it is not proved
   */
  async secure(options: ConnectionOptions, patience: Patience, hasCaFile: boolean): Promise<void> {
    const plain = this.#socket;
    this.#throwIfLost();
    // What came in clear behind the server's last message would be taken for something said under encryption.
    if (!this.#frames.isEmpty) throw this.#lose(this.#noLdap());
    plain.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
    plain.on('error', () => {});
    const secured = connectTls({ ...options, socket: plain });
    try {
      await patiently<void>(patience, (resolve, reject) => {
        secured.once('secureConnect', () => resolve()).once('error', reject);
        secured.once('close', () => reject(Object.assign(new Error('Closed.'), { code: 'ECONNRESET' })));
      });
    } catch (error) {
      secured.on('error', () => {}).destroy();
      plain.destroy();
      const facts = { host: this.server.host, hasCaFile, isSecuring: true };
      throw this.#lose(
        error instanceof WaitingEnded
          ? ended(this.server, error, 'it did not finish setting up TLS')
          : faultOf(this.server.url, socketFault(error, facts), { cause: error }),
      );
    }
    secured.removeAllListeners('error').removeAllListeners('close');
    this.#socket = secured;
    this.#listenTo(secured);
  }

  /**
   * Makes a request and waits for its whole answer, whatever its result code is. When patience ends the connection is
   * lost: an answer to nobody could be taken for another's.
   * @param mostEntries how many entries an answer may have; with one more the connection is lost
   * @throws LdapFault where the connection is or gets lost, or the request cannot be made
   */
  async exchange<R extends Response>(
    request: Request,
    responseClass: ResponseClass<R>,
    patience: Patience,
    mostEntries = 0,
  ): Promise<Exchange<R>> {
    this.#throwIfLost();
    if (this.#pending) throw new Error('One request at a time.');
    this.#lastMessageId = (this.#lastMessageId % LAST_MESSAGE_ID) + 1;
    const messageId = this.#lastMessageId;
    request.messageId = messageId;
    const bytes = this.#written(request);
    this.#frames.begin();
    try {
      return await patiently<Exchange<R>>(patience, (resolve, reject) => {
        const take = (exchange: Exchange<Response>) => resolve(exchange as Exchange<R>);
        const found = { entries: [], references: [] };
        this.#pending = { messageId, request, responseClass, mostEntries, ...found, resolve: take, reject };
        this.#socket.write(bytes);
      });
    } catch (error) {
      if (!(error instanceof WaitingEnded)) throw error;
      throw this.#lose(ended(this.server, error, 'it did not answer'));
    } finally {
      this.#pending = undefined;
    }
  }

  /** Says goodbye and lets go of the connection; whoever waits for an answer on it gets a fault. */
  end(): void {
    if (!this.isOpen) return;
    const socket = this.#socket;
    const messageId = (this.#lastMessageId % LAST_MESSAGE_ID) + 1;
    this.#lost = new LdapFault('aborted', `${this.server.url}: the connection was let go of.`);
    this.#pending?.reject(this.#lost);
    socket.end(new UnbindRequest({ messageId }).write());
    const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  #listenTo(socket: Socket): void {
    socket.on('data', (piece) => this.#read(piece));
    socket.on('error', (error) => {
      const facts = { host: this.server.host, hasCaFile: false, isSecuring: false };
      this.#lose(faultOf(this.server.url, socketFault(error, facts), { cause: error }));
    });
    socket.on('close', () =>
      this.#lose(new LdapFault('cut', `${this.server.url}: it ended the connection before it had answered.`)),
    );
  }

  /** ldapts writes no request of more than 16 MB, and a DN that a server gave may be that long. */
  #written(request: Request): Buffer {
    try {
      return request.write();
    } catch (cause) {
      const sentence = 'a request cannot be made: a name or value in it is too long.';
      throw faultOf(this.server.url, { kind: 'incomplete', sentence }, { cause });
    }
  }

  #read(piece: Buffer): void {
    if (!this.isOpen) return;
    try {
      for (const message of this.#frames.push(piece)) this.#parser.read(message, this.#asked());
    } catch (error) {
      this.#lose(error instanceof TooMuch ? this.#tooMuch(error.message) : this.#noLdap(error));
    }
  }

  /** By this the controls of an answer are known that were asked for. */
  #asked(): Requests {
    const pending = this.#pending;
    return new Map(pending ? [[String(pending.messageId), { message: pending.request }]] : []);
  }

  #take(message: Response): void {
    if (!this.isOpen) return;
    // Nobody asked for it (RFC 4511, 4.4): the server is about to disconnect, and says why by its result code.
    if (message.messageId === 0) {
      this.#lose(
        new LdapFault('cut', `${this.server.url}: it ended the connection (result ${message.status}).`),
      );
      return;
    }
    const pending = this.#pending;
    if (message.messageId !== pending?.messageId) this.#lose(this.#noLdap());
    else if (message instanceof SearchEntry) {
      if (pending.entries.length >= pending.mostEntries) this.#lose(this.#tooMuch(MORE_THAN_ASKED));
      else pending.entries.push(message);
    } else if (message instanceof SearchReference) pending.references.push(...message.uris);
    else if (message instanceof pending.responseClass) {
      pending.resolve({ response: message, entries: pending.entries, references: pending.references });
    } else this.#lose(this.#noLdap());
  }

  /** Lets go of the connection for this reason, or the one before it. */
  #lose(fault: LdapFault): LdapFault {
    if (this.#lost) return this.#lost;
    this.#lost = fault;
    this.#socket.destroy();
    this.#pending?.reject(fault);
    return fault;
  }

  #throwIfLost(): void {
    if (this.#lost) throw this.#lost;
  }

  #tooMuch(what: string): LdapFault {
    const sentence = `it gives ${what}, which is not read any further.`;
    return faultOf(this.server.url, { kind: 'incomplete', sentence });
  }

  #noLdap(cause?: unknown): LdapFault {
    return new LdapFault('cut', `${this.server.url}: what it says there is not LDAP.`, { cause });
  }
}

function ended(server: LdapServer, { isLate }: WaitingEnded, what: string): LdapFault {
  return isLate
    ? new LdapFault('late', `${server.url}: ${what} in time.`)
    : new LdapFault('aborted', `${server.url}: nobody waits for its answer any more.`);
}
