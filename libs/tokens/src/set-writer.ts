import { setTimeout as pause } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicWork, type Database, type Transaction } from '@tokenwarden/database';
import type { Logs } from '@tokenwarden/telemetry';
import type { WaitingDecision } from './frozen-sets.queries.js';

/** How soon a process takes up what another one has left behind. */
const PERIOD_MILLISECONDS = 1_500;
/** How often decisions that are long written are forgotten. */
const FORGETTING_MILLISECONDS = 60_000;
/**
 * Between two sets it rests for half as long as the last one took: resolving comes first, and a hundred thousand tokens are
 * written within a minute all the same, on a busy machine too.
 */
const REST_PER_WORK = 0.5;
const LONGEST_REST_MILLISECONDS = 50;
/** For one set: nobody waits for it. */
const BOUNDS = { withinSeconds: 10 };

/** Decisions of one kind over many tokens, as their writer needs them. */
export interface Decisions {
  /** Those that are not written into all their rows yet. */
  readonly waiting: (tx: Transaction) => Promise<WaitingDecision[]>;
  /** Writes one set; whether there was one. Where there is none it marks the decisions that are whole. */
  readonly writeSet: (tx: Transaction) => Promise<boolean>;
  /** Forgets those that were written long ago. */
  readonly forgetOld: (tx: Transaction) => Promise<void>;
  /** What is logged when one is written whole, and in trouble. */
  readonly words: { readonly written: string; readonly waits: string };
}

/**
 * Writes what a decision over many tokens says into their rows, each with its event, a set of some hundred at a time. Every
 * process does so, and a set is written once: what a killed process leaves behind the others take up, and itself at its next
 * start. Nobody waits for it, for everything reads such tokens as the decision has them from its commit on.
 */
export abstract class SetWriter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  // Trouble is logged once and tried again: what waits to be written is decided and safe.
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: PERIOD_MILLISECONDS,
    work: async (stopping) => {
      await this.writeAll(stopping);
      await this.forgetOld(stopping);
    },
    onTrouble: (error) => this.logs.warn({ error }, this.decisions.words.waits),
  });
  private forgotAt = -Infinity;

  protected constructor(
    private readonly database: Database,
    private readonly logs: Logs,
    private readonly decisions: Decisions,
  ) {}

  /** From now on it looks by itself. */
  onApplicationBootstrap(): void {
    this.periodic.start();
    this.wake();
  }

  /** Stops after the set under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /** Begins at once where it rests: there is something to write. Before the start and after the end it does nothing. */
  wake(): void {
    this.periodic.wake();
  }

  private async writeAll(stopping: AbortSignal): Promise<void> {
    let waiting = await this.database.read(this.decisions.waiting);
    while (waiting.length > 0 && !stopping.aborted) {
      const began = performance.now();
      const hasWritten = await this.database.transaction(this.decisions.writeSet, BOUNDS);
      const left = await this.database.read(this.decisions.waiting);
      this.say(waiting.filter(({ id }) => !left.some((other) => other.id === id)));
      if (!hasWritten) return; // all is written, or others have the rest in hand
      waiting = left;
      await pause(Math.min((performance.now() - began) * REST_PER_WORK, LONGEST_REST_MILLISECONDS));
    }
  }

  private async forgetOld(stopping: AbortSignal): Promise<void> {
    if (stopping.aborted || performance.now() - this.forgotAt < FORGETTING_MILLISECONDS) return;
    await this.database.transaction(this.decisions.forgetOld, BOUNDS);
    this.forgotAt = performance.now();
  }

  private say(whole: readonly WaitingDecision[]): void {
    for (const { count } of whole) this.logs.info({ count }, this.decisions.words.written);
  }
}
