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
  findToken,
  lockToken,
  renameToken,
  resumeToken,
  revokeToken,
  revokeTokensOf,
  suspendToken,
  suspendTokensOf,
  type NewToken,
  type Suspension,
} from './token-changes.js';
export { TokenActionEnum, TokenKindEnum, TokenStatusEnum, UnusableReasonEnum } from './token-words.enums.js';
export { issuanceOf, tokenColumns, type Issuance } from './tokens.queries.js';
export { TokensModule } from './tokens.module.js';
