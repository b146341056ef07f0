import { PostgresTooOldError, storageProblem } from '@tokenwarden/database';
import { CannotStartError } from '@tokenwarden/embedded';
import { WrongMasterKeyError } from '@tokenwarden/secrets';
import { SettingsError } from '@tokenwarden/settings';
import { redacted } from '@tokenwarden/telemetry';
import { Problem } from '@tokenwarden/vocabulary';

/** Why it ends here, for the person who started it: a sentence where the reason is theirs to mend, else all we know. */
export function exitSentence(error: unknown): string {
  if (error instanceof SettingsError)
    return ['The settings cannot be used:', ...error.mistakes.map((one) => `  ${one}`)].join('\n');
  const isPlain =
    error instanceof CannotStartError ||
    error instanceof PostgresTooOldError ||
    error instanceof WrongMasterKeyError ||
    error instanceof Problem;
  if (isPlain) return redacted(error.message);
  if (isListenError(error)) return `${error.message}: HOST and PORT say where to listen.`;
  if (isOfPostgres(error)) return redacted(`Postgres at DATABASE_URL cannot be used: ${sentenceOf(error)}`);
  return redacted(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

// What a connection fails with: the network's codes, and Postgres' own for a wrong user, password or database.
function isOfPostgres(error: unknown): error is Error {
  const { code } = error as { code?: unknown };
  return storageProblem(error) !== undefined || (typeof code === 'string' && /^(28|3D)/.test(code));
}

function sentenceOf(error: Error): string {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return inner instanceof Error ? inner.message : error.message;
}

// EADDRINUSE, EACCES, EADDRNOTAVAIL: Node's own sentence names address and port.
function isListenError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}
