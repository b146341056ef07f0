import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A cable between the product and Postgres that can be cut: a real server that passes bytes on, until it does not. */
export class Cable {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer();

  /** Lays the cable; gives the URL at this end of it. */
  async lay(databaseUrl: string): Promise<string> {
    const there = new URL(databaseUrl);
    this.server.on('connection', (near) => {
      const far = connect(Number(there.port), there.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(one);
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const here = new URL(databaseUrl);
    here.hostname = '127.0.0.1';
    here.port = String((this.server.address() as AddressInfo).port);
    return here.href;
  }

  /** Breaks what is connected and refuses what comes. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
