import { Injectable } from '@nestjs/common';
import { applyConsequences, type ConsequencesDone } from '@tokenwarden/consequences';
import { Database, databaseNow, tryLockFor, type Transaction } from '@tokenwarden/database';
import {
  applyAnswer,
  DirectoryService,
  hasWholeCopy,
  NotWhole,
  pinAdministratorGroups,
  type DirectoryChanges,
} from '@tokenwarden/directory';
import { currentPolicy } from '@tokenwarden/policy';
import { Settings } from '@tokenwarden/settings';
import { Problem, type Duration } from '@tokenwarden/vocabulary';

/** What came of one synchronisation. */
export type SyncResult = SyncDone | SyncFailed | { readonly state: 'ELSEWHERE' };

/** A whole answer was applied; `at` is the database's time before it was read. */
export interface SyncDone extends ConsequencesDone {
  readonly state: 'SUCCEEDED';
  readonly at: Date;
  readonly changedUsers: number;
  readonly changedGroups: number;
  /** What an operator should know although it went well. */
  readonly warnings: readonly string[];
}

/** Nothing was applied, and why, in words for an operator; `cause` where something was thrown. */
export interface SyncFailed {
  readonly state: 'FAILED';
  readonly reasons: readonly string[];
  readonly cause?: unknown;
}

// Nobody waits for it; a whole company that is copied for the first time takes its time.
const LONGEST_SECONDS = 300;

/** DIRECTORY_SYNC: reads the whole directory and brings the copy, tokens and accounts to what it says, in one transaction. */
@Injectable()
export class DirectorySyncTask {
  constructor(
    private readonly database: Database,
    private readonly directory: DirectoryService,
    private readonly settings: Settings,
  ) {}

  /** Runs once, unless another process is at it: then it says so. Trouble is a result, never thrown, and applies nothing. */
  async run(): Promise<SyncResult> {
    try {
      return await this.database.transaction((tx) => this.synchronise(tx), {
        withinSeconds: LONGEST_SECONDS,
      });
    } catch (error) {
      if (error instanceof NotWhole) return { state: 'FAILED', reasons: error.reasons };
      const reason = error instanceof Problem ? error.message : 'It could not be applied.';
      return { state: 'FAILED', reasons: [reason], cause: error };
    }
  }

  /** Whether a whole answer has ever been applied: then there is a copy to go on with. */
  async hasCopy(): Promise<boolean> {
    return this.database.read(hasWholeCopy);
  }

  // The lock is taken before the directory is read: an older answer is never applied after a newer one.
  private async synchronise(tx: Transaction): Promise<SyncResult> {
    if (!(await tryLockFor(tx, 'housekeeping:DIRECTORY_SYNC'))) return { state: 'ELSEWHERE' };
    const at = await databaseNow(tx);
    const answer = await this.directory.readAll();
    if (!answer.whole) return { state: 'FAILED', reasons: answer.reasons };
    const changes = await applyAnswer(tx, answer, at);
    const done = await applyConsequences(tx, changes, await graceFor(tx, changes));
    // Names of ADMIN_GROUPS that the directory has only now are pinned with it.
    const pins = await pinAdministratorGroups(tx, this.settings.adminGroups);
    const counts = { changedUsers: changes.users.length, changedGroups: changes.groups.length };
    return { state: 'SUCCEEDED', at, ...done, ...counts, warnings: [...answer.warnings, ...pins.warnings] };
  }
}

// Asked for only where it counts: at the first start of all there is no policy yet, and no group that could return.
async function graceFor(tx: Transaction, { groups }: DirectoryChanges): Promise<Duration> {
  if (!groups.some(({ action }) => action === 'returned')) return 'PT0S';
  return (await currentPolicy(tx)).document.orphanGrace;
}
