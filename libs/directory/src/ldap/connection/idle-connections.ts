import type { BoundConnection } from './bound-connection.js';

interface Idle {
  readonly connection: BoundConnection;
  readonly timer: NodeJS.Timeout;
}

/** Bound connections that nobody uses just now. None stays for long: who lies between may have forgotten it. */
export class IdleConnections {
  private idle: readonly Idle[] = [];

  constructor(private readonly milliseconds: number) {}

  /** Keeps it until somebody takes it or its time is over. */
  keep(connection: BoundConnection): void {
    const timer = setTimeout(() => this.drop((one) => one === connection), this.milliseconds);
    this.idle = [...this.idle, { connection, timer }];
  }

  /** The one that was used last at this server, if there is one that is not lost. */
  take(url: string): BoundConnection | undefined {
    this.drop(({ channel }) => !channel.isOpen);
    const one = this.idle.findLast(({ connection }) => connection.channel.server.url === url);
    if (!one) return undefined;
    clearTimeout(one.timer);
    this.idle = this.idle.filter((other) => other !== one);
    return one.connection;
  }

  /** Lets go of those that have waited longest, so that no more than so many are left. */
  dropBeyond(most: number): void {
    const tooMany = this.idle.slice(0, Math.max(0, this.idle.length - most));
    this.drop((one) => tooMany.some(({ connection }) => connection === one));
  }

  /** Lets go of these. */
  drop(isMeant: (connection: BoundConnection) => boolean): void {
    const [gone, left] = [true, false].map((meant) =>
      this.idle.filter(({ connection }) => isMeant(connection) === meant),
    );
    this.idle = left ?? [];
    for (const { connection, timer } of gone ?? []) {
      clearTimeout(timer);
      connection.channel.end();
    }
  }
}
