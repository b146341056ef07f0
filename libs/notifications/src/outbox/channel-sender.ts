import { setTimeout as pause } from 'node:timers/promises';
import { Database, PeriodicWork } from '@tokenwarden/database';
import type { Logs } from '@tokenwarden/telemetry';
import { CLAIM_SECONDS, claimNext, deferDue, endClaim, type Claimed } from './claims.queries.js';
import {
  askedSecondsOf,
  backOffs,
  endingOf,
  type Ending,
  type Later,
  type Outcome,
} from './delivery.rules.js';
import type { Channel } from './outgoing.js';

/** How soon it finds what another process has enqueued, and what is due again. */
const PERIOD_MILLISECONDS = 1_000;
/**
 * Behind any trouble with the database nobody takes over a claim that ran out: its owner could not write what came of it either,
 * and does so now.
 */
const NO_TAKE_OVER_MILLISECONDS = 10_000;
/** How often, and how many times, it is tried to write what came of an attempt: what is not written is sent once more. */
const WRITE_PAUSE_MILLISECONDS = 500;
const MOST_WRITES = 600;
/** While the process stops. */
const MOST_WRITES_STOPPING = 2;
/** An attempt ends within so many seconds of the claim, so that nobody else has the message in hand by then. */
export const ATTEMPT_SECONDS = 45;

if (ATTEMPT_SECONDS >= CLAIM_SECONDS)
  throw new Error('A message must not be claimed anew while it is tried.');

/** How the messages of one channel are delivered. */
export interface Delivery {
  readonly channel: Channel;
  /** So many messages are tried at the same time by one process. */
  readonly lanes: number;
  /** An attempt that fails so long after the message was written is the last one. */
  readonly lifetimeSeconds: number;
  /** Logged when the channel cannot be used, and when it can again; no name of anybody. */
  readonly sayings: { readonly trouble: string; readonly recovered: string };
  /**
   * One attempt. It ends by itself when `ending` aborts: that is `ATTEMPT_SECONDS` after the claim, or soon after the process
   * was told to stop.
   */
  readonly deliver: (message: Claimed, ending: AttemptEnd) => Promise<Outcome>;
  /** Nothing is due: it lets go of connections that it kept. */
  readonly rest?: () => void;
}

/** By what an attempt knows that it has to end. */
export interface AttemptEnd {
  /** Aborts when time is up, and nothing more can be waited for. */
  readonly timeIsUp: AbortSignal;
  /** Aborts when the process stops: what has not been handed over is left to the next one. */
  readonly stopping: AbortSignal;
}

/** For what a sender works with. */
export interface SenderParts {
  readonly database: Database;
  readonly logs: Logs;
  /** How claims name this process. */
  readonly process: string;
}

/**
 * Sends what waits in the outbox for one channel, in every process: claims one message at a time, tries it outside any
 * transaction, writes what came of it. A process that is killed between the two costs one message that goes twice, with the
 * same id; nothing else does.
 */
export class ChannelSender {
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: PERIOD_MILLISECONDS,
    work: (stopping) => this.sendDue(stopping),
    onTrouble: (error) => this.parts.logs.warn({ error }, 'The outbox cannot be read, and is tried again.'),
    onRecovered: () => this.parts.logs.info({}, 'The outbox can be read again.'),
    onTimeEnded: (isInTrouble) => {
      if (isInTrouble) this.lastTroubleAt = performance.now();
    },
  });
  // A process that has just started knows nothing of the database's last minute.
  private lastTroubleAt = performance.now();
  private isChannelInTrouble = false;

  constructor(
    private readonly parts: SenderParts,
    private readonly delivery: Delivery,
  ) {}

  /** From now on it looks by itself. */
  start(): void {
    this.periodic.start();
    this.periodic.wake();
  }

  /** Looks at once. Before the start and after the stop this does nothing. */
  wake(): void {
    this.periodic.wake();
  }

  /** Ends what is under way, soon: what no server has yet is left to the next process. */
  async stop(): Promise<void> {
    await this.periodic.stop();
  }

  private async sendDue(stopping: AbortSignal): Promise<void> {
    try {
      const channel = { isHeld: false };
      const lanes = Array.from({ length: this.delivery.lanes }, () => this.sendOneByOne(channel, stopping));
      const ended = await Promise.allSettled(lanes);
      const failed = ended.find((lane) => lane.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      this.delivery.rest?.();
    }
  }

  private async sendOneByOne(channel: { isHeld: boolean }, stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted && !channel.isHeld) {
      const claimedAt = performance.now();
      const message = await this.claim();
      if (!message) return;
      const outcome = await this.attempt(message, claimedAt, stopping);
      const ending = endingOf(outcome, message, this.delivery.lifetimeSeconds, backOffs(Math.random()));
      await this.write(message, ending, stopping);
      this.say(message, outcome, ending);
      if (outcome.end !== 'LATER' || !outcome.holdsChannel) continue;
      channel.isHeld = true;
      await this.deferAll(outcome);
    }
  }

  private claim(): Promise<Claimed | undefined> {
    const mayTakeOver = performance.now() - this.lastTroubleAt > NO_TAKE_OVER_MILLISECONDS;
    const { database, process } = this.parts;
    return database.transaction((tx) => claimNext(tx, this.delivery.channel, process, mayTakeOver));
  }

  private async attempt(message: Claimed, claimedAt: number, stopping: AbortSignal): Promise<Outcome> {
    const timeIsUp = new AbortController();
    const left = ATTEMPT_SECONDS * 1_000 - (performance.now() - claimedAt);
    const timer = setTimeout(() => timeIsUp.abort(), Math.max(left, 0));
    try {
      // Frozen since: somebody else may have claimed it by now.
      if (left <= 0 || stopping.aborted) return { end: 'UNTRIED' };
      return await this.delivery.deliver(message, { timeIsUp: timeIsUp.signal, stopping });
    } catch (error) {
      this.parts.logs.error(
        { error, messageId: message.id },
        'A message could not be made ready, and is tried again.',
      );
      return { end: 'LATER', reply: 'It could not be made ready: the log of the product says why.' };
    } finally {
      clearTimeout(timer);
    }
  }

  // What came of it is known to nobody else: it is written as soon as the database takes it, before anything else is tried.
  private async write(message: Claimed, ending: Ending, stopping: AbortSignal): Promise<void> {
    const { database, process } = this.parts;
    for (let tried = 1; ; tried++) {
      try {
        return await database.transaction((tx) => endClaim(tx, process, message, ending));
      } catch (error) {
        if (tried >= (stopping.aborted ? MOST_WRITES_STOPPING : MOST_WRITES)) throw error;
        this.lastTroubleAt = performance.now();
        await pause(WRITE_PAUSE_MILLISECONDS);
      }
    }
  }

  private async deferAll(outcome: Later): Promise<void> {
    const { channel, lifetimeSeconds } = this.delivery;
    const asked = askedSecondsOf(outcome);
    const backOffSeconds = backOffs(Math.random()).map((seconds) => Math.max(seconds, asked));
    const trouble = { reply: outcome.reply, lifetimeSeconds, backOffSeconds };
    let hasMore = true;
    while (hasMore) hasMore = await this.parts.database.transaction((tx) => deferDue(tx, channel, trouble));
  }

  private say({ id, recipientId }: Claimed, outcome: Outcome, ending: Ending): void {
    const { logs } = this.parts;
    const isHeld = outcome.end === 'LATER' && outcome.holdsChannel === true;
    if (isHeld && !this.isChannelInTrouble) {
      logs.warn({ error: new Error(outcome.reply) }, this.delivery.sayings.trouble);
    }
    if (outcome.end === 'SENT' && this.isChannelInTrouble) logs.info({}, this.delivery.sayings.recovered);
    if (isHeld || outcome.end === 'SENT') this.isChannelInTrouble = isHeld;
    // The reply may name somebody, and stays in the outbox.
    if (ending.state === 'GIVEN_UP') {
      logs.warn({ messageId: id, ...(recipientId && { userId: recipientId }) }, 'A message is given up.');
    }
  }
}
