import type { Metrics } from '@tokenwarden/telemetry';
import type { ResolvingParts } from './resolve-token.js';

/** What the OAuth endpoints stand on. */
export interface EndpointParts {
  readonly resolving: ResolvingParts;
  readonly metrics: Metrics;
  readonly trustedProxies: readonly string[];
  readonly cacheMaxAgeSeconds: number;
}
