import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Attribute, Change, Client } from 'ldapts';
import { freePort, newFolder } from '../product.js';
import { testCertificates, type ServerCertificate } from './certificates.js';
import { debianPackages, libraryPath } from './debian-packages.js';
import { killed, listensSoon, type RunningDirectory } from './running-directory.js';
import {
  accessRules,
  CONFIG_ADMIN,
  firstEntries,
  SLAPD,
  slapdConf,
  type ReaderRight,
  type SlapdConf,
} from './slapd-config.js';

/** How a test wants its slapd; all of it may be left out. */
export interface SlapdOptions {
  /** `demo`: the people and groups of deploy/openldap/demo.ldif. `none`: bases, the reader and nobody else. */
  readonly people?: 'none' | 'demo';
  /** More entries, in LDIF, written before the start: thousands of them take a second. */
  readonly ldif?: string;
  /** The most entries that it gives in answer to one search; none is the most in all pages together. */
  readonly sizeLimit?: number;
  /** Which certificate it shows; `false`: neither LDAPS nor StartTLS. */
  readonly tls?: ServerCertificate | false;
  /** More lines of slapd.conf for the database. */
  readonly config?: readonly string[];
  /** More lines of slapd.conf that stand before the database, such as `referral ldap://…`. */
  readonly globalConfig?: readonly string[];
}

/** An OpenLDAP of Debian, with what only it can do. */
export interface RunningSlapd extends RunningDirectory {
  /** Changes what the reader may do, at once and for good; `hidden`: attributes that it does not see all the same. */
  setReaderRight(right: ReaderRight, hidden?: readonly string[]): Promise<void>;
  /** Changes the size limit, at once and for good; undefined: none. */
  setSizeLimit(entries: number | undefined): Promise<void>;
}

const run = promisify(execFile);
const START_TRIES = 5;
const LDIF_SECONDS = 300;
const CONFIG_SECONDS = 5;
const DATABASE_CONFIG = 'olcDatabase={1}mdb,cn=config';
// slapd makes room for as many connections as it may have files, and some machines allow a billion.
const FEW_FILES = 'ulimit -n 4096 2>/dev/null; exec "$@"';

/**
 * Starts OpenLDAP on free ports of loopback, as root or not: mdb, memberof, refint, ppolicy, the schemas for
 * inetOrgPerson and posixGroup. Its reader may read everything but passwords; anonymous clients may bind and no more.
 * @param options See `SlapdOptions`
 * @returns The running server
 * @throws Error with what it printed, when it does not come up
 */
export async function startSlapd(options: SlapdOptions = {}): Promise<RunningSlapd> {
  const tree = await debianPackages(['slapd']);
  const { right, caFile } = await testCertificates();
  const certificate = options.tls === false ? undefined : (options.tls ?? right);
  const folder = newFolder('slapd');
  mkdirSync(join(folder, 'data'));
  const server = new Slapd({
    tree,
    folder,
    certificate,
    readerRight: 'read',
    hidden: [],
    sizeLimit: options.sizeLimit,
    config: options.config ?? [],
    globalConfig: options.globalConfig ?? [],
  });
  await server.fill(firstEntries(options.people ?? 'none'), options.ldif ?? '');
  await server.start();
  return {
    ...SLAPD,
    url: server.url('ldap'),
    ldapsUrl: certificate && server.url('ldaps'),
    caFile,
    get pid() {
      return server.pid;
    },
    admin: () => server.boundAs(SLAPD.adminDn, SLAPD.adminPassword),
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: () => server.stop(),
    setReaderRight: (readerRight, hidden = []) => server.change({ readerRight, hidden }),
    setSizeLimit: (sizeLimit) => server.change({ sizeLimit }),
  };
}

type Changeable = Pick<SlapdConf, 'readerRight' | 'hidden' | 'sizeLimit'>;

class Slapd {
  private ports = { ldap: 0, ldaps: 0 };
  private child: ChildProcess | undefined;

  constructor(private conf: SlapdConf) {}

  /** Writes entries while nobody runs. memberOf is not computed here: that is done over LDAP only. */
  async fill(...ldif: readonly string[]): Promise<void> {
    this.writeConf();
    const file = join(this.conf.folder, 'entries.ldif');
    writeFileSync(file, ldif.join('\n\n'));
    const words = ['-q', '-f', this.confFile, '-l', file];
    const options = { cwd: this.conf.folder, env: this.environment, timeout: LDIF_SECONDS * 1_000 };
    await run(join(this.conf.tree, 'usr/sbin/slapadd'), words, options);
    rmSync(file);
  }

  /** Starts it on ports that are free, or on those that it had. */
  async start(): Promise<void> {
    const isFirst = this.ports.ldap === 0;
    for (let tried = 1; tried <= START_TRIES; tried++) {
      if (isFirst) this.ports = { ldap: await freePort(), ldaps: await freePort() };
      const child = this.launch();
      this.child = child;
      if (await listensSoon(child, this.ports.ldap)) {
        child.unref();
        return;
      }
      await killed(child);
      await wait(50 * tried); // somebody else may have had the port for a moment
    }
    throw new Error(`slapd did not start:\n${readFileSync(this.logFile, 'utf8')}`);
  }

  async kill(): Promise<void> {
    if (this.child) await killed(this.child);
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.conf.folder, { recursive: true, force: true });
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(name);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  url(scheme: 'ldap' | 'ldaps'): string {
    return `${scheme}://127.0.0.1:${this.ports[scheme]}`;
  }

  async boundAs(dn: string, password: string): Promise<Client> {
    const client = new Client({ url: this.url('ldap'), timeout: CONFIG_SECONDS * 1_000 });
    await client.bind(dn, password);
    return client;
  }

  /** In the running server over cn=config, and in its file for the next start. */
  async change(changes: Partial<Changeable>): Promise<void> {
    this.conf = { ...this.conf, ...changes };
    this.writeConf();
    const client = await this.boundAs(CONFIG_ADMIN.dn, CONFIG_ADMIN.password);
    const { readerRight, hidden, sizeLimit } = this.conf;
    try {
      await client.modify(DATABASE_CONFIG, [
        replacing('olcAccess', ...accessRules(readerRight, hidden).map((rule, i) => `{${i}}${rule}`)),
        replacing('olcSizeLimit', String(sizeLimit ?? 'unlimited')),
      ]);
    } finally {
      await client.unbind();
    }
  }

  private launch(): ChildProcess {
    const urls = this.conf.certificate ? [this.url('ldap'), this.url('ldaps')] : [this.url('ldap')];
    const command = [
      join(this.conf.tree, 'usr/sbin/slapd'),
      '-f',
      this.confFile,
      '-h',
      urls.join(' '),
      '-d',
      '0',
    ];
    const log = openSync(this.logFile, 'a');
    try {
      return spawn('/bin/sh', ['-c', FEW_FILES, 'slapd', ...command], {
        cwd: this.conf.folder, // by which the run's guard finds it
        env: this.environment,
        stdio: ['ignore', log, log],
      });
    } finally {
      closeSync(log);
    }
  }

  private writeConf(): void {
    writeFileSync(this.confFile, slapdConf(this.conf), { mode: 0o600 });
  }

  private get confFile(): string {
    return join(this.conf.folder, 'slapd.conf');
  }

  private get logFile(): string {
    return join(this.conf.folder, 'slapd.log');
  }

  private get environment(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], LD_LIBRARY_PATH: libraryPath(this.conf.tree) };
  }
}

function replacing(type: string, ...values: readonly string[]): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) });
}
