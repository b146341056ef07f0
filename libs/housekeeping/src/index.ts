export { HousekeepingModule } from './housekeeping.module.js';
export { DirectorySync } from './directory-sync/directory-sync.js';
