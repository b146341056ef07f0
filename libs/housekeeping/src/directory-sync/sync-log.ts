import { Injectable } from '@nestjs/common';
import { NOBODY_ADMINISTERS } from '@tokenwarden/directory';
import { Logs } from '@tokenwarden/telemetry';
import type { RunOutcome } from '../runs/run.js';
import type { BroughtUpToDate } from './bring-up-to-date.js';
import { affectedBy } from './sync-details.js';

/** How a synchronisation ended that read a whole answer: applied, or held. */
export interface SyncEnd {
  readonly outcome: RunOutcome;
  readonly applied?: BroughtUpToDate;
  /** It was applied, and an answer that had been held waits no more. */
  readonly endsHeld?: boolean;
  /** Whether the answer applied before had left somebody an administrator; undefined where there was none. */
  readonly wasAdministered?: boolean | undefined;
  readonly held?: { readonly reasons: readonly string[]; readonly isNews: boolean };
}

const TASK = 'DIRECTORY_SYNC';

/**
 * Tells the log what a synchronisation did that somebody should know: a held answer once when it begins and once when it
 * ends, and that nobody is an administrator likewise, over all processes; orphaned accounts; other warnings once while they
 * last, by each process. No name of a person.
 */
@Injectable()
export class SyncLog {
  private readonly toldWarnings = new Set<string>();

  constructor(private readonly logs: Logs) {}

  /** Behind the commit of a run. */
  tell(runId: string, { applied, held, endsHeld, wasAdministered }: SyncEnd): void {
    if (held?.isNews) {
      this.logs.warn(
        { task: TASK, runId },
        'The brake holds an answer of the directory, and nothing of it is applied. Look at the run, and accept it with ' +
          `acceptDirectoryChanges if it is right. ${held.reasons.join(' ')}`,
      );
    }
    if (endsHeld) {
      this.logs.info(
        { task: TASK, runId },
        'An answer of the directory is applied again: none is held any more.',
      );
    }
    if (applied) {
      this.tellAdministered(applied.warnings, wasAdministered);
      this.tellApplied(applied);
    }
  }

  // What the first answer of all leaves is told by the start, as by every start.
  private tellAdministered(warnings: readonly string[], before: boolean | undefined): void {
    const isAdministered = !warnings.includes(NOBODY_ADMINISTERS);
    const fields = { task: TASK, setting: 'ADMIN_GROUPS' };
    if (before === true && !isAdministered) this.logs.error(fields, NOBODY_ADMINISTERS);
    if (before === false && isAdministered)
      this.logs.info(fields, 'ADMIN_GROUPS makes somebody an administrator again.');
  }

  private tellApplied({ changes, done, warnings }: BroughtUpToDate): void {
    this.tellWarnings(warnings.filter((warning) => warning !== NOBODY_ADMINISTERS));
    for (const { id: serviceAccountId } of done.orphanedAccounts) {
      this.logs.warn(
        { task: TASK, serviceAccountId },
        'The last group of a service account is gone: it is orphaned.',
      );
    }
    for (const { id: serviceAccountId } of done.recoveredAccounts) {
      this.logs.info({ task: TASK, serviceAccountId }, 'A service account has a live group again.');
    }
    const ended = done.endedGraces.accounts;
    if (ended > 0) {
      this.logs.warn(
        { task: TASK, count: ended },
        'Service accounts were orphaned for longer than the policy gives: their tokens are revoked.',
      );
    }
    const count = affectedBy(changes);
    if (count > 0)
      this.logs.info({ task: TASK, count }, 'Brought users and groups to what the directory says.');
  }

  private tellWarnings(warnings: readonly string[]): void {
    for (const warning of warnings.filter((one) => !this.toldWarnings.has(one))) {
      this.logs.warn({ task: TASK }, warning);
    }
    // A warning that ends and begins again is told again.
    this.toldWarnings.clear();
    for (const warning of warnings) this.toldWarnings.add(warning);
  }
}
