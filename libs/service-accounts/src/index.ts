export { ServiceAccountsModule } from './service-accounts.module.js';
export { ServiceAccountsService } from './service-accounts.service.js';
export { accountPayloadOf } from './service-accounts.resolver.js';
export { UpdateServiceAccountInput } from './service-account.inputs.js';
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
export { addAccount, type NewAccount } from './account-changes.js';
export { lockAccountsPastGrace, noteEndedGraces, orphanAccountsOf, recoverAccountsOf } from './orphans.js';
export { accountsPastGrace, accountsToOrphan, accountsToRecover } from './foreseen-orphans.queries.js';
export { stateOf, type StateFacts } from './account-state.rules.js';
export {
  ServiceAccount,
  ServiceAccountPayload,
  ServiceAccountStateEnum,
  toServiceAccount,
} from './service-account.types.js';
export { seesAccount, type AccountView } from './account-visibility.rules.js';
