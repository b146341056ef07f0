export { HousekeepingModule } from './housekeeping.module.js';
export { DirectorySync } from './directory-sync/directory-sync.js';
export { housekeepingWarnings } from './housekeeping-warnings.js';
export { RunViews } from './runs/run-views.js';
export { Scheduler } from './runs/scheduler.js';
