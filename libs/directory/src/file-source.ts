import { readFile, stat } from 'node:fs/promises';
import { timingSafeEqual, createHash } from 'node:crypto';
import { canonicalName, directoryUnavailable } from '@tokenwarden/vocabulary';
import type { DirectoryAnswer, DirectoryCheck, DirectorySource, DirectoryUser } from './directory-answer.js';
import {
  entryOf,
  NoDirectoryFile,
  readDirectoryFile,
  type DirectoryFile,
  type FileUser,
} from './directory-file.js';
import { decoyFor, verifyPassword, type PasswordHash } from './password-hash.js';
import { WaitingEnded } from './patience.js';
import { NoPlace, Places } from './places.js';

/** Which file, and whether plain passwords may stand in it: only while nobody but this machine can reach the product. */
export interface FileSourceOptions {
  readonly path: string;
  readonly acceptsPlainPasswords: boolean;
  /** What an operator knows it by, where that is not DIRECTORY_FILE. */
  readonly name?: string;
  /** How long a sign-in waits for its turn; 4 seconds where nothing is said. */
  readonly waitMilliseconds?: number;
}

interface ReadFile {
  readonly fingerprint: string;
  readonly file: DirectoryFile;
  readonly decoy: PasswordHash;
}

const LARGEST_FILE_BYTES = 128 * 1024 * 1024;
// Each takes 32 MiB and a whole core: more at once would only be slower, and leave nothing for everybody else.
const MOST_VERIFICATIONS_AT_ONCE = 2;
const MOST_WAITING = 100;
// The caller is answered within 5 s.
const WAIT_MS = 4_000;

/**
 * DIRECTORY_FILE as a directory. It is looked at for every sign-in and every sync, and parsed again when it changed;
 * what it holds of passwords stays in this object.
 */
export class FileSource implements DirectorySource {
  private known: ReadFile | undefined;
  private readonly places = new Places(MOST_VERIFICATIONS_AT_ONCE, MOST_WAITING);
  private readonly name: string;

  constructor(private readonly options: FileSourceOptions) {
    this.name = options.name ?? 'DIRECTORY_FILE';
  }

  /** See `DirectorySource.readAll`. */
  async readAll(): Promise<DirectoryAnswer> {
    try {
      return (await this.read()).file.answer;
    } catch (error) {
      return { whole: false, reasons: [`${this.name}: ${reasonOf(error)}`] };
    }
  }

  /** See `DirectorySource.authenticate`: a fault elsewhere in the file does not keep out whose own entry is good. */
  async authenticate(username: string, password: string): Promise<DirectoryUser | undefined> {
    const { file, decoy } = await this.read().catch((error: unknown) => {
      throw directoryUnavailable('The directory cannot be read. Try again in a moment.', error);
    });
    const user = file.users.get(canonicalName(username));
    // The same work for everybody: a name that is unknown, or has no hash, costs a verification that nothing passes.
    const isHashed = await this.oneOfFew(() => verifyPassword(password, user?.passwordHash ?? decoy));
    const isRight = user?.passwordHash ? isHashed : isPlainPassword(password, user);
    return user && isRight && user.enabled ? entryOf(user) : undefined;
  }

  /** See `DirectorySource.check`. */
  async check(): Promise<DirectoryCheck> {
    const answer = await this.readAll();
    return { steps: answer.whole ? [`Read ${this.name}.`] : [], failures: [], answer };
  }

  /** See `DirectorySource.close`: whoever waits for their turn is refused. */
  close(): Promise<void> {
    this.places.close();
    return Promise.resolve();
  }

  private async read(): Promise<ReadFile> {
    const facts = await stat(this.options.path, { bigint: true });
    if (facts.size > LARGEST_FILE_BYTES)
      throw new NoDirectoryFile(`It may have ${LARGEST_FILE_BYTES} bytes at most.`);
    const fingerprint = [facts.dev, facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(' ');
    if (this.known?.fingerprint === fingerprint) {
      return this.known;
    }
    const file = readDirectoryFile(await readFile(this.options.path, 'utf8'), this.options);
    const hashes = [...file.users.values()].flatMap((user) => user.passwordHash ?? []);
    this.known = { fingerprint, file, decoy: decoyFor(hashes) };
    return this.known;
  }

  private async oneOfFew<T>(work: () => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(this.options.waitMilliseconds ?? WAIT_MS);
    try {
      return await this.places.with(work, signal);
    } catch (error) {
      if (!(error instanceof NoPlace || error instanceof WaitingEnded)) throw error;
      throw directoryUnavailable('Too many sign-ins at once. Try again in a moment.', error);
    }
  }
}

function isPlainPassword(password: string, user: FileUser | undefined): boolean {
  const digest = (text: string) => createHash('sha256').update(text.normalize('NFC')).digest();
  return timingSafeEqual(digest(password), digest(user?.password ?? '')) && user?.password != null;
}

// The operator reads this: what is wrong, but neither a path nor a piece of the file.
function reasonOf(error: unknown): string {
  if (error instanceof NoDirectoryFile) return error.message;
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
  return `It cannot be read (${code}).`;
}
