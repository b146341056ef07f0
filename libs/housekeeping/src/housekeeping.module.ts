import { Module } from '@nestjs/common';
import { DirectorySync } from './directory-sync/directory-sync.js';
import { DirectorySyncTask } from './directory-sync/directory-sync.task.js';
import { RecoverableUntilResolver } from './recoverable-until.resolver.js';
import { RunGauges } from './runs/run-gauges.js';
import { RunViews } from './runs/run-views.js';
import { Runs } from './runs/runs.js';
import { RunsResolver } from './runs/runs.resolver.js';
import { Scheduler } from './runs/scheduler.js';
import { Tasks } from './runs/task.js';

/** What is done again and again without being asked. Nothing runs before `firstSynchronisation` was called. */
@Module({
  providers: [
    DirectorySyncTask,
    DirectorySync,
    RecoverableUntilResolver,
    { provide: Tasks, useFactory: () => new Tasks([]) },
    Runs,
    RunViews,
    RunsResolver,
    RunGauges,
    Scheduler,
  ],
  exports: [DirectorySync, RunViews, Scheduler],
})
export class HousekeepingModule {}
