import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, PeriodicWork } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { MOST_SETTLED, settleEnded } from './settling.js';

/** Nobody waits for it: what a run sends it settles itself. */
const PERIOD_MILLISECONDS = 5_000;
/** For one set of messages. */
const BOUNDS = { withinSeconds: 10 };

/** Takes note of warnings that were sent, or given up, behind the run that decided them; every process does so, each message once. */
@Injectable()
export class WarningSettler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: PERIOD_MILLISECONDS,
    work: (stopping) => this.settle(stopping),
    onTrouble: (error) =>
      this.logs.warn({ error }, 'Which warnings were sent cannot be noted: it is tried again.'),
    onRecovered: () => this.logs.info({}, 'Which warnings were sent is noted again.'),
  });

  constructor(
    private readonly database: Database,
    private readonly logs: Logs,
  ) {}

  /** From now on it looks by itself. */
  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  /** Stops after the set under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /** Settles all messages that have ended, set by set. */
  async settle(stopping: AbortSignal): Promise<void> {
    let settled = MOST_SETTLED;
    while (settled === MOST_SETTLED && !stopping.aborted) {
      settled = await this.database.transaction(settleEnded, BOUNDS);
    }
  }
}
