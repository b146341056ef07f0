import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, PeriodicWork } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { forgetWritten, waitingPart, writeSuspensions, type WaitingPart } from './waiting-suspensions.js';

/** Tokens of one transaction: it ends soon, so that whoever waits for one of them hardly does. */
const TOKENS_AT_ONCE = 300;
/** How soon a process takes up what was decided, or what another one has left behind. */
const PERIOD_MILLISECONDS = 1_500;
/**
 * Between two transactions it rests for half as long as the last one took: resolving comes first, and a hundred thousand
 * tokens are written within a minute all the same, on a busy machine too.
 */
const REST_PER_WORK = 0.5;
const LONGEST_REST_MILLISECONDS = 50;
/** For one transaction: nobody waits for it. */
const BOUNDS = { withinSeconds: 10 };

/**
 * Writes into the rows of tokens, each with its event, that their users were disabled, where these have very many: a few
 * hundred at a time. Every process does so, and a token is written once: what a killed process leaves behind the others
 * take up, and itself at its next start. Nobody waits for it, for no token of a disabled user resolves.
 */
@Injectable()
export class SuspensionWriter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private written = 0;
  // Trouble is logged once and tried again: what waits is decided and safe.
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: PERIOD_MILLISECONDS,
    work: (stopping) => this.writeAll(stopping),
    onTrouble: (error) =>
      this.logs.warn(
        { error },
        'The suspension of tokens of disabled users waits to be written into their rows.',
      ),
  });

  constructor(
    private readonly database: Database,
    private readonly logs: Logs,
  ) {}

  /** From now on it looks by itself. */
  onApplicationBootstrap(): void {
    this.periodic.start();
    this.periodic.wake();
  }

  /** Stops after the transaction under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  private async writeAll(stopping: AbortSignal): Promise<void> {
    let part = await this.database.read(waitingPart);
    while (part && !stopping.aborted && (await this.write(part, stopping)))
      part = await this.database.read(waitingPart);
    if (!part) this.say();
  }

  // Whether that came to anything: where others have all of it in hand, or it is to stop, it looks again another time.
  private async write({ tokens, wholeUserIds }: WaitingPart, stopping: AbortSignal): Promise<boolean> {
    const before = this.written;
    for (let start = 0; start < tokens.length; start += TOKENS_AT_ONCE) {
      if (stopping.aborted) return false;
      const began = performance.now();
      const some = tokens.slice(start, start + TOKENS_AT_ONCE);
      this.written += await this.database.transaction((tx) => writeSuspensions(tx, some), BOUNDS);
      await pause(Math.min((performance.now() - began) * REST_PER_WORK, LONGEST_REST_MILLISECONDS));
    }
    if (stopping.aborted || wholeUserIds.length === 0) return this.written > before;
    const forgotten = await this.database.transaction((tx) => forgetWritten(tx, wholeUserIds), BOUNDS);
    return this.written > before || forgotten > 0;
  }

  private say(): void {
    if (this.written === 0) return;
    this.logs.info({ count: this.written }, 'Tokens of disabled users are suspended in their rows.');
    this.written = 0;
  }
}
