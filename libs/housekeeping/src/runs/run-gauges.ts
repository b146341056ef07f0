import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Metrics } from '@tokenwarden/telemetry';
import { taskStandings } from './run-lists.queries.js';
import { Tasks } from './task.js';

/** Says how housekeeping does, read from the database: every process shows the same, whoever carried out the runs. */
@Injectable()
export class RunGauges implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly tasks: Tasks,
    private readonly metrics: Metrics,
  ) {}

  /** Tells the metrics where to look. */
  onModuleInit(): void {
    this.metrics.collectHousekeeping(async () => {
      const standings = await this.database.read(taskStandings);
      return standings.filter(({ task }) => this.tasks.all.some(({ name }) => name === task));
    });
  }
}
