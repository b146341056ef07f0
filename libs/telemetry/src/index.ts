export { Logs, type LogOptions } from './logs.js';
export type { LogFields } from './log-fields.rules.js';
export { NestLog } from './nest-log.js';
export { redacted } from './redaction.rules.js';
export {
  ENDING_WITHIN,
  Metrics,
  RESOLVE_ENDPOINTS,
  RESOLVE_OUTCOMES,
  type AccountCount,
  type EndingCount,
  type EndingWithin,
  type ResolveEndpoint,
  type ResolveOutcome,
  type TokenCount,
} from './metrics.js';
export { TelemetryModule } from './telemetry.module.js';
