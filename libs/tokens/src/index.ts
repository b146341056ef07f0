export { AccessTokenEntity } from './access-token.entity.js';
export { AccessToken, ServiceAccountToken, UserToken, toAccessToken } from './access-token.types.js';
export { isLive, statusOf, type StatusFacts } from './token-status.rules.js';
export {
  actionsOn,
  hasRightTo,
  requireRightTo,
  seesToken,
  suspendsByScopeAlone,
  type Standing,
  type TokenInQuestion,
} from './token-actions.rules.js';
export {
  addToken,
  endOnSuccessorsUse,
  findToken,
  holdOffBulkRevocations,
  leaveToSuccessor,
  lockToken,
  renameToken,
  resumeToken,
  revokeToken,
  revokeTokensOf,
  suspendToken,
  suspendTokensOf,
  type NewToken,
  type Overlap,
  type Suspension,
} from './token-changes.js';
export { TokenActionEnum, TokenKindEnum, TokenStatusEnum, UnusableReasonEnum } from './token-words.enums.js';
export {
  BULK_REVOCATION_OF,
  issuanceOf,
  successorsOf,
  tokenColumns,
  tokensByIds,
  tokensNow,
  type Issuance,
} from './tokens.queries.js';
export { BULK_REVOCATION_LOCK, IDS_BEING_REVOKED, type IdsSelect } from './bulk-revocations.queries.js';
export {
  holdAllTokens,
  revokeMany,
  writeWaitingRevocations,
  type RevocationOfMany,
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
