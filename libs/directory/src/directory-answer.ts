import type { DirectoryGroup, DirectoryUser } from './directory-changes.rules.js';

export type { DirectoryGroup, DirectoryUser };

/** Everything the directory holds, and no doubt about any of it: only such an answer proves that something is gone. */
export interface WholeAnswer {
  readonly whole: true;
  readonly users: readonly DirectoryUser[];
  readonly groups: readonly DirectoryGroup[];
  /** How many of the groups hold other groups, where that is known; only an operator cares. */
  readonly groupsWithGroups?: number;
  /** What an operator should know although the answer is good. */
  readonly warnings: readonly string[];
}

/** An answer with a fault: nothing of it is applied, and `reasons` says in words what would be right. */
export interface FaultyAnswer {
  readonly whole: false;
  readonly reasons: readonly string[];
}

/** What reading the whole directory gives. */
export type DirectoryAnswer = WholeAnswer | FaultyAnswer;

/** Thrown where an answer turns out not to be whole while it is applied: the transaction is rolled back with it. */
export class NotWhole extends Error {
  override readonly name = 'NotWhole';

  constructor(readonly reasons: readonly string[]) {
    super(`The answer of the directory is not whole: ${reasons.join(' ')}`);
  }
}

/** Where users and groups come from. Tokenwarden never writes to it. */
export interface DirectorySource {
  /** Reads everything; trouble, also being aborted, makes the answer faulty and is never thrown. */
  readAll(signal?: AbortSignal): Promise<DirectoryAnswer>;

  /**
   * The entry of the user with this name and password, as it is now; undefined, after the same work, where the name is
   * unknown or has two entries, the password is wrong, or the user is disabled.
   * @throws Problem `DIRECTORY_UNAVAILABLE` where the directory cannot be asked: never mistaken for a wrong password
   */
  authenticate(username: string, password: string): Promise<DirectoryUser | undefined>;

  /** Tries all that a sync needs, for `npm run directory:check`. */
  check(): Promise<DirectoryCheck>;

  /** Lets go of connections. */
  close(): Promise<void>;
}

/** What a check of the directory found, for an operator. */
export interface DirectoryCheck {
  /** What worked, a sentence each, in order. */
  readonly steps: readonly string[];
  /** What did not, a sentence each, although the answer may be whole: one of several servers. */
  readonly failures: readonly string[];
  readonly answer: DirectoryAnswer;
}
