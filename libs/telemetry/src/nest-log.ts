import type { LoggerService } from '@nestjs/common';
import type { Logs } from './logs.js';

/** Nest's own log lines in ours, redacted like all others; its chatter about modules and routes only at `debug`. */
export class NestLog implements LoggerService {
  constructor(private readonly logs: Logs) {}

  log(message: unknown): void {
    this.logs.debug({}, asSentence(message));
  }

  error(message: unknown): void {
    this.logs.error(message instanceof Error ? { error: message } : {}, asSentence(message));
  }

  warn(message: unknown): void {
    this.logs.warn({}, asSentence(message));
  }

  debug(message: unknown): void {
    this.logs.debug({}, asSentence(message));
  }

  verbose(message: unknown): void {
    this.logs.trace({}, asSentence(message));
  }
}

function asSentence(message: unknown): string {
  if (typeof message === 'string') return message;
  return message instanceof Error ? message.message : 'Nest logged something that is no text.';
}
