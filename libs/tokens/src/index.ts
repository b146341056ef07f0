export { AccessTokenEntity } from './access-token.entity.js';
export { AccessToken, ServiceAccountToken, UserToken, toAccessToken } from './access-token.types.js';
export { isLive, statusOf, type StatusFacts } from './token-status.rules.js';
export {
  actionsOn,
  hasRightTo,
  requireRightTo,
  seesToken,
  standingOf,
  suspendsByScopeAlone,
  type Standing,
  type TokenInQuestion,
} from './token-actions.rules.js';
export {
  addToken,
  findToken,
  lockToken,
  renameToken,
  resumeToken,
  revokeToken,
  suspendToken,
  type NewToken,
  type Suspension,
} from './token-changes.js';
export { endOnSuccessorsUse, leaveToSuccessor, type Overlap } from './token-rotation.js';
export {
  lockTokensOf,
  revokeTokensOf,
  suspendThese,
  suspendTokensOf,
  type RevocationOfPrincipals,
} from './tokens-of-principal.js';
export { TokenActionEnum, TokenKindEnum, TokenStatusEnum, UnusableReasonEnum } from './token-words.enums.js';
export { withReason, type RevocationOfMany } from './token-trail.js';
export { tokenColumns } from './token-columns.js';
export { tokensByIds } from './tokens.queries.js';
export { successorsOf } from './rotation.queries.js';
export {
  activeCountOf,
  activeTokensOf,
  hasActiveRows,
  hasMoreLiveRowsThan,
  liveCountOf,
  liveCountsOf,
  liveTokensOf,
  type HeldTokens,
  type OwnedToken,
  type SuspendedPrincipal,
} from './tokens-of-principal.queries.js';
export {
  ARE_ENDS_MOVING,
  BULK_REVOCATION_OF,
  endNowOf,
  IDS_BEING_CAPPED,
  IDS_BEING_REVOKED,
  readingTokensNow,
  TOKENS_BEING_CAPPED,
  tokensNow,
  type TokensNow,
} from './tokens-now.queries.js';
export { BULK_REVOCATION_LOCK } from './bulk-revocations.queries.js';
export { type IdsSelect, type WaitingDecision } from './frozen-sets.queries.js';
export { SetWriter } from './set-writer.js';
export { capTokens, forgetOldCaps, waitingCaps, writeWaitingCapSet, type CapOfMany } from './caps.js';
export {
  forgetOldRevocations,
  holdAllTokens,
  holdOffBulkRevocations,
  revokeMany,
  waitingRevocations,
  writeWaitingSet,
} from './bulk-revocations.js';
export {
  lastUsesOf,
  recordUses,
  usageOf,
  USAGE_DAYS_KEPT,
  type LastUse,
  type UsageDay,
  type UsesOfToken,
} from './token-uses.js';
export { TokensModule } from './tokens.module.js';
export { capEndOf } from './cap-end.queries.js';
export { decidedWarningsOf, type DecidedWarning } from './token-warnings.js';
export { restartUseTracking, USES_WHOLE_SINCE } from './use-tracking.js';
export { purgePage } from './purging.js';
export {
  BEFORE_ALL,
  purgeTokens,
  type PlaceOfEnd,
  type PurgedPage,
  type TokenCondition,
} from './purging.queries.js';
export { revokeThese } from './these-tokens.js';
export { lockTokens } from './tokens-of-principal.queries.js';
