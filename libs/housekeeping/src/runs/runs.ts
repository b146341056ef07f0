import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { record } from '@tokenwarden/audit';
import { Database, type Transaction } from '@tokenwarden/database';
import { currentPolicy, versionsBackFrom } from '@tokenwarden/policy';
import { Settings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import {
  Problem,
  SYSTEM,
  unavailable,
  type Author,
  type HousekeepingTask,
  type HousekeepingTrigger,
} from '@tokenwarden/vocabulary';
import { dueTrigger } from './due.rules.js';
import type { HousekeepingRunRecord, RunWork } from './run.js';
import { RunEnds, type EndedRun } from './run-end.js';
import { RunningRun } from './running-run.js';
import {
  insertRun,
  lastFences,
  lockAbandonedRun,
  lockTask,
  noteTiming,
  runById,
  runningRun,
  type Claimant,
  type ClaimedRun,
  type TaskRow,
} from './runs.queries.js';
import { isNewTiming, scheduleOf, Tasks, timingSince, type Task } from './task.js';

/** By whom and as what a run is to begin. */
export interface Start {
  readonly trigger: HousekeepingTrigger;
  readonly by: Author;
  readonly dryRun: boolean;
}

/** A run that was begun, or the one that was at it already. */
export interface BegunRun {
  readonly run: HousekeepingRunRecord;
  /** False where it is a run that was RUNNING before, here or in another process. */
  readonly isNew: boolean;
  /**
   * The run when it has ended.
   * @throws Problem `UNAVAILABLE` where that could not be found out
   */
  readonly ended: Promise<HousekeepingRunRecord>;
}

interface Claim {
  readonly run: HousekeepingRunRecord;
  readonly claimed?: ClaimedRun;
  /** The run in whose place this one stands. */
  readonly replaced?: EndedRun | undefined;
}

const POLL_MILLISECONDS = 250;
/** So many versions of the policy back it is looked since when a timing is the same: more than come while nobody looks. */
const VERSIONS_LOOKED_AT = 100;
/** Beyond its budget and its lease a run has ended, or its process was found dead. */
const POLL_SLACK_SECONDS = 180;

/**
 * Runs of housekeeping tasks: of each task one at a time, however many processes there are, and a dry run beside it. The
 * row of a RUNNING run is the lock, for as long as its lease lasts; whatever the run writes is written only while it has it.
 */
@Injectable()
export class Runs implements BeforeApplicationShutdown {
  private readonly here = new Map<string, { running: RunningRun; ended: Promise<HousekeepingRunRecord> }>();
  private bornBehind: Promise<Claimant['bornBehind']> | undefined;
  private isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly tasks: Tasks,
    private readonly settings: Settings,
    private readonly logs: Logs,
    private readonly ends: RunEnds,
  ) {}

  /**
   * Begins a run of the task, which this process then carries out behind the answer; where one is RUNNING already that
   * one is given back. A run whose process is gone ends as FAILED, and this one takes its place.
   * @param work instead of what the task does by itself
   * @throws Problem `UNAVAILABLE`
   */
  async begin(name: HousekeepingTask, start: Start, work?: RunWork): Promise<BegunRun> {
    const task = this.tasks.named(name);
    const claimant = await this.claimant();
    const claim = await this.database.transaction(async (tx): Promise<Claim> => {
      await lockTask(tx, name);
      const replaced = await this.endAbandoned(tx, task, start.dryRun, claimant);
      const running = await runningRun(tx, name, start.dryRun);
      return running ? { run: running } : { ...(await this.claim(tx, task, start)), replaced };
    });
    return this.begun(task, claim, start, work ?? task.run);
  }

  /**
   * Begins the run of the task that is due: by its schedule, or in the place of one whose process is gone. However many
   * processes call this at the same moment, one of them does.
   * @throws Problem `UNAVAILABLE`
   */
  async beginDue(task: Task): Promise<BegunRun | undefined> {
    if (this.isStopping) return undefined;
    const claimant = await this.claimant();
    const found = await this.database.transaction(async (tx) => {
      const row = await lockTask(tx, task.name);
      const due = await dueNow(tx, task, row);
      const dry = await this.endAbandoned(tx, task, true, claimant);
      const replaced = await this.endAbandoned(tx, task, false, claimant);
      if (await runningRun(tx, task.name, false)) return { dry };
      const trigger = replaced ? 'CATCH_UP' : due;
      if (!trigger) return { dry };
      const start: Start = { trigger, by: SYSTEM, dryRun: false };
      return { dry, start, claim: { ...(await this.claim(tx, task, start)), replaced } };
    });
    if (found.dry) this.ends.tell(found.dry);
    return found.claim && this.begun(task, found.claim, found.start, task.run);
  }

  /** Who this process is to runs that were begun before. */
  async claimant(): Promise<Claimant> {
    // Read once, before the first claim of this process: behind that one its own runs would look like an earlier one's.
    this.bornBehind ??= this.database.read(lastFences).catch((error: unknown) => {
      this.bornBehind = undefined;
      throw error;
    });
    return { process: this.settings.processName, bornBehind: await this.bornBehind };
  }

  /** Begins nothing any more, tells the runs under way to stop, and waits until their ends are recorded. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const here = [...this.here.values()];
    for (const { running } of here) running.stop();
    await Promise.allSettled(here.map(({ ended }) => ended));
  }

  private async claim(tx: Transaction, { name }: Task, { trigger, by, dryRun }: Start): Promise<Claim> {
    if (this.isStopping) throw unavailable('This process is being stopped. Try again in a moment.');
    const startedBy = by.actor;
    const process = this.settings.processName;
    const claimed = await insertRun(tx, { task: name, trigger, startedBy, dryRun, process });
    if (trigger === 'MANUAL') {
      const target = { type: 'housekeeping_run', id: claimed.id, name } as const;
      await record(tx, { action: 'housekeeping.started', by, target, details: { task: name, dryRun } });
    }
    const { fence: _, ...run } = claimed;
    return { run, claimed };
  }

  private async endAbandoned(
    tx: Transaction,
    { name }: Task,
    dryRun: boolean,
    claimant: Claimant,
  ): Promise<EndedRun | undefined> {
    const abandoned = await lockAbandonedRun(tx, name, dryRun, claimant);
    if (!abandoned) return undefined;
    const error = `The process ${abandoned.process} stopped reporting, and another run takes its place.`;
    return this.ends.write(tx, abandoned, { state: 'FAILED', examined: 0, affected: 0, error });
  }

  private begun(task: Task, claim: Claim, { by }: Start, work: RunWork): BegunRun {
    const { run, claimed, replaced } = claim;
    if (replaced) this.ends.tell(replaced);
    if (!claimed) return this.given(task, run);
    const { database, ends, logs } = this;
    const running = new RunningRun(claimed, { database, ends, by, task });
    const ended = running
      .carryOut(work)
      .then((after) => after ?? this.endElsewhere(run.id, task.budgetSeconds))
      .finally(() => this.here.delete(run.id));
    ended.catch((error: unknown) =>
      logs.warn(
        { error, task: task.name, runId: run.id },
        'How a housekeeping run ended could not be recorded: another process will find it and end it.',
      ),
    );
    this.here.set(run.id, { running, ended });
    if (this.isStopping) running.stop();
    return { run, isNew: true, ended };
  }

  // Waits only where somebody asks for the end.
  private given({ budgetSeconds }: Task, run: HousekeepingRunRecord): BegunRun {
    const ended = () => this.here.get(run.id)?.ended ?? this.endElsewhere(run.id, budgetSeconds);
    return {
      run,
      isNew: false,
      get ended() {
        return ended();
      },
    };
  }

  private async endElsewhere(id: string, budgetSeconds: number): Promise<HousekeepingRunRecord> {
    const until = performance.now() + (budgetSeconds + POLL_SLACK_SECONDS) * 1_000;
    for (;;) {
      const run = await this.database.read((tx) => runById(tx, id)).catch(orUnavailable);
      if (run && run.state !== 'RUNNING') return run;
      if (this.isStopping || performance.now() >= until) break;
      await pause(POLL_MILLISECONDS);
    }
    throw unavailable('It was not found out how the run ended. Look at housekeepingRuns.');
  }
}

// As what the task is due by the policy in force. Another timing than was seen before is remembered, whatever else becomes of it.
async function dueNow(tx: Transaction, task: Task, row: TaskRow): Promise<ReturnType<typeof dueTrigger>> {
  const policy = await currentPolicy(tx);
  const timing = task.timing(policy.document);
  let through = row.scheduledThrough;
  if (isNewTiming(timing, row)) {
    // It may be that of an earlier version, if nobody looked in between: moments since then are missed, not done with.
    const versions = await versionsBackFrom(tx, policy.version, VERSIONS_LOOKED_AT);
    through = await noteTiming(tx, task.name, timing, timingSince(task, versions));
  }
  return timing.isEnabled ? dueTrigger(scheduleOf(timing), through, row.now) : undefined;
}

// Whoever waits for the end of a run waits through a moment without a database as well.
function orUnavailable(error: unknown): undefined {
  if (!(error instanceof Problem)) throw error;
}
