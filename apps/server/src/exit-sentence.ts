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
    error instanceof CannotStartError || error instanceof WrongMasterKeyError || error instanceof Problem;
  if (isPlain || isListenError(error)) return redacted(error.message);
  return redacted(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

// EADDRINUSE, EACCES, EADDRNOTAVAIL: Node's own sentence names address and port.
function isListenError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}
