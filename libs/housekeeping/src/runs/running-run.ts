import { setTimeout as pause } from 'node:timers/promises';
import { besideOwnClock, type Database, type Transaction } from '@tokenwarden/database';
import { Problem, type Author } from '@tokenwarden/vocabulary';
import { ClocksApart } from './clocks-apart.js';
import {
  LostRun,
  RunFailed,
  type HousekeepingRunRecord,
  type RunContext,
  type RunOutcome,
  type RunWork,
} from './run.js';
import { endOfFailure, type EndedRun, type RunEnd, type RunEnds } from './run-end.js';
import { holdAlone, holdPlace, LEASE_SECONDS, renewLease, type ClaimedRun } from './runs.queries.js';
import type { Task } from './task.js';

const RENEWAL_MILLISECONDS = 10_000;
/** How soon a renewal that failed, or an end that could not be recorded, is tried again. */
const RETRY_MILLISECONDS = 1_000;
/** How long work may go on that was told to stop; then its run ends without it, and it can write nothing any more. */
const GRACE_MILLISECONDS = 3_000;
/** How long the end of a run is tried to be recorded while the database is away; then whoever finds the run ends it. */
const END_MILLISECONDS = LEASE_SECONDS * 1_000;
/** The same where the process stops: whoever stops it waits. */
const END_WHEN_STOPPING_MILLISECONDS = 3_000;
/** For one such time; longer than Postgres waits for a lock, so that what was given up has really ended. */
const END_BOUNDS = { withinSeconds: 5 };

/** What one run needs of its surroundings. */
export interface RunSurroundings {
  readonly database: Database;
  readonly ends: RunEnds;
  readonly by: Author;
  readonly task: Pick<Task, 'budgetSeconds' | 'isByTheClock'>;
}

/** What is to be said of a run: nothing where it has lost its place. */
interface Told {
  readonly end?: RunEnd;
  readonly thrown?: unknown;
}

/**
 * A run that this process carries out: it keeps the lease, counts the budget, hands the task its context and records
 * how it ended. It is used once.
 */
export class RunningRun {
  private readonly controller = new AbortController();
  private readonly outOfTimeAt: number;
  private leaseUntil = performance.now() + LEASE_SECONDS * 1_000;
  private renewal: NodeJS.Timeout | undefined;
  private readonly stopped = new RunFailed('The process that carried it out was stopped.', {
    isFault: false,
  });
  private isStopping = false;
  private isOver = false;
  /** What `finish` has written in a transaction of the task that is not committed yet, and what is. */
  private ending: EndedRun | undefined;
  private ended: EndedRun | undefined;

  constructor(
    private readonly run: ClaimedRun,
    private readonly around: RunSurroundings,
  ) {
    this.outOfTimeAt = performance.now() + around.task.budgetSeconds * 1_000;
  }

  /**
   * Does the work and records its end, whatever it is.
   * @returns The run as it ended; undefined where it has lost its place, and others say how it ended
   * @throws Problem `UNAVAILABLE` where the end could not be recorded: then others end it
   */
  async carryOut(work: RunWork): Promise<HousekeepingRunRecord | undefined> {
    const { budgetSeconds } = this.around.task;
    const budget = setTimeout(
      () => this.abort(new RunFailed(`It took longer than the ${budgetSeconds} seconds that it may take.`)),
      budgetSeconds * 1_000,
    );
    this.renewLater(RENEWAL_MILLISECONDS);
    try {
      return await this.end(await this.outcomeOf(work));
    } finally {
      this.isOver = true;
      clearTimeout(budget);
      clearTimeout(this.renewal);
      this.abort(new LostRun('The run has ended.'));
    }
  }

  /** Tells the work that the process stops. */
  stop(): void {
    this.isStopping = true;
    this.abort(this.stopped);
  }

  private abort(reason: Error): void {
    this.controller.abort(reason);
  }

  private async outcomeOf(work: RunWork): Promise<Told> {
    const { signal } = this.controller;
    const done = (async () => work(this.context()))();
    done.catch(() => undefined); // it may end when nobody waits any more
    const waiting = new AbortController();
    try {
      return { end: await Promise.race([done, this.givenUp(waiting.signal)]) };
    } catch (error) {
      // Work that was told to stop fails for that, whatever it says.
      const cause: unknown = signal.aborted ? signal.reason : error;
      if (cause instanceof LostRun) return {};
      const end = { ...endOfFailure(cause), isLeftBehind: cause === this.stopped };
      return cause instanceof RunFailed ? { end } : { end, thrown: cause };
    } finally {
      waiting.abort();
    }
  }

  // Rejects when work has gone on for too long after it was told to stop.
  private async givenUp(signal: AbortSignal): Promise<never> {
    await new Promise<void>((resolve) => {
      if (this.controller.signal.aborted) resolve();
      else this.controller.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await pause(GRACE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    throw this.controller.signal.reason;
  }

  private context(): RunContext {
    const { id: runId, dryRun, trigger } = this.run;
    return {
      runId,
      dryRun,
      trigger,
      startedBy: this.around.by,
      signal: this.controller.signal,
      write: (work) => this.write(work),
      finish: (tx, outcome) => this.finish(tx, outcome),
    };
  }

  private async write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (this.run.dryRun) throw new Error('A dry run writes nothing.');
    const { signal } = this.controller;
    signal.throwIfAborted();
    // A little longer than the run has: that it is out of time is said by its own clock.
    const withinSeconds = (this.outOfTimeAt - performance.now() + 2 * GRACE_MILLISECONDS) / 1_000;
    try {
      const result = await this.around.database.transaction(
        async (tx) => {
          await this.hold(tx);
          return await work(tx);
        },
        { withinSeconds },
      );
      this.ended ??= this.ending;
      return result;
    } catch (error) {
      if (error instanceof LostRun) this.abort(error);
      throw error;
    } finally {
      this.ending = undefined;
    }
  }

  private async hold(tx: Transaction): Promise<void> {
    const { told, difference } = await besideOwnClock(() => holdPlace(tx, this.run));
    if (!told) throw new LostRun('Another run has taken the place of this one.');
    if (this.around.task.isByTheClock && difference !== undefined) throw new ClocksApart(difference);
  }

  // Who was told to stop before this takes everything back; after it, the commit goes through.
  private async finish(tx: Transaction, outcome: RunOutcome): Promise<void> {
    this.controller.signal.throwIfAborted();
    this.ending = await this.around.ends.write(tx, this.run, outcome);
    if (!this.ending) throw new LostRun('The run has ended already.');
  }

  private async end({ end, thrown }: Told): Promise<HousekeepingRunRecord | undefined> {
    if (this.ended) return this.said(this.ended, thrown);
    if (!end) return undefined;
    const began = performance.now();
    for (;;) {
      try {
        const ended = await this.around.database.transaction((tx) => this.recordEnd(tx, end), END_BOUNDS);
        return ended && this.said(ended, thrown);
      } catch (error) {
        const patience = this.isStopping ? END_WHEN_STOPPING_MILLISECONDS : END_MILLISECONDS;
        const mayPass = error instanceof Problem && error.code === 'UNAVAILABLE';
        if (!mayPass || performance.now() - began >= patience) throw error;
      }
      await pause(RETRY_MILLISECONDS);
    }
  }

  // Undefined where it has ended: by a commit whose answer never came, or by whoever took it over.
  private async recordEnd(tx: Transaction, end: RunEnd): Promise<EndedRun | undefined> {
    return (await holdAlone(tx, this.run)) ? this.around.ends.write(tx, this.run, end) : undefined;
  }

  private said(ended: EndedRun, thrown: unknown): HousekeepingRunRecord {
    this.around.ends.tell(ended, thrown);
    return ended.run;
  }

  private renewLater(milliseconds: number): void {
    if (!this.isOver) this.renewal = setTimeout(() => void this.renew(), milliseconds);
  }

  private async renew(): Promise<void> {
    const began = performance.now();
    try {
      const isKept = await this.around.database.read((tx) => renewLease(tx, this.run));
      if (isKept) this.leaseUntil = began + LEASE_SECONDS * 1_000;
      // Where the task has just written its end, the renewal has waited for that commit.
      else if (!this.ending && !this.ended)
        this.abort(new LostRun('Another run has taken the place of this one.'));
      if (isKept) this.renewLater(RENEWAL_MILLISECONDS);
    } catch {
      if (performance.now() < this.leaseUntil) this.renewLater(RETRY_MILLISECONDS);
      else this.abort(new LostRun('The database was away for longer than the run may go on without it.'));
    }
  }
}
