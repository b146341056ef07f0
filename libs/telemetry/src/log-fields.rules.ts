import { redacted } from './redaction.rules.js';

/** What a log line can say beside its sentence. There is no way to say anything else: other fields are dropped. */
export interface LogFields {
  /** Of the request that it is about. */
  readonly requestId?: string;
  readonly method?: string;
  /** The route's pattern, never the URL that was called. */
  readonly route?: string;
  /** HTTP status. */
  readonly status?: number;
  readonly milliseconds?: number;
  /** Name of a GraphQL operation's root field or of a command. */
  readonly operation?: string;
  /** Of a problem or of an error. */
  readonly code?: string;
  readonly instance?: string;
  readonly process?: string;
  readonly pid?: number;
  /** What it listens on or is reached under. */
  readonly url?: string;
  readonly signal?: string;
  readonly version?: string | number;
  readonly count?: number;
  readonly seconds?: number;
  readonly sequence?: number | string;
  readonly task?: string;
  readonly setting?: string;
  readonly path?: string;
  readonly kid?: string;
  readonly algorithm?: string;
  /** Ids only; a name is a person's. */
  readonly tokenId?: string;
  readonly userId?: string;
  readonly groupId?: string;
  readonly serviceAccountId?: string;
  readonly runId?: string;
  /** Of the outbox: the Message-ID begins with it. */
  readonly messageId?: string;
  /** Whatever was thrown; see `describedError`. */
  readonly error?: unknown;
}

const PLAIN_FIELDS: ReadonlySet<string> = new Set<Exclude<keyof LogFields, 'error'>>([
  'requestId',
  'method',
  'route',
  'status',
  'milliseconds',
  'operation',
  'code',
  'instance',
  'process',
  'pid',
  'url',
  'signal',
  'version',
  'count',
  'seconds',
  'sequence',
  'task',
  'setting',
  'path',
  'kid',
  'algorithm',
  'tokenId',
  'userId',
  'groupId',
  'serviceAccountId',
  'runId',
  'messageId',
]);

/** A log line's fields: of what was handed in only the named ones, plain values only, every text redacted. */
export function allowedFields(fields: object, withStack: boolean): Record<string, unknown> {
  const allowed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'error' && value !== undefined) allowed[name] = describedError(value, withStack);
    else if (PLAIN_FIELDS.has(name) && isPlain(value)) {
      allowed[name] = typeof value === 'string' ? redacted(value) : value;
    }
  }
  return allowed;
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

// Causes of causes: enough to reach the driver's error below a Problem, bounded against circles.
const DEEPEST_CAUSE = 3;

/**
 * An error as the log shows it: name, message, code, its causes, at `debug` the stack. Its other properties are dropped:
 * drivers and clients put queries, parameters and whole requests there.
 */
export function describedError(error: unknown, withStack: boolean, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error))
    return { name: 'NotAnError', message: `Something of type ${typeof error} was thrown.` };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: redacted(error.name),
    message: redacted(error.message),
    ...(isPlain(code) ? { code: redacted(String(code)) } : {}),
    ...(withStack && error.stack !== undefined ? { stack: redacted(error.stack) } : {}),
    ...(error.cause === undefined || depth >= DEEPEST_CAUSE
      ? {}
      : { cause: describedError(error.cause, withStack, depth + 1) }),
  };
}
