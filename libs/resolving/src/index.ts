export { ResolvingModule } from './resolving.module.js';
export { ResolvingService, type Usability } from './resolving.service.js';
export { OAuthEndpoints } from './oauth-endpoints.js';
export type {
  ActiveResolution,
  GroupFacts,
  InactiveResolution,
  Resolution,
  TokenRecord,
} from './resolution.rules.js';
export { UseTally } from './use-tally.js';
export { USES_WRITTEN_WITHIN_MILLISECONDS } from './use-flusher.js';
