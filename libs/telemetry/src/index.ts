export { Logs, type LogOptions } from './logs.js';
export type { LogFields } from './log-fields.rules.js';
export { NestLog } from './nest-log.js';
export { redacted } from './redaction.rules.js';
export {
  Metrics,
  RESOLVE_ENDPOINTS,
  RESOLVE_OUTCOMES,
  type ResolveEndpoint,
  type ResolveOutcome,
} from './metrics.js';
export {
  ENDING_WITHIN,
  type AccountCount,
  type EndingCount,
  type EndingWithin,
  type OutboxCount,
  type TaskHealth,
  type TokenCount,
} from './gauge-values.js';
export { TelemetryModule } from './telemetry.module.js';
