import { Injectable } from '@nestjs/common';
import { Database, databaseNow, type Transaction } from '@tokenwarden/database';
import {
  AdministratorsMail,
  DirectoryService,
  HeldAnswer,
  NotWhole,
  refuseLockOut,
  whyHeld,
} from '@tokenwarden/directory';
import { Settings } from '@tokenwarden/settings';
import { RunFailed, type RunContext, type RunOutcome, type RunWork } from '../runs/run.js';
import type { Task, Timing } from '../runs/task.js';
import { bringUpToDate, foresee, type BroughtUpToDate, type ReadAnswer } from './bring-up-to-date.js';
import { wasAdministered } from './directory-standing.queries.js';
import { answerToAccept, holdAnswer, noteAcceptance, type Acceptance } from './held-answers.js';
import { forgetHeldAnswers } from './held-answers.queries.js';
import { affectedBy, detailsOfChanges, detailsOfHeld } from './sync-details.js';
import { SyncLog, type SyncEnd } from './sync-log.js';
import { tellOfApplied, tellOfHeld } from './sync-notices.js';
import { writeUndisturbed } from './write-undisturbed.js';

/** For comparing a whole company with its copy and counting what follows; a dry run is waited for by nobody. */
const LOOK_SECONDS = 60;

/**
 * DIRECTORY_SYNC: reads the whole directory, and then brings the copy, tokens and accounts to what it says, in one
 * transaction that is the run's own; or holds the answer where it takes away too much (rules 10 to 12).
 */
@Injectable()
export class DirectorySyncTask implements Task {
  readonly name = 'DIRECTORY_SYNC';
  readonly budgetSeconds = 600;
  readonly run: RunWork = (context) => this.synchronise(context);
  private applying = 0;

  constructor(
    private readonly database: Database,
    private readonly directory: DirectoryService,
    private readonly settings: Settings,
    private readonly log: SyncLog,
    private readonly mail: AdministratorsMail,
  ) {}

  /** Whether a whole answer has come and is being written in this process: it may be that of a large company. */
  get isApplying(): boolean {
    return this.applying > 0;
  }

  /** As the setting says, and always: it does not go by policy. */
  timing(): Timing {
    return { schedule: this.settings.directorySyncSchedule, isEnabled: true, isSetting: true };
  }

  /**
   * The work of a run that reads the directory again and applies the answer although it was held: where it takes away
   * nothing beyond what the held run named; else it is held anew.
   * @returns work that throws the problems `VERSION_CONFLICT` where another answer waits by now, and `WOULD_LOCK_OUT`
   */
  accepting(acceptance: Acceptance): RunWork {
    return (context) => this.synchronise(context, acceptance);
  }

  private async synchronise(context: RunContext, acceptance?: Acceptance): Promise<RunOutcome> {
    const readFrom = await this.database.read(databaseNow);
    // Within no transaction: Postgres ends those that lie idle, and the directory may take its time.
    const answer = await this.directory.readAll(context.signal);
    context.signal.throwIfAborted();
    if (!answer.whole) throw noWholeAnswer(answer.reasons);
    this.applying += 1;
    try {
      if (context.dryRun) return await this.look({ answer, readFrom }, context);
      const apply = (tx: Transaction) => this.apply(tx, context, { answer, readFrom }, acceptance);
      const end = await writeUndisturbed(context, apply);
      this.log.tell(context.runId, end);
      this.mail.wake();
      return end.outcome;
    } catch (error) {
      throw error instanceof NotWhole ? noWholeAnswer(error.reasons) : error;
    } finally {
      this.applying -= 1;
    }
  }

  // It says what it would do, and what the brake would say, and writes nothing.
  private async look(read: ReadAnswer, { signal }: RunContext): Promise<RunOutcome> {
    const { changes, toll, done, warnings } = await this.database.inSnapshot((tx) => foresee(tx, read), {
      withinSeconds: LOOK_SECONDS,
    });
    signal.throwIfAborted();
    const reasons = whyHeld(toll);
    const wouldBeHeld = reasons.length > 0;
    const details = detailsOfChanges(changes, done, warnings);
    const { users, groups } = read.answer;
    return {
      state: 'SUCCEEDED',
      examined: users.length + groups.length,
      affected: wouldBeHeld ? 0 : affectedBy(changes),
      details: { wouldBeHeld, ...(wouldBeHeld ? detailsOfHeld(toll, reasons, details) : details) },
    };
  }

  private async apply(
    tx: Transaction,
    context: RunContext,
    read: ReadAnswer,
    acceptance: Acceptance | undefined,
  ): Promise<SyncEnd> {
    const { answer } = read;
    const examined = answer.users.length + answer.groups.length;
    try {
      const applied = await (acceptance ? this.accept(tx, context, read, acceptance) : this.bring(tx, read));
      const { changes, done, warnings } = applied;
      const details = detailsOfChanges(changes, done, warnings);
      const outcome = { state: 'SUCCEEDED', examined, affected: affectedBy(changes), details } as const;
      const heldSince = await forgetHeldAnswers(tx);
      const endsHeld = heldSince !== undefined;
      const before = await wasAdministered(tx);
      await tellOfApplied(tx, this.mail, context.runId, {
        applied,
        heldSince,
        acceptedBy: acceptance?.by.actor.name ?? null,
      });
      await context.finish(tx, outcome);
      return { outcome, applied, endsHeld, wasAdministered: before };
    } catch (error) {
      if (!(error instanceof HeldAnswer)) throw error;
      const held = await holdAnswer(tx, context.runId, error, answer);
      if (held.isFirst) await tellOfHeld(tx, this.mail, context.runId, error);
      await context.finish(tx, held.outcome);
      return { outcome: held.outcome, held: { reasons: error.reasons, isNews: held.isNews } };
    }
  }

  private bring(tx: Transaction, read: ReadAnswer): Promise<BroughtUpToDate> {
    return bringUpToDate(tx, read, this.settings.adminGroups);
  }

  private async accept(
    tx: Transaction,
    context: RunContext,
    read: ReadAnswer,
    acceptance: Acceptance,
  ): Promise<BroughtUpToDate> {
    const named = await answerToAccept(tx, acceptance.runId);
    const applied = await refuseLockOut(tx, 'runId', () =>
      bringUpToDate(tx, read, this.settings.adminGroups, named),
    );
    await noteAcceptance(tx, acceptance, context.runId);
    return applied;
  }
}

// At the first start of all there is no copy that could stay in force: what holds always is that nothing changed.
function noWholeAnswer(reasons: readonly string[]): RunFailed {
  return new RunFailed(`The directory gave no whole answer, and nothing was changed. ${reasons.join(' ')}`);
}
