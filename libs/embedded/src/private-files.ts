import { randomUUID } from 'node:crypto';
import { access, constants, link, mkdir, open, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CannotStartError, errorCode } from './cannot-start.js';

/**
 * Makes DATA_DIR when it is missing and gives its real path. Others may pass through it (0711), because the embedded
 * Postgres can run as another user; every file in it that holds something is private by itself.
 * @throws CannotStartError when this user cannot write there
 */
export async function prepareDataDirectory(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(dataDir);
  } catch (error) {
    throw new CannotStartError(
      `DATA_DIR ${dataDir} cannot be used by uid ${process.getuid?.()} (${errorCode(error)}): ` +
        'name a folder that this user may write, or start as the user who owns it.',
      { cause: error },
    );
  }
}

/** The text of a file; undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes a file that only this user may read (0600), whole or not at all, also when the machine loses power.
 * A file that is there already stays as it is.
 * @returns whether this call made it
 */
export async function makePrivateFile(path: string, content: string): Promise<boolean> {
  const draft = join(dirname(path), `.draft-${randomUUID()}`);
  try {
    await writeDurably(draft, content);
    await link(draft, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Writes a new 0600 file and waits until the disk has it. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until the disk has the names in a folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
