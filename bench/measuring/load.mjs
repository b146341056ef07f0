/** Load on a server: as fast as it answers (closed loop), or at moments that do not wait for it (constant arrivals). */
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from './connection.mjs';
import { processorMilliseconds } from './machine.mjs';

/**
 * Closed loop: each client asks again as soon as it was answered, for so many seconds.
 * @param {object} load What to send
 * @param {string} load.url Host and port
 * @param {number} load.clients How many connections
 * @param {number} load.seconds How long
 * @param {(client: number, turn: number) => Buffer} load.request The bytes of a client's next request
 * @param {(answer: {status: number, body: Buffer}, client: number) => void} load.check Throws where the answer is wrong
 * @param {number} [load.pid] The server's process, for its processor time
 * @returns {Promise<{count: number, perSecond: number, processorMilliseconds: number}>} Requests answered, all rightly;
 * processor time is that of the server for one request
 */
export async function closedLoop({ url, clients, seconds, request, check, pid }) {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(url)));
  const used = pid === undefined ? 0 : processorMilliseconds(pid);
  const beganAt = performance.now();
  const endsAt = beganAt + seconds * 1_000;
  let count = 0;
  try {
    await Promise.all(
      connections.map(async (connection, client) => {
        for (let turn = 0; performance.now() < endsAt; turn += 1) {
          check(await connection.ask(request(client, turn)), client);
          count += 1;
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  const perSecond = (count * 1_000) / (performance.now() - beganAt);
  const spent = pid === undefined ? NaN : (processorMilliseconds(pid) - used) / count;
  return { count, perSecond, processorMilliseconds: spent };
}

/**
 * Constant arrivals: a request is due every so often, whether the ones before were answered or not, and its latency
 * counts from that moment. So a server that stands still for a second shows as a second, and not as fewer requests.
 */
export class ConstantArrivals {
  #free = [];
  #open = new Set();
  #running;
  #latencies = [];
  #isStopped = false;
  #failure;

  /**
   * @param {object} load What to send
   * @param {string} load.url Host and port
   * @param {number} load.perSecond How many requests are due in a second
   * @param {(turn: number) => Buffer} load.request The bytes of the next request
   * @param {(answer: {status: number, body: Buffer}, turn: number, dueAt: number) => void} load.check Throws where the answer
   * is wrong; it is told when the request was due, by `performance.now()`
   */
  constructor(load) {
    this.load = load;
  }

  /** Begins. */
  start() {
    this.#running = this.#run();
  }

  /**
   * The latencies since the last call, in milliseconds.
   * @returns {number[]} In the order of the answers
   */
  take() {
    return this.#latencies.splice(0);
  }

  /**
   * Ends, and waits for what is under way.
   * @throws Error of the first answer that was wrong
   */
  async stop() {
    this.#isStopped = true;
    await this.#running;
    while (this.#open.size > this.#free.length && this.#failure === undefined) await pause(5);
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    this.#free = [];
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run() {
    const beganAt = performance.now();
    for (let turn = 0; !this.#isStopped && this.#failure === undefined; turn += 1) {
      const dueAt = beganAt + (turn * 1_000) / this.load.perSecond;
      const early = dueAt - performance.now();
      if (early > 1) await pause(early);
      void this.#ask(turn, dueAt);
    }
  }

  async #ask(turn, dueAt) {
    try {
      const connection = this.#takeFree() ?? (await this.#another());
      const answer = await connection.ask(this.load.request(turn));
      this.#latencies.push(performance.now() - dueAt);
      this.#free.push(connection);
      this.load.check(answer, turn, dueAt);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  // One that was opened for a burst may have ended since.
  #takeFree() {
    for (;;) {
      const connection = this.#free.pop();
      if (connection === undefined || connection.isOpen) return connection;
      this.#open.delete(connection);
    }
  }

  async #another() {
    const connection = await Connection.open(this.load.url);
    this.#open.add(connection);
    return connection;
  }
}
