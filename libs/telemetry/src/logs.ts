import { pino } from 'pino';
import type { DestinationStream, Level, Logger } from 'pino';
import { allowedFields } from './log-fields.rules.js';
import type { LogFields } from './log-fields.rules.js';
import { redacted } from './redaction.rules.js';

/** How the log of a process is set up. */
export interface LogOptions {
  /** From this level on, as LOG_LEVEL says. */
  readonly level: Level;
  /** Named in every line. */
  readonly instance?: string;
  /** Where lines go; standard output when nothing is said. */
  readonly destination?: DestinationStream;
}

/**
 * The log: one line of JSON each, of a sentence and of the fields in `LogFields`. What is not on that list does not come
 * out, and what looks like a secret does not either, wherever it stands.
 */
export class Logs {
  readonly #pino: Logger;
  readonly #showsStacks: boolean;

  constructor(options: LogOptions) {
    const base = options.instance === undefined ? null : { instance: options.instance };
    this.#pino = pino(
      {
        level: options.level,
        base,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      options.destination ?? pino.destination({ fd: 1, sync: true }),
    );
    this.#showsStacks = this.#pino.isLevelEnabled('debug');
  }

  /** It cannot go on: the process ends. */
  fatal(fields: LogFields, sentence: string): void {
    this.#write('fatal', fields, sentence);
  }

  /** Something failed that should not have: a fault of ours or of a part we need. */
  error(fields: LogFields, sentence: string): void {
    this.#write('error', fields, sentence);
  }

  /** It goes on, and somebody should look. */
  warn(fields: LogFields, sentence: string): void {
    this.#write('warn', fields, sentence);
  }

  /** What an operator wants to have seen. */
  info(fields: LogFields, sentence: string): void {
    this.#write('info', fields, sentence);
  }

  /** For whoever is looking for a fault. */
  debug(fields: LogFields, sentence: string): void {
    this.#write('debug', fields, sentence);
  }

  /** Each step. */
  trace(fields: LogFields, sentence: string): void {
    this.#write('trace', fields, sentence);
  }

  #write(level: Level, fields: LogFields, sentence: string): void {
    // Asked first: redacting costs more than a line that nobody will read is worth.
    if (!this.#pino.isLevelEnabled(level)) return;
    this.#pino[level](allowedFields(fields, this.#showsStacks), redacted(sentence));
  }
}
