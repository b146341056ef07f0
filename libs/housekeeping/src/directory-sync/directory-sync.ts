import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { hasWholeCopy } from '@tokenwarden/directory';
import { Logs } from '@tokenwarden/telemetry';
import { directoryUnavailable, Problem, SYSTEM } from '@tokenwarden/vocabulary';
import { endedWithin } from '../runs/ended-within.js';
import { Runs, type BegunRun } from '../runs/runs.js';
import { directoryStanding } from './directory-standing.queries.js';
import { DirectorySyncTask } from './directory-sync.task.js';

/** How long the first start of all waits for a whole answer. */
const FIRST_ANSWER_MILLISECONDS = 60_000;
/** How long a start on a copy waits for the synchronisation that it begins; then it goes on, and that one as well. */
const ON_A_COPY_MILLISECONDS = 10_000;
/** Between two tries of the first start: each is a run that is recorded, so that they become rarer. */
const FIRST_RETRY_MILLISECONDS = 1_000;
const LONGEST_RETRY_MILLISECONDS = 5_000;

/** How long a start waits for the directory. */
export interface Patience {
  /** For the first whole answer of all. */
  readonly patienceMilliseconds?: number;
  /** Where there is a copy to go on with. */
  readonly onCopyMilliseconds?: number;
}

/** What came of one try, and what stood in its way where that is known. */
interface Tried {
  readonly isDone: boolean;
  /** By the database's clock; undefined where it could not even be begun. */
  readonly begunAt?: Date;
  readonly reason: string | undefined;
}

/** DIRECTORY_SYNC at the start of a process; later the scheduler begins it. */
@Injectable()
export class DirectorySync implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly runs: Runs,
    private readonly task: DirectorySyncTask,
    private readonly logs: Logs,
  ) {}

  /**
   * Begins the synchronisation at start. With a copy from before it returns when that has ended, whatever came of it, or
   * after ten seconds: the product goes on with its copy. The first start of all waits up to 60 s for a whole answer, and for
   * one that has come until it is written.
   * @throws Problem `DIRECTORY_UNAVAILABLE` saying why there was none
   */
  async firstSynchronisation({
    patienceMilliseconds = FIRST_ANSWER_MILLISECONDS,
    onCopyMilliseconds = ON_A_COPY_MILLISECONDS,
  }: Patience = {}): Promise<void> {
    if (await this.hasCopy()) await this.startOnCopy(onCopyMilliseconds);
    else await this.waitForFirstAnswer(patienceMilliseconds);
  }

  /** Waits no more; the run that has begun is told to stop by whoever carries it out. */
  beforeApplicationShutdown(): void {
    this.stopping.abort(new Error('Stopped while waiting for the directory.'));
  }

  private async startOnCopy(milliseconds: number): Promise<void> {
    const tried = await this.tryOnce(milliseconds);
    if (!tried.isDone && tried.begunAt) await this.sayWhatLasts(tried.begunAt, tried.reason);
  }

  // A fault is told once where it begins, maybe by another process and long ago: whoever looks at this one sees it, too.
  private async sayWhatLasts(begunAt: Date, reason = 'Its run has not ended yet.'): Promise<void> {
    const failingSince = await this.database.read(directoryStanding).then(
      (standing) => standing.failingSince,
      () => null, // without a database there is more to say, and others say it
    );
    if (failingSince === null || failingSince >= begunAt) return;
    this.logs.warn(
      { task: this.task.name },
      `The synchronisation has been failing since ${failingSince.toISOString()}: this start goes on with the last good ` +
        `copy. ${reason}`,
    );
  }

  private async waitForFirstAnswer(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    let reason = 'It is still being read.';
    for (let pause = FIRST_RETRY_MILLISECONDS; ; pause = Math.min(pause * 2, LONGEST_RETRY_MILLISECONDS)) {
      const tried = await this.tryOnce(end - performance.now(), { waitsForWriting: true });
      // By this process, or meanwhile by another one.
      if (tried.isDone || (await this.hasCopy())) return;
      reason = tried.reason ?? reason;
      const left = end - performance.now();
      if (left <= 0) throw noAnswer(reason, milliseconds);
      await sleep(Math.min(pause, left), undefined, { signal: this.stopping.signal });
    }
  }

  private async tryOnce(
    milliseconds: number,
    { waitsForWriting = false }: { waitsForWriting?: boolean } = {},
  ): Promise<Tried> {
    try {
      const begun = await this.begin();
      const inTime = await endedWithin(begun, milliseconds, this.stopping.signal);
      // Who has waited for a whole answer does not give up while it is written: that of a large company takes a while.
      const run = inTime ?? (waitsForWriting && this.task.isApplying ? await begun.ended : undefined);
      return {
        isDone: run?.state === 'SUCCEEDED',
        begunAt: begun.run.startedAt,
        reason: run?.error ?? undefined,
      };
    } catch (error) {
      this.stopping.signal.throwIfAborted();
      if (!(error instanceof Problem)) throw error;
      return { isDone: false, reason: error.message };
    }
  }

  // What was missed is caught up with by this very run.
  private async begin(): Promise<BegunRun> {
    const due = await this.runs.beginDue(this.task);
    return due ?? this.runs.begin(this.task.name, { trigger: 'SCHEDULE', by: SYSTEM, dryRun: false });
  }

  private async hasCopy(): Promise<boolean> {
    try {
      return await this.database.read(hasWholeCopy);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return false; // the database is gone: then nothing is known, and it is tried again
    }
  }
}

function noAnswer(reason: string, milliseconds: number) {
  const seconds = Math.round(milliseconds / 1_000);
  return directoryUnavailable(
    `There is no copy of the directory to start on, and none came within ${seconds} seconds. ${reason}`,
  );
}
