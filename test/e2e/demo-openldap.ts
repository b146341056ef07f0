import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { debianPackages, freePort, libraryPath, newFolder } from '../harness/index.js';
import { until } from './waiting.js';

const DEPLOY = join(import.meta.dirname, '../../deploy/openldap');

/** The OpenLDAP of docker-compose.yml and of the README, started by its own script. */
export interface DemoOpenLdap {
  /** `ldap://127.0.0.1:port`; in the compose file and the README it is port 1389. */
  readonly url: string;
  /** Ends it. */
  stop(): Promise<void>;
}

/** What a test wants another than it is. */
export interface DemoOpenLdapOptions {
  /** Of `slapd.conf`. */
  readonly conf?: (text: string) => string;
  /** Of `demo.ldif`. */
  readonly ldif?: (text: string) => string;
}

/**
 * Runs `deploy/openldap/start.sh` with Debian's slapd, on a free port of loopback and in a folder of this test run.
 * @param options What is to be another
 * @returns The running server
 * @throws Error with what it printed, when it does not come up
 */
export async function startDemoOpenLdap(options: DemoOpenLdapOptions = {}): Promise<DemoOpenLdap> {
  const tree = await debianPackages(['slapd']);
  const folder = newFolder('demo-openldap');
  cpSync(DEPLOY, folder, { recursive: true });
  // slapd is unpacked here and not installed, so that its files are elsewhere.
  rewrite(join(folder, 'slapd.conf'), (text) =>
    (options.conf?.(text) ?? text).replaceAll(/(?<=^\w+ )\/(etc|usr)\//gm, `${tree}/$1/`),
  );
  rewrite(join(folder, 'demo.ldif'), options.ldif ?? ((text) => text));

  const port = await freePort();
  const url = `ldap://127.0.0.1:${port}`;
  const { PATH = '' } = process.env;
  const child = spawn(join(folder, 'start.sh'), [join(folder, 'data'), url], {
    cwd: folder, // by which the run's guard finds it
    env: { PATH: `${join(tree, 'usr/sbin')}:${PATH}`, LD_LIBRARY_PATH: libraryPath(tree) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await until(() => child.exitCode !== null || listens(port), { seconds: 20 });
    if (child.exitCode !== null) throw new Error('It ended.');
  } catch (cause) {
    await stop();
    throw new Error(`The demo's OpenLDAP did not start. It printed:\n${printed}`, { cause });
  }
  return { url, stop };
}

function rewrite(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
