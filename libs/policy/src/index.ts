export { PolicyModule } from './policy.module.js';
export { currentPolicy, ensureFirstPolicy } from './policy.service.js';
export {
  endOfNewToken,
  profileFor,
  profileForSuccessor,
  requireNamedScopes,
  type AskedEnd,
} from './lifetime.rules.js';
export { overlapFor } from './overlap.rules.js';
export { changePolicy, type ChangedPolicy } from './change/change-policy.js';
export type { AskedChange } from './change/prepare-change.js';
export { PolicyVersionEntity } from './policy-version.entity.js';
export { FIRST_POLICY, type LifetimeProfile, type PolicyDocument } from './policy-document.rules.js';
export { noPolicy, POLICY_IN_FORCE, POLICY_TO_HOLD, versionsBackFrom } from './policy.queries.js';
export { exceedsPolicy, type MaximumOfProfile } from './exceeding.queries.js';
export { idleDue, idleToMark, idleToRevoke, markStands } from './due/idle-due.queries.js';
export { purgeDue } from './due/purge-due.queries.js';
export { warningDue, type WarningDue } from './due/warning-due.queries.js';
