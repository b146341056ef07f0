import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How a proxy treats what comes from the server; it can be changed while it runs. */
export interface ProxyFaults {
  /** Each connection is cut once it has passed so many bytes to the client. */
  cutAfterBytes: number | undefined;
  /** Each piece to the client waits so long. */
  delayMs: number;
  /** Connections are taken, what the client says is swallowed, and nothing is ever answered. */
  hangs: boolean;
}

/** A real server between a client and a directory, which passes bytes on until it is told otherwise. */
export interface TcpProxy {
  readonly port: number;
  /** `ldap://127.0.0.1:port`. */
  readonly url: string;
  /** What it does wrong; nothing at first. */
  readonly faults: ProxyFaults;
  /** How many connections were made so far. */
  readonly connections: number;
  /** How many are open. */
  readonly open: number;
  /** Everything that clients have sent so far, one connection's after the other's as it came. */
  sent(): Buffer;
  /** How many bytes have passed to clients. */
  readonly passedBytes: number;
  /** Cuts what is open; new connections are taken as before. */
  cut(): void;
  /** Cuts what is open and refuses what comes. */
  close(): Promise<void>;
}

const MOST_SENT_BYTES = 16 * 1024 * 1024;

/**
 * Starts a proxy on a free port of loopback.
 * @param target The URL of what is behind it
 * @param faults What it does wrong from the start
 * @returns The proxy; whoever starts it closes it
 */
export async function tcpProxy(target: string, faults: Partial<ProxyFaults> = {}): Promise<TcpProxy> {
  const proxy = new Proxy(new URL(target), { cutAfterBytes: undefined, delayMs: 0, hangs: false, ...faults });
  await proxy.listen();
  return proxy;
}

class Proxy implements TcpProxy {
  port = 0;
  connections = 0;
  passedBytes = 0;
  private readonly server = createServer((client) => this.join(client));
  private readonly sockets = new Set<Socket>();
  private readonly heard: Buffer[] = [];
  private heardBytes = 0;

  constructor(
    private readonly target: URL,
    readonly faults: ProxyFaults,
  ) {}

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.server.unref(); // one that a failed test left open does not keep the run from ending
    this.port = (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.target.protocol}//127.0.0.1:${this.port}`;
  }

  get open(): number {
    return this.sockets.size / 2;
  }

  sent(): Buffer {
    return Buffer.concat(this.heard);
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private join(client: Socket): void {
    this.connections += 1;
    const server = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(one);
      one.setNoDelay(true); // what is sent in two pieces comes as it would without a proxy
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (piece: Buffer) => {
      this.remember(piece);
      if (!this.faults.hangs) server.write(piece);
    });
    void this.passAnswers(server, client);
  }

  // One piece after the other, so that a delay keeps their order.
  private async passAnswers(server: Socket, client: Socket): Promise<void> {
    let passed = 0;
    try {
      for await (const piece of server as AsyncIterable<Buffer>) {
        if (this.faults.delayMs > 0) await wait(this.faults.delayMs);
        if (this.faults.hangs) continue;
        const rest = (this.faults.cutAfterBytes ?? Infinity) - passed;
        const allowed = piece.subarray(0, Math.max(0, rest));
        passed += allowed.length;
        this.passedBytes += allowed.length;
        if (rest <= piece.length) {
          client.end(allowed, () => client.destroy());
          return;
        }
        client.write(allowed);
      }
    } catch {
      // One of the two ended: so does the other, by what stands above.
    }
    client.destroy();
  }

  private remember(piece: Buffer): void {
    this.heardBytes += piece.length;
    if (this.heardBytes > MOST_SENT_BYTES) throw new Error('The proxy has heard more than a test can mean.');
    this.heard.push(piece);
  }
}
