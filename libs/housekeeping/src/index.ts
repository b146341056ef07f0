export { HousekeepingModule } from './housekeeping.module.js';
export { DirectorySync } from './directory-sync/directory-sync.js';
export { directoryWarnings } from './directory-sync/directory-warnings.js';
export { RunViews } from './runs/run-views.js';
export { Scheduler } from './runs/scheduler.js';
