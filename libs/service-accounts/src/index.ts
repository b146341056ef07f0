export { ServiceAccountsModule } from './service-accounts.module.js';
export { ServiceAccountViews } from './service-account-views.js';
export { ServiceAccountEntity, ServiceAccountGroupEntity } from './service-account.entity.js';
export {
  accountById,
  accountsByIds,
  accountsManagedBy,
  groupIdsOfAccount,
  isMember,
  lockAccount,
  permissionsOfAccount,
  type AccountRecord,
} from './accounts.queries.js';
export { addAccount, orphanAccountsOf, recoverAccountsOf, type NewAccount } from './account-changes.js';
export { stateOf, type StateFacts } from './account-state.rules.js';
export { ServiceAccount, ServiceAccountStateEnum, toServiceAccount } from './service-account.types.js';
export { seesAccount, type AccountView } from './account-visibility.rules.js';
