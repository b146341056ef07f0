import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database, PeriodicWork } from '@tokenwarden/database';
import { currentPolicy } from '@tokenwarden/policy';
import { Logs } from '@tokenwarden/telemetry';
import { dueTrigger } from './due.rules.js';
import { deleteOldRuns, MOST_DELETED } from './old-runs.queries.js';
import { Runs } from './runs.js';
import { lookAtTasks, type LookedAt } from './runs.queries.js';
import { isNewTiming, scheduleOf, Tasks, type Timing } from './task.js';

const LOOK_MILLISECONDS = 1_000;
/** Should nothing wake it, it looks all the same. */
const REST_MILLISECONDS = 10_000;
/** How often records of old runs are deleted. */
const DELETING_MILLISECONDS = 3_600_000;
/** For one set of them: nobody waits for it. */
const DELETING_BOUNDS = { withinSeconds: 10 };

/**
 * Begins what is due. Every process looks once a second, by the database's clock, for moments of a schedule that have come
 * and for runs whose process is gone; who does it is decided in the database. Nothing is begun before the start.
 */
@Injectable()
export class Scheduler implements BeforeApplicationShutdown {
  private readonly looking = new PeriodicWork({
    everyMilliseconds: REST_MILLISECONDS,
    work: () => this.look(),
    onTrouble: (error) => this.logs.warn({ error }, 'Housekeeping waits: what is due cannot be looked up.'),
    onRecovered: () => this.logs.info({}, 'Housekeeping goes on: what is due can be looked up again.'),
  });
  private readonly deleting = new PeriodicWork({
    everyMilliseconds: DELETING_MILLISECONDS,
    work: (stopping) => this.deleteOld(stopping),
    onTrouble: (error) =>
      this.logs.warn({ error }, 'Records of old housekeeping runs cannot be deleted: they stay for now.'),
    onRecovered: () => this.logs.info({}, 'Records of old housekeeping runs are deleted again.'),
  });

  constructor(
    private readonly database: Database,
    private readonly tasks: Tasks,
    private readonly runs: Runs,
    private readonly logs: Logs,
  ) {}

  /** From now on it looks by itself. */
  start(): void {
    this.looking.start();
    this.looking.wake();
    this.deleting.start();
    this.deleting.wake();
  }

  /** Looks, unless it is at it. Before the start and after the stop this does nothing. */
  @Interval('housekeeping', LOOK_MILLISECONDS)
  tick(): void {
    this.looking.wake();
  }

  /** Looks no more, and returns after what is under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.looking.stop(), this.deleting.stop()]);
  }

  /**
   * Looks once, and begins what is due.
   * @throws Problem `UNAVAILABLE`
   */
  async look(): Promise<void> {
    const claimant = await this.runs.claimant();
    const found = await this.database.read((tx) => lookAtTasks(tx, claimant));
    const { document: policy } = await this.database.read(currentPolicy);
    for (const task of this.tasks.all) {
      const row = found.find((one) => one.task === task.name);
      if (row && needsRun(task.timing(policy), row)) await this.runs.beginDue(task);
    }
  }

  /**
   * Deletes the records of old runs, a set at a time and each in a transaction of its own; one that is not whole is the last
   * of its task. It has its own rest: what is due is looked up whatever becomes of them.
   * @throws Problem `UNAVAILABLE`; what was deleted by then stays so
   */
  async deleteOld(stopping: AbortSignal): Promise<void> {
    for (const { name } of this.tasks.all) {
      let deleted = MOST_DELETED;
      while (deleted === MOST_DELETED && !stopping.aborted) {
        deleted = await this.database.transaction((tx) => deleteOldRuns(tx, name), DELETING_BOUNDS);
      }
    }
  }
}

// It is decided when the task is held; this only spares the others the lock.
function needsRun(timing: Timing, row: LookedAt): boolean {
  const { hasAbandoned, isRunning, scheduledThrough, now } = row;
  if (hasAbandoned || isNewTiming(timing, row)) return true;
  return (
    !isRunning && timing.isEnabled && dueTrigger(scheduleOf(timing), scheduledThrough, now) !== undefined
  );
}
