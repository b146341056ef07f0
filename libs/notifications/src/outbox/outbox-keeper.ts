import { setTimeout as pause } from 'node:timers/promises';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { Database, PeriodicWork, type Transaction } from '@tokenwarden/database';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import { Notifications } from '../notifications.js';
import { countMessages, deleteOld, giveUpUntried, MOST_AT_ONCE } from './old-messages.queries.js';
import { CHANNELS } from './outgoing.js';

const PERIOD_MILLISECONDS = 60_000;
/** Between two statements of one time, so that nobody notices. */
const REST_MILLISECONDS = 100;
/** One time takes so many steps of each kind; the rest waits for the next. */
const MOST_STEPS = 20;

/** Keeps the outbox small, and says how many messages are in it. Every process does so; each row goes once. */
@Injectable()
export class OutboxKeeper implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: PERIOD_MILLISECONDS,
    work: (stopping) => this.keep(stopping),
    onTrouble: (error) => this.logs.warn({ error }, 'The outbox keeps old messages for now.'),
  });

  constructor(
    private readonly database: Database,
    private readonly logs: Logs,
    private readonly metrics: Metrics,
    private readonly notifications: Notifications,
  ) {}

  /** Tells the metrics how to count. */
  onModuleInit(): void {
    this.metrics.collectOutbox(() => this.database.read(countMessages));
  }

  /** From now on it looks by itself. */
  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  /** Stops behind the statement under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /** One time. */
  async keep(stopping: AbortSignal): Promise<void> {
    for (const state of ['SENT', 'GIVEN_UP'] as const) {
      await this.stepByStep(stopping, (tx) => deleteOld(tx, state));
    }
    for (const channel of CHANNELS.filter((one) => !this.notifications.channels.includes(one))) {
      const setting = channel === 'EMAIL' ? 'SMTP_URL' : 'WEBHOOK_URL';
      await this.stepByStep(stopping, (tx) =>
        giveUpUntried(tx, channel, `${setting} is not given: nobody sends it.`),
      );
    }
  }

  private async stepByStep(stopping: AbortSignal, step: (tx: Transaction) => Promise<number>): Promise<void> {
    for (let steps = 0; steps < MOST_STEPS && !stopping.aborted; steps++) {
      if ((await this.database.transaction(step)) < MOST_AT_ONCE) return;
      await pause(REST_MILLISECONDS);
    }
  }
}
