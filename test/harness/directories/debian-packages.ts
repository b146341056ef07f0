import { execFile, type ExecFileOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { alone, keptFolder } from './kept-folder.js';

const LAYOUT = 'one usr'; // another word where the same packages would be laid out otherwise
const TRIES = 3;
const COMMAND_SECONDS = 180;
const MOST_OUTPUT_BYTES = 32 * 1024 * 1024;

const run = promisify(execFile);

/**
 * A folder with Debian's packages of these names unpacked in it, and with whatever they need and this machine lacks:
 * `<folder>/usr/sbin/slapd`, `<folder>/etc/ldap`, … Nothing is installed and root is not needed. It is fetched by apt
 * once and kept between runs; everybody on this machine runs the same, whatever else is installed.
 * @param names As apt knows them
 * @returns An absolute path; the folder belongs to all runs and is only read
 * @throws Error that says by name what could not be had, and how to help
 */
export async function debianPackages(names: readonly string[]): Promise<string> {
  return await keptFolder(keyOf(names), async (unfinished, cache) => {
    await fill(unfinished, names, cache);
    mergeIntoUsr(unfinished);
    await assertRunnable(unfinished, names);
  });
}

/**
 * What programs of such a folder need in LD_LIBRARY_PATH.
 * @param tree As `debianPackages` gives it
 * @returns Folders, separated by colons
 */
export function libraryPath(tree: string): string {
  return libraryFolders(tree).join(':');
}

function libraryFolders(tree: string): string[] {
  const all = join(tree, 'usr/lib');
  return existsSync(all) ? subfolders(all).filter((name) => name.includes('-linux-gnu')) : [];
}

function subfolders(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
}

function keyOf(names: readonly string[]): string {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  const all = [...new Set(names)].sort();
  const digest = createHash('sha256')
    .update([LAYOUT, release, process.arch, ...all].join(' '))
    .digest('hex');
  return `${all[0]}-${digest.slice(0, 16)}`;
}

async function fill(tree: string, names: readonly string[], cache: string): Promise<void> {
  let trouble: unknown;
  for (let tried = 1; tried <= TRIES; tried++) {
    try {
      await fetchAndUnpack(tree, names, cache, tried > 1);
      return;
    } catch (error) {
      trouble = error;
      await wait(500 * tried);
    }
  }
  // Without a network, what is installed serves as well.
  const installed = await Promise.all(names.map(installedFiles));
  const missing = names.filter((_, i) => installed[i] === undefined);
  if (missing.length > 0) {
    throw new Error(
      `The tests need Debian's ${missing.join(', ')}, and apt could not fetch it: ${reasonOf(trouble)}\n` +
        `Give apt a way to its archive, or install it: apt-get install ${missing.join(' ')}`,
      { cause: trouble },
    );
  }
  for (const path of installed.flatMap((files) => files ?? [])) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(path, join(tree, path), { verbatimSymlinks: true });
  }
}

async function fetchAndUnpack(
  tree: string,
  names: readonly string[],
  cache: string,
  isAnew: boolean,
): Promise<void> {
  const state = join(cache, 'apt');
  const debs = join(tree, '.debs');
  for (const folder of ['lists/partial', 'archives/partial'])
    mkdirSync(join(state, folder), { recursive: true });
  mkdirSync(debs, { recursive: true });
  const options = [
    ['-o', `Dir::State::Lists=${join(state, 'lists')}`],
    ['-o', `Dir::Cache=${state}`],
    ['-o', `Dir::Cache::archives=${join(state, 'archives')}`],
    ['-o', 'APT::Sandbox::User=root'], // whoever runs this: nobody else may write here
    ['-o', 'Debug::NoLocking=1'], // the machine's own lock is not ours to take, and we are alone here
    ['-o', 'Acquire::Retries=2'],
    ['-q'],
  ].flat();
  const apt = (...words: string[]) => command('apt-get', [...options, ...words], { cwd: debs });

  await alone(state, async () => {
    const isListed = () => readdirSync(join(state, 'lists')).some((name) => name.includes('_Packages'));
    if (isAnew || !isListed()) await apt('update');
    if (!isListed())
      throw new Error('apt-get update got no list of packages. Is there a way to the archive?');
    // What apt would add to this machine for them; what is installed already is fetched all the same where it is named.
    const plan = await apt('install', '--yes', '--no-install-recommends', '--print-uris', ...names);
    const planned = [...plan.matchAll(/^'[^']+' ([^_\s]+)_\S+\.deb /gm)].map(([, name]) => name as string);
    await apt('download', ...new Set([...names, ...planned]));
  });
  for (const deb of readdirSync(debs)) await command('dpkg-deb', ['-x', join(debs, deb), tree]);
  rmSync(debs, { recursive: true });
}

/** Older packages hold `lib` beside `usr/lib`, which are one on a Debian: whoever lays `usr` over another finds all of it. */
function mergeIntoUsr(tree: string): void {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const folder = join(tree, name);
    if (!existsSync(folder)) continue;
    cpSync(folder, join(tree, 'usr', name), { recursive: true, verbatimSymlinks: true });
    rmSync(folder, { recursive: true });
    symlinkSync(`usr/${name}`, folder);
  }
}

async function installedFiles(name: string): Promise<string[] | undefined> {
  try {
    const listed = await command('dpkg-query', ['--listfiles', name]);
    return listed.split('\n').filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  } catch {
    return undefined; // not installed
  }
}

/** Every program in it finds its libraries; better said here than by a server that does not come up. */
async function assertRunnable(tree: string, names: readonly string[]): Promise<void> {
  const LD_LIBRARY_PATH = libraryFolders(tree).join(':');
  const inTree = libraryFolders(tree).flatMap(
    (folder) => readdirSync(folder, { recursive: true }) as string[],
  );
  // A program finds its own in folders that only it knows of.
  const own = new Set(inTree.map((path) => basename(path)));
  const programs = ['usr/sbin', 'usr/bin']
    .map((folder) => join(tree, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter(isProgram);
  const missing = new Set<string>();
  for (const program of programs) {
    // A script is no program to ldd: it says so and fails.
    const linked = await command('ldd', [program], { env: { ...process.env, LD_LIBRARY_PATH } }).catch(
      () => '',
    );
    for (const [, library = ''] of linked.matchAll(/^\s*(\S+) => not found/gm))
      if (!own.has(library)) missing.add(library);
  }
  if (missing.size > 0) {
    throw new Error(
      `Debian's ${names.join(', ')} cannot run here, for these libraries are missing: ${[...missing].join(', ')}. ` +
        'Install what holds them, or name it beside.',
    );
  }
}

/** Not a script, nor a link to elsewhere. */
function isProgram(path: string): boolean {
  return lstatSync(path).isFile() && readFileSync(path).subarray(0, 4).equals(Buffer.from('\x7fELF'));
}

async function command(
  name: string,
  words: readonly string[],
  options: ExecFileOptions = {},
): Promise<string> {
  const limits = { timeout: COMMAND_SECONDS * 1_000, maxBuffer: MOST_OUTPUT_BYTES };
  const { stdout } = await run(name, words, { ...limits, ...options, encoding: 'utf8' });
  return stdout;
}

// By its shape: what Node throws inside a test is no instance of the test's own Error.
function reasonOf(error: unknown): string {
  const { code, stderr } = Object(error) as { code?: unknown; stderr?: unknown };
  if (code === 'ENOENT') return 'there is no apt here: it is a Debian or an Ubuntu that runs these tests.';
  const said = typeof stderr === 'string' && stderr !== '' ? stderr : String(error);
  const faults = said.split('\n').filter((line) => /^(E|dpkg-deb): /.test(line));
  return faults.length > 0 ? faults.slice(-3).join(' ') : said;
}
