import { Injectable } from '@nestjs/common';
import { pageOf, toConnection, type Connection } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { currentPolicy } from '@tokenwarden/policy';
import { isIdentifier, nextMoment } from '@tokenwarden/vocabulary';
import { countRuns, listRuns, NEWEST_FIRST, newestRuns, taskStandings } from './run-lists.queries.js';
import {
  toHousekeepingRun,
  type HousekeepingRun,
  type HousekeepingTaskStatus,
  type RunListArgs,
} from './run.types.js';
import { runById } from './runs.queries.js';
import { scheduleOf, Tasks } from './task.js';

/** Runs and tasks as they are shown; who may see them is decided before. */
@Injectable()
export class RunViews {
  constructor(
    private readonly database: Database,
    private readonly tasks: Tasks,
  ) {}

  /**
   * A page of runs, newest first.
   * @throws Problem `INVALID_INPUT` on `first` or `after`, `UNAVAILABLE`
   */
  async runsOnPage({ task, state, ...args }: RunListArgs): Promise<Connection<HousekeepingRun>> {
    // In any order and however often: it is the same list.
    const states = state ? [...new Set(state)].sort() : undefined;
    const filter = { task: task ?? undefined, states };
    const page = pageOf(
      args,
      { list: 'housekeepingRuns', ...filter },
      NEWEST_FIRST.map(({ type }) => type),
    );
    const found = await this.database.read((tx) => listRuns(tx, filter, page));
    return toConnection(
      page,
      found.map(toHousekeepingRun),
      ({ startedAt, id }) => [startedAt.toISOString(), id],
      () => this.database.read((tx) => countRuns(tx, filter)),
    );
  }

  /** The run of this id, or undefined. */
  async runById(id: string): Promise<HousekeepingRun | undefined> {
    if (!isIdentifier(id)) return undefined;
    const run = await this.database.read((tx) => runById(tx, id));
    return run && toHousekeepingRun(run);
  }

  /**
   * Every task, when it runs next by the database's clock, and its newest run.
   * @throws Problem `UNAVAILABLE`
   */
  async taskStatuses(): Promise<HousekeepingTaskStatus[]> {
    const standings = await this.database.read(taskStandings);
    const runs = await this.database.read(newestRuns);
    const { document: policy } = await this.database.read(currentPolicy);
    return this.tasks.all.map((task) => {
      const now = standings.find((one) => one.task === task.name)?.now;
      const lastRun = runs.find((run) => run.task === task.name);
      const timing = task.timing(policy);
      return {
        task: task.name,
        enabled: timing.isEnabled,
        schedule: timing.schedule,
        nextRunAt: (timing.isEnabled && now && nextMoment(scheduleOf(timing), now)) || null,
        lastRun: lastRun ? toHousekeepingRun(lastRun) : null,
      };
    });
  }
}
