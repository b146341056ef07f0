export { CannotStartError, DataDirectoryInUseError } from './cannot-start.js';
export { lockDataDirectory, type Release } from './data-directory-lock.js';
export {
  demoGrants,
  demoGroups,
  demoServiceAccounts,
  demoUsers,
  writeDemoDirectory,
  type DemoGroup,
  type DemoServiceAccount,
  type DemoUser,
} from './demo-directory.js';
export { embeddedMasterKey } from './master-key.js';
export { borrowEmbeddedPostgres } from './postgres/borrowed-postgres.js';
export {
  startEmbeddedPostgres,
  type EmbeddedLog,
  type EmbeddedPostgres,
} from './postgres/embedded-postgres.js';
