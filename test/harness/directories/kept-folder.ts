import { createHash, randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const REPOSITORY = join(import.meta.dirname, '../../..');
const WAIT_FOR_ANOTHER_SECONDS = 600;

/**
 * A folder that is made once and kept between runs; it belongs to all of them and is only read.
 * @param key Its name: another one where what is in it would be another
 * @param fill Makes what is in it, in an empty folder; the second argument is where things may be kept that help next time.
 *   It must not ask for the same folder itself
 * @returns An absolute path
 */
export async function keptFolder(
  key: string,
  fill: (unfinished: string, cache: string) => Promise<void>,
): Promise<string> {
  const folders = cacheFolders();
  const kept = folders.map((folder) => join(folder, key)).find((folder) => existsSync(folder));
  if (kept) return kept;
  const cache = writableFolder(folders);
  const folder = join(cache, key);
  return await alone(folder, async () => {
    if (existsSync(folder)) return folder; // another process was faster
    const isHalfMade = (name: string) => name.startsWith(`${key}.`) && name.endsWith('.part');
    for (const part of readdirSync(cache).filter(isHalfMade))
      rmSync(join(cache, part), { recursive: true, force: true }); // nobody else is at it now
    const unfinished = join(cache, `${key}.${randomUUID()}.part`);
    mkdirSync(unfinished);
    try {
      await fill(unfinished, cache);
      renameSync(unfinished, folder);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
    return folder;
  });
}

/** Beside the sources, where a clean install leaves it; else in the temporary folder. */
function cacheFolders(): string[] {
  const own = join(tmpdir(), `tokenwarden-debian-${process.getuid?.() ?? 0}`);
  return [join(REPOSITORY, '.cache/debian'), own];
}

function writableFolder(folders: readonly string[]): string {
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // Somebody else's.
    }
  }
  throw new Error(
    `There is no folder to unpack Debian's packages in: make one of ${folders.join(', ')} writable.`,
  );
}

/**
 * Does something that one process of this machine does at a time. The name of a socket is the lock: whoever ends, however, lets go of it. (Where
 * two do not see each other's sockets, as in containers with one folder, the first rename decides.)
 * @param place What it is about
 * @param work What is done meanwhile
 * @returns What it gives
 */
export async function alone<T>(place: string, work: () => Promise<T>): Promise<T> {
  const name = `\0tokenwarden-${createHash('sha256').update(place).digest('hex')}`;
  const deadline = Date.now() + WAIT_FOR_ANOTHER_SECONDS * 1_000;
  for (;;) {
    const holding = createServer();
    const isOurs = await new Promise<boolean>((resolve) => {
      holding.once('error', () => resolve(false)).listen(name, () => resolve(true));
    });
    if (!isOurs && Date.now() > deadline) throw new Error(`Another process has held ${place} for too long.`);
    if (!isOurs) {
      await wait(50);
      continue;
    }
    try {
      return await work();
    } finally {
      await new Promise((resolve) => holding.close(resolve));
    }
  }
}
