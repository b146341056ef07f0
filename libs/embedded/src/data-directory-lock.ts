import { createHash, randomUUID } from 'node:crypto';
import { link, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataDirectoryInUseError, errorCode } from './cannot-start.js';
import { prepareDataDirectory, readIfThere, writeDurably } from './private-files.js';
import { identityOf, isAlive, type ProcessIdentity } from './processes.js';

/** Gives the DATA_DIR back. Calling it twice is harmless. */
export type Release = () => Promise<void>;

interface Holder extends ProcessIdentity {
  readonly instance: string;
}

/** What a claim file holds, and the text itself: a text is written once in the life of the world (it holds a UUID). */
interface Claim {
  readonly text: string;
  readonly holder: Holder | undefined;
}

const LOCK = 'product.lock';
/** Each lost round means that another start went forward, so this is far more than any number of starts needs. */
const MAXIMUM_ROUNDS = 100;

/**
 * Takes DATA_DIR for this process until it releases it or ends, however it ends. Of any number of simultaneous starts
 * exactly one gets it.
 *
 * How: the lock is a file naming a process. It is made by link(2), which never replaces. Where the named process is
 * dead, its one successor is whoever first links `product.lock.after-<hash of the dead claim>`; the successor then
 * replaces the lock by rename(2) and removes its claim. A late start that still saw the dead claim may link the removed
 * name again: it finds that the lock is no longer the one it began with, and begins anew. Nothing is ever removed on
 * the strength of an old look.
 * @param dataDir DATA_DIR; made when missing
 * @param self who takes it
 * @param self.instance the INSTANCE_NAME that a refused start is told
 * @throws DataDirectoryInUseError when a living process has it; CannotStartError when the folder cannot be used
 */
export async function lockDataDirectory(dataDir: string, self: { instance: string }): Promise<Release> {
  const folder = await prepareDataDirectory(dataDir);
  const text = JSON.stringify({ ...identityOf(process.pid), instance: self.instance, claim: randomUUID() });
  const draft = join(folder, `${LOCK}.draft-${randomUUID()}`);
  await writeDurably(draft, text);
  try {
    for (let round = 0; round < MAXIMUM_ROUNDS; round++) {
      if (await tryToTake(folder, dataDir, draft)) {
        await sweep(folder);
        return () => release(folder, text);
      }
    }
    throw new Error(`DATA_DIR ${dataDir} could not be locked: its lock keeps changing.`);
  } finally {
    await rm(draft, { force: true });
  }
}

/** One round: true when the lock is ours, false when the picture changed and another look is needed. */
async function tryToTake(folder: string, dataDir: string, draft: string): Promise<boolean> {
  const lock = join(folder, LOCK);
  const first = await readClaim(lock);
  if (!first) return linked(draft, lock);

  const unchanged = async () => (await readClaim(lock))?.text === first.text;
  const last = await lastOfChain(folder, first);
  if (last.holder && isAlive(last.holder)) {
    if (await unchanged()) throw new DataDirectoryInUseError(dataDir, last.holder);
    return false;
  }
  const succession = successionPath(folder, last);
  if (!(await linked(draft, succession))) return false;
  const won = await unchanged();
  if (won) await rename(draft, lock);
  await rm(succession, { force: true });
  return won;
}

/** From the lock over dead successors that never finished, to the claim that counts. */
async function lastOfChain(folder: string, first: Claim): Promise<Claim> {
  let last = first;
  for (;;) {
    if (last.holder && isAlive(last.holder)) return last;
    const next = await readClaim(successionPath(folder, last));
    if (!next) return last;
    last = next;
  }
}

/** Removes what dead processes left beside the lock. Only the holder calls it: to it none of that means anything. */
async function sweep(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${LOCK}.`));
  for (const name of names) {
    const claim = await readClaim(join(folder, name));
    if (claim?.holder && !isAlive(claim.holder)) await rm(join(folder, name), { force: true });
  }
}

async function release(folder: string, text: string): Promise<void> {
  const lock = join(folder, LOCK);
  if ((await readClaim(lock))?.text === text) await rm(lock, { force: true });
}

async function readClaim(path: string): Promise<Claim | undefined> {
  const text = await readIfThere(path);
  return text === undefined ? undefined : { text, holder: holderIn(text) };
}

/** The holder named by a claim; an unreadable claim names nobody, and so counts as a dead one. */
function holderIn(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    const whole = typeof value?.pid === 'number' && typeof value.startedAt === 'number';
    return whole ? { ...(value as Holder), instance: String(value.instance) } : undefined;
  } catch {
    return undefined;
  }
}

function successionPath(folder: string, claim: Claim): string {
  return join(folder, `${LOCK}.after-${createHash('sha256').update(claim.text).digest('hex').slice(0, 32)}`);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
