import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'ldapts';

/** A real directory server of one test file, on loopback; it ends with the test run, however that ends. */
export interface RunningDirectory {
  /** `ldap://127.0.0.1:port`; StartTLS is offered here where it has a certificate. */
  readonly url: string;
  /** `ldaps://127.0.0.1:port`; undefined where it was started without TLS. */
  readonly ldapsUrl: string | undefined;
  /** The authority that its clients are to trust. */
  readonly caFile: string;
  /** The process now; another after a restart. */
  readonly pid: number;
  readonly suffix: string;
  /** May everything. */
  readonly adminDn: string;
  readonly adminPassword: string;
  /** May read what Tokenwarden reads, and write nothing. */
  readonly readerDn: string;
  readonly readerPassword: string;
  readonly userBase: string;
  readonly groupBase: string;
  /** A connection bound as the administrator; whoever asks for it unbinds it. */
  admin(): Promise<Client>;
  /** SIGSTOP: connections are taken and nothing is answered. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** `kill -9`, and waits until it is gone; its data stay for `restart()`. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data; one that still runs is killed before. */
  restart(): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}

const LISTENS_WITHIN_SECONDS = 30;
const LOOK_EVERY_MS = 5;

/**
 * Waits until somebody listens on a port of loopback.
 * @param child Who is to listen: when it ends, waiting is over
 * @param port Its number
 * @param host Its address
 * @returns Whether it listens; false when the process ended, or does not listen within half a minute
 */
export async function listensSoon(child: ChildProcess, port: number, host = '127.0.0.1'): Promise<boolean> {
  const deadline = Date.now() + LISTENS_WITHIN_SECONDS * 1_000;
  while (isRunning(child) && Date.now() < deadline) {
    if (await listens(port, host)) return isRunning(child);
    await wait(LOOK_EVERY_MS);
  }
  return false;
}

/**
 * Whether a process that was started has not ended.
 * @param child The process
 */
export function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/**
 * Ends a process and waits until it is gone; a frozen one, too.
 * @param child The process
 */
export async function killed(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.ref(); // a server does not keep a test run from ending; who waits for its end does
  child.kill('SIGKILL');
  await gone;
}

/**
 * Whether somebody listens there now.
 * @param port Its number
 * @param host Its address
 */
export async function listens(port: number, host = '127.0.0.1'): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, host);
    socket
      .once('connect', () => resolve(true))
      .once('connect', () => socket.destroy())
      .once('error', () => resolve(false));
  });
}
