import { Module } from '@nestjs/common';
import { DirectorySync } from './directory-sync/directory-sync.js';
import { DirectorySyncTask } from './directory-sync/directory-sync.task.js';
import { RecoverableUntilResolver } from './recoverable-until.resolver.js';
import { Runs } from './runs/runs.js';
import { Tasks } from './runs/task.js';

/** What is done again and again without being asked. Nothing runs before `firstSynchronisation` was called. */
@Module({
  providers: [
    DirectorySyncTask,
    DirectorySync,
    RecoverableUntilResolver,
    { provide: Tasks, useFactory: () => new Tasks([]) },
    Runs,
  ],
  exports: [DirectorySync],
})
export class HousekeepingModule {}
