import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Settings } from '@tokenwarden/settings';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { directoryUnavailable, nextMoment, parseSchedule, type Schedule } from '@tokenwarden/vocabulary';
import { DirectorySyncTask, type SyncDone, type SyncResult } from './directory-sync.task.js';

const TASK = 'DIRECTORY_SYNC';
/** How long the first start of all waits for a whole answer. */
const FIRST_ANSWER_MILLISECONDS = 60_000;
const FIRST_ANSWER_RETRY_MILLISECONDS = 1_000;
// Another process reads the directory at this moment: then this one looks again soon, so that both know it is fresh.
const ELSEWHERE_RETRY_MILLISECONDS = 5_000;
// setTimeout counts to 24.8 days; whoever waits longer asks again on the way.
const LONGEST_WAIT_MILLISECONDS = 3_600_000;

/**
 * When DIRECTORY_SYNC runs in this process: at its start, then by DIRECTORY_SYNC_SCHEDULE. Trouble leaves the last good
 * copy in force, and is said once when it begins and once when it ends.
 */
@Injectable()
export class DirectorySync implements BeforeApplicationShutdown {
  private readonly schedule: Schedule;
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private isFailing = false;
  private lastSuccess: Date | undefined;
  private readonly toldWarnings = new Set<string>();

  constructor(
    private readonly task: DirectorySyncTask,
    private readonly timers: SchedulerRegistry,
    private readonly logs: Logs,
    metrics: Metrics,
    settings: Settings,
  ) {
    const schedule = parseSchedule(settings.directorySyncSchedule);
    if (!schedule) throw new Error('DIRECTORY_SYNC_SCHEDULE was not checked.');
    this.schedule = schedule;
    metrics.collectDirectoryLastSuccess(() => Promise.resolve(this.lastSuccess));
  }

  /**
   * The synchronisation at start, after which the schedule goes on. With a copy from before it returns whatever came of
   * it; the first start of all waits up to 60 s for a whole answer.
   * @throws Problem `DIRECTORY_UNAVAILABLE` saying why there was none
   */
  async firstSynchronisation({ patienceMilliseconds = FIRST_ANSWER_MILLISECONDS } = {}): Promise<void> {
    const end = Date.now() + patienceMilliseconds;
    for (;;) {
      const result = await this.synchronise();
      if (result.state === 'SUCCEEDED' || (await this.hasCopy())) break;
      this.stopping.signal.throwIfAborted();
      if (Date.now() >= end) throw directoryUnavailable(noAnswer(result, patienceMilliseconds));
      await sleep(Math.min(FIRST_ANSWER_RETRY_MILLISECONDS, patienceMilliseconds), undefined, {
        signal: this.stopping.signal,
      });
    }
    this.waitUntil(nextMoment(this.schedule, new Date()));
  }

  /** Reads the directory now. */
  async synchronise(): Promise<SyncResult> {
    const run = this.task.run();
    this.running = run;
    const result = await run;
    if (result.state === 'SUCCEEDED') this.succeeded(result);
    else if (result.state === 'FAILED' && !this.isFailing) {
      this.isFailing = true;
      const sentence = `The directory gave no whole answer; the last good copy stays in force. ${result.reasons.join(' ')}`;
      this.logs.error({ task: TASK, ...(result.cause !== undefined && { error: result.cause }) }, sentence);
    }
    return result;
  }

  /** Stops waiting, and lets a run that has begun end while there is still a database. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error('Stopped while waiting for the directory.'));
    this.forgetTimer();
    await this.running;
  }

  private succeeded(result: SyncDone): void {
    this.lastSuccess = result.at;
    if (this.isFailing) this.logs.info({ task: TASK }, 'The directory gives whole answers again.');
    this.isFailing = false;
    for (const warning of result.warnings.filter((one) => !this.toldWarnings.has(one))) {
      this.logs.warn({ task: TASK }, warning);
    }
    // A warning that ends and begins again is told again.
    this.toldWarnings.clear();
    for (const warning of result.warnings) this.toldWarnings.add(warning);
    for (const serviceAccountId of result.orphanedAccounts) {
      this.logs.warn(
        { task: TASK, serviceAccountId },
        'The last group of a service account is gone: it is orphaned.',
      );
    }
    for (const serviceAccountId of result.recoveredAccounts) {
      this.logs.info({ task: TASK, serviceAccountId }, 'A service account has a live group again.');
    }
    const count = result.changedUsers + result.changedGroups;
    if (count > 0)
      this.logs.info({ task: TASK, count }, 'Brought users and groups to what the directory says.');
  }

  private async hasCopy(): Promise<boolean> {
    try {
      return await this.task.hasCopy();
    } catch {
      return false; // the database is gone: then nothing is known, and the loop tries again
    }
  }

  private waitUntil(moment: Date | undefined): void {
    if (!moment || this.stopping.signal.aborted) return;
    this.forgetTimer();
    const wait = Math.max(0, moment.getTime() - Date.now());
    const timer = setTimeout(() => void this.tick(moment), Math.min(wait, LONGEST_WAIT_MILLISECONDS));
    this.timers.addTimeout(TASK, timer);
  }

  private async tick(moment: Date): Promise<void> {
    if (moment.getTime() > Date.now()) return this.waitUntil(moment);
    const result = await this.synchronise();
    const isElsewhere = result.state === 'ELSEWHERE';
    this.waitUntil(
      isElsewhere
        ? new Date(Date.now() + ELSEWHERE_RETRY_MILLISECONDS)
        : nextMoment(this.schedule, new Date()),
    );
  }

  private forgetTimer(): void {
    if (this.timers.doesExist('timeout', TASK)) this.timers.deleteTimeout(TASK);
  }
}

function noAnswer(result: SyncResult, patienceMilliseconds: number): string {
  const reasons = result.state === 'FAILED' ? result.reasons : ['Another process is reading it.'];
  const seconds = Math.round(patienceMilliseconds / 1_000);
  return `The directory gave no whole answer within ${seconds} seconds, and there is no copy from before. ${reasons.join(' ')}`;
}
