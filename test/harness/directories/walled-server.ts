import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'ldapts';
import { testCertificates } from './certificates.js';
import { isRunning, killed, listens } from './running-directory.js';
import { startWithin, type Walls } from './walls.js';

/** A directory server of Debian's that runs within walls. */
export interface WalledServerOptions extends Walls {
  /** Its words; its folder is `FOLDER_INSIDE` to it. */
  readonly command: readonly string[];
  /** What it writes beside what it prints, from its folder on. */
  readonly log: string;
  /** Where it listens, inside. */
  readonly portsInside: { readonly ldap: number; readonly ldaps: number };
  /** Whether it must not think that it is root where it is not. */
  readonly asOrdinaryUser: boolean;
}

const PRINTED = 'printed.log';
const START_TRIES = 3;
const OPEN_WITHIN_MS = 30_000;
const GONE_WITHIN_MS = 10_000;
const CLIENT_MS = 60_000;

/** Its life; from outside it is reached on free ports of 127.0.0.1. */
export class WalledServer {
  private ports = { ldap: 0, ldaps: 0 };
  private child: ChildProcess | undefined;

  constructor(private readonly options: WalledServerOptions) {}

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  url(scheme: 'ldap' | 'ldaps'): string {
    return `${scheme}://127.0.0.1:${this.ports[scheme]}`;
  }

  /**
   * Starts it, on the ports that it had before where it had some.
   * @throws Error with what it printed, when it does not come up
   */
  async start(): Promise<void> {
    for (let tried = 1; tried <= START_TRIES; tried++) {
      if (await this.comesUp()) return;
      await this.kill();
    }
    throw new Error(`${this.options.command.join(' ')} did not start:\n${this.said()}`);
  }

  /** `kill -9`, and waits until nobody listens any more. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child) return;
    await killed(child);
    if (child.connected) child.disconnect(); // which ends the relay
    const deadline = Date.now() + GONE_WITHIN_MS;
    while ((await listens(this.ports.ldap)) || (await listens(this.ports.ldaps))) {
      if (Date.now() > deadline) throw new Error(`The relay of ${this.url('ldap')} does not end.`);
      await wait(5);
    }
  }

  /** Asks it to write down all it knows and end. */
  async end(): Promise<void> {
    const { child } = this;
    if (!child || !isRunning(child)) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
    await this.kill();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.options.folder, { recursive: true, force: true });
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(name);
  }

  /** Over LDAPS, for some take no password without. */
  async boundAs(dn: string, password: string): Promise<Client> {
    const { caFile } = await testCertificates();
    const tlsOptions = { ca: [readFileSync(caFile)] };
    const limits = { timeout: CLIENT_MS, connectTimeout: CLIENT_MS };
    const client = new Client({ url: this.url('ldaps'), tlsOptions, ...limits });
    await client.bind(dn, password);
    return client;
  }

  private async comesUp(): Promise<boolean> {
    const { portsInside, asOrdinaryUser, command } = this.options;
    const output = openSync(join(this.options.folder, PRINTED), 'a');
    const child = await startWithin(this.options, command, { output, asOrdinaryUser }).finally(() =>
      closeSync(output),
    );
    this.child = child;
    const isOpen = this.whenOpen(child);
    for (const scheme of ['ldap', 'ldaps'] as const) {
      const server = await listening(this.ports[scheme]);
      this.ports[scheme] = (server.address() as AddressInfo).port;
      await handOver(child, server, portsInside[scheme]);
    }
    return await isOpen;
  }

  private async whenOpen(child: ChildProcess): Promise<boolean> {
    const { ldap, ldaps } = this.options.portsInside;
    const closed = new Set([ldap, ldaps]);
    let tooLate: NodeJS.Timeout | undefined;
    const isOpen = await new Promise<boolean>((resolve) => {
      tooLate = setTimeout(() => resolve(false), OPEN_WITHIN_MS);
      child.once('exit', () => resolve(false)).once('error', () => resolve(false));
      child.on('message', ({ open }: { open: number }) => {
        closed.delete(open);
        if (closed.size === 0) resolve(true);
      });
    });
    clearTimeout(tooLate);
    // From here on it keeps no test run from ending.
    child.unref();
    child.channel?.unref();
    return isOpen;
  }

  private said(): string {
    return [PRINTED, this.options.log]
      .map((name) => join(this.options.folder, name))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
  }
}

async function listening(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return server;
}

/** The socket is the relay's from here on; who is gone already is seen by its end. */
async function handOver(child: ChildProcess, server: Server, port: number): Promise<void> {
  await new Promise((resolve) => child.send({ port }, server, resolve));
  await new Promise((resolve) => server.close(resolve));
}
