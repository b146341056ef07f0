import type { Transaction } from '@tokenwarden/database';
import type {
  ActorRef,
  Author,
  HousekeepingRunState,
  HousekeepingTask,
  HousekeepingTrigger,
  JsonObject,
} from '@tokenwarden/vocabulary';

/** One execution of a housekeeping task, as it is recorded. */
export interface HousekeepingRunRecord {
  readonly id: string;
  readonly task: HousekeepingTask;
  readonly trigger: HousekeepingTrigger;
  readonly startedBy: ActorRef;
  readonly dryRun: boolean;
  readonly state: HousekeepingRunState;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly examined: number;
  readonly affected: number;
  readonly error: string | null;
  readonly details: JsonObject | null;
}

/** How a run ended, and what it did: `error` where it FAILED, in words for an operator. */
export interface RunOutcome {
  readonly state: 'SUCCEEDED' | 'FAILED' | 'HELD';
  readonly examined: number;
  readonly affected: number;
  readonly error?: string;
  readonly details?: JsonObject;
}

/** What a task is given for one run. */
export interface RunContext {
  readonly runId: string;
  readonly dryRun: boolean;
  readonly trigger: HousekeepingTrigger;
  readonly startedBy: Author;
  /** Aborted when the run has lost its lock, is out of time, or the process stops. */
  readonly signal: AbortSignal;

  /**
   * Runs `work` in one transaction that only the run which holds its task's lock can commit.
   * @throws LostRun where it does not hold it any more: nothing is written
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;

  /** Within `write`: the run ends with this very commit, so that what it did and what is said of it are kept or lost together. */
  finish(tx: Transaction, outcome: RunOutcome): Promise<void>;
}

/** What a task does in one run; what it throws makes the run FAILED. */
export type RunWork = (context: RunContext) => Promise<RunOutcome>;

/** Thrown where a run writes after another one has taken its place: the run ends without a word. */
export class LostRun extends Error {
  override readonly name = 'LostRun';
}

/** Thrown where a task cannot go on and can say why, in words for an operator. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  /** False where nothing is wrong with the task: somebody stopped the run, or what was asked of it was refused. */
  readonly isFault: boolean;

  constructor(message: string, { isFault = true }: { readonly isFault?: boolean } = {}) {
    super(message);
    this.isFault = isFault;
  }
}
