import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newFolder } from '../product.js';
import { debianPackages, libraryPath } from './debian-packages.js';

/** A server's certificate with its key and who signed it: files in PEM. */
export interface ServerCertificate {
  readonly certFile: string;
  /** PKCS #8, not encrypted. */
  readonly keyFile: string;
  /** The authority that signed it. */
  readonly caFile: string;
}

/** The authority of a test run, and servers' certificates of every kind. */
export interface TestCertificates {
  /** The authority that clients are told to trust. */
  readonly caFile: string;
  /** Good for `localhost` and 127.0.0.1. */
  readonly right: ServerCertificate;
  /** Of the same authority, for a host that is not this one. */
  readonly wrongHost: ServerCertificate;
  /** Of the same authority, for this host, yet over since yesterday. */
  readonly expired: ServerCertificate;
  /** For this host, of an authority that nobody was told to trust. */
  readonly foreign: ServerCertificate;
}

const run = promisify(execFile);
const COMMAND_SECONDS = 30;
const HERE = ['DNS:localhost', 'IP:127.0.0.1'];
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const A_DECADE = 3_650;
const OVER = -1; // what openssl takes for "ended yesterday"

/**
 * The certificates of this test run; the first caller makes them.
 * @returns Paths in the run's folder
 */
export async function testCertificates(): Promise<TestCertificates> {
  const folder = join(process.env['TEST_RUN_FOLDER'] ?? newFolder('certificates'), 'certificates');
  if (!existsSync(folder)) await makeAll(folder);
  const of = (name: string, ca = 'ca'): ServerCertificate => ({
    certFile: join(folder, `${name}.pem`),
    keyFile: join(folder, `${name}.key`),
    caFile: join(folder, `${ca}.pem`),
  });
  return {
    caFile: join(folder, 'ca.pem'),
    right: of('right'),
    wrongHost: of('wrong-host'),
    expired: of('expired'),
    foreign: of('foreign', 'foreign-ca'),
  };
}

/**
 * One more certificate of the run's authority, for a server under another address.
 * @param names As in a subjectAltName: `IP:127.44.3.9`, `DNS:dc1.tw.test`
 * @returns Paths in a folder of its own
 */
export async function certificateFor(names: readonly string[]): Promise<ServerCertificate> {
  const { caFile } = await testCertificates();
  const folder = newFolder('certificate');
  await signed(folder, 'server', caFile.replace(/\.pem$/, ''), names, A_DECADE);
  return { certFile: join(folder, 'server.pem'), keyFile: join(folder, 'server.key'), caFile };
}

/**
 * Runs openssl, which is fetched where this machine has none.
 * @param words Its arguments
 * @throws Error with what it printed, where it fails
 */
export async function openssl(...words: string[]): Promise<void> {
  const options = { timeout: COMMAND_SECONDS * 1_000 };
  try {
    await run('openssl', words, options);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    const tree = await debianPackages(['openssl']);
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: libraryPath(tree),
      OPENSSL_CONF: join(tree, 'etc/ssl/openssl.cnf'),
    };
    await run(join(tree, 'usr/bin/openssl'), words, { ...options, env });
  }
}

async function makeAll(folder: string): Promise<void> {
  // Whole or not at all: jest's workers may both come here, and the second lets the first one's stand.
  const unfinished = `${folder}-${randomUUID()}`;
  mkdirSync(unfinished);
  const [ca, foreignCa] = [join(unfinished, 'ca'), join(unfinished, 'foreign-ca')];
  await Promise.all([authority(ca, 'Test authority'), authority(foreignCa, 'Foreign authority')]);
  await Promise.all([
    signed(unfinished, 'right', ca, HERE, A_DECADE),
    signed(unfinished, 'wrong-host', ca, ['DNS:elsewhere.example'], A_DECADE),
    signed(unfinished, 'expired', ca, HERE, OVER),
    signed(unfinished, 'foreign', foreignCa, HERE, A_DECADE),
  ]);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(unfinished, { recursive: true });
  }
}

async function authority(path: string, name: string): Promise<void> {
  const files = ['-keyout', `${path}.key`, '-out', `${path}.pem`];
  const facts = ['-days', String(A_DECADE), '-subj', `/CN=${name}`];
  await openssl('req', '-x509', ...EC, ...files, ...facts, '-addext', 'basicConstraints=critical,CA:TRUE');
}

async function signed(
  folder: string,
  name: string,
  ca: string,
  names: readonly string[],
  days: number,
): Promise<void> {
  const path = join(folder, name);
  writeFileSync(`${path}.ext`, `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth\n`);
  await openssl('req', ...EC, '-keyout', `${path}.key`, '-out', `${path}.csr`, '-subj', `/CN=${name}`);
  const authority = [
    '-CA',
    `${ca}.pem`,
    '-CAkey',
    `${ca}.key`,
    '-set_serial',
    `0x${randomUUID().replaceAll('-', '')}`,
  ];
  const files = ['-in', `${path}.csr`, '-out', `${path}.pem`, '-extfile', `${path}.ext`];
  await openssl('x509', '-req', ...authority, '-days', String(days), ...files);
}
