/** One kept connection of HTTP/1.1, as thin as it can be: the load generator must not be what is measured. */
import { connect } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const GIVEN_UP_AFTER_MILLISECONDS = 30_000;

/**
 * The bytes of a request, made once and sent many times.
 * @param {string} url Where to, of the scheme http
 * @param {{method?: string, headers?: Record<string, string>, body?: string}} request What to send
 * @returns {Buffer} Head and body
 */
export function requestBytes(url, { method = 'POST', headers = {}, body = '' }) {
  const { host, pathname, search } = new URL(url);
  const lines = { host, 'content-length': String(Buffer.byteLength(body)), ...headers };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${head.join('')}\r\n${body}`);
}

/** Sends one request at a time and waits for its answer. */
export class Connection {
  #socket;
  #waiting;
  #received = [];
  #length = 0;
  #expected; // of head and body, once the head is read

  /**
   * Opens a connection.
   * @param {string} url Its host and port count
   * @returns {Promise<Connection>} Ready to ask; close it
   */
  static async open(url) {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket);
  }

  /** @param {import('node:net').Socket} socket A connected one */
  constructor(socket) {
    this.#socket = socket;
    socket.removeAllListeners('error');
    socket.setTimeout(GIVEN_UP_AFTER_MILLISECONDS, () => socket.destroy(new Error('No answer in 30 s.')));
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
  }

  /**
   * Sends a request.
   * @param {Buffer} bytes As `requestBytes` makes them
   * @returns {Promise<{status: number, body: Buffer}>} The answer
   * @throws Error where the connection is lost or the answer has no length
   */
  ask(bytes) {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) throw new Error('The connection is closed.');
      this.#waiting = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  /** Whether it can be asked: one that lies idle for half a minute ends. */
  get isOpen() {
    return !this.#socket.destroyed;
  }

  /** Ends the connection. */
  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #read(chunk) {
    this.#received.push(chunk);
    this.#length += chunk.length;
    if (this.#expected === undefined) this.#readHead();
    if (this.#expected === undefined || this.#length < this.#expected.whole) return;
    const { status, head, whole } = this.#expected;
    const body = this.#all().subarray(head, whole);
    this.#received = [];
    this.#length = 0;
    this.#expected = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ status, body });
  }

  #readHead() {
    const all = this.#all();
    const end = all.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const text = all.toString('latin1', 0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(text);
    const status = Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    const head = end + END_OF_HEAD.length;
    if (!length && status !== 204) this.#socket.destroy(new Error(`An answer without a length:\n${text}`));
    this.#expected = { status, head, whole: head + Number(length?.[1] ?? 0) };
  }

  #all() {
    if (this.#received.length > 1) this.#received = [Buffer.concat(this.#received)];
    return this.#received[0] ?? Buffer.alloc(0);
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
