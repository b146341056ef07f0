import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, lockFor, PeriodicWork, type Transaction } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { chainHead, hasPendingEvents, moveToTheirPlaces, pendingEvents } from './audit.queries.js';
import { chained } from './chain.rules.js';

/** How many events get their places in one transaction; hashing them holds up the process for a few milliseconds. */
const BATCH = 100;
/** Twice within the second that an event may wait for its place. */
const PERIOD_MILLISECONDS = 400;
/** With what it takes to read the trail, a request is answered within five seconds. */
const PATIENCE_MILLISECONDS = 3_000;

/**
 * Gives recorded events their places in the trail: in order of arrival, one process at a time. An event whose commit
 * comes after that of a later arrival simply stands behind it; changes that depend on each other are serialised by row
 * locks, so that their events arrive, and stand, in that order.
 */
@Injectable()
export class Sequencer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private running: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  // Trouble is logged once and tried again: events wait safely, and readers are told by their own call.
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: PERIOD_MILLISECONDS,
    work: () => this.catchUp(),
    onTrouble: (error) =>
      this.logs.warn({ error }, 'Audit events wait for their places: the sequencer failed.'),
  });

  constructor(
    private readonly database: Database,
    private readonly logs: Logs,
  ) {}

  /** From now on waiting events get their places within a second, whether somebody reads or not. */
  onApplicationBootstrap(): void {
    this.periodic.start();
  }

  /** Stops, and waits for what is under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
    await Promise.allSettled([this.running, this.following]);
  }

  /**
   * Returns when every event that was committed before the call has its place. Simultaneous calls share the work.
   * @throws Problem `UNAVAILABLE`
   */
  async catchUp(): Promise<void> {
    if (!this.running) return this.begin();
    // What runs already may have looked before this caller's events were there; the next run has not.
    this.following ??= this.running.then(
      () => this.begin(),
      () => this.begin(),
    );
    return this.following;
  }

  /**
   * As `catchUp`, for whoever is waited for: gives up waiting after three seconds, and goes on behind that.
   * @returns Whether every event that was committed before the call has its place; very many at once take a while
   * @throws Problem `UNAVAILABLE`
   */
  async hasCaughtUp(): Promise<boolean> {
    const waiting = new AbortController();
    const outOfPatience = pause(PATIENCE_MILLISECONDS, false, { signal: waiting.signal }).catch(() => false);
    try {
      return await Promise.race([this.catchUp().then(() => true), outOfPatience]);
    } finally {
      waiting.abort();
    }
  }

  private begin(): Promise<void> {
    this.following = undefined;
    const run = this.moveAll().finally(() => {
      if (this.running === run) this.running = undefined;
    });
    this.running = run;
    return run;
  }

  private async moveAll(): Promise<void> {
    if (!(await this.database.read(hasPendingEvents))) return;
    while ((await this.database.transaction(moveBatch)) === BATCH);
  }
}

// The lock first, the head in a statement after it: under READ COMMITTED that one sees what the last holder committed.
async function moveBatch(tx: Transaction): Promise<number> {
  await lockFor(tx, 'audit-sequencer');
  const head = await chainHead(tx);
  const waiting = await pendingEvents(tx, BATCH);
  if (waiting.length === 0) return 0;
  const placed = chained(
    head,
    waiting.map(({ actorKind, actorId, actorName, ...event }) => ({
      ...event,
      actor: { kind: actorKind, id: actorId, name: actorName },
    })),
  );
  await moveToTheirPlaces(
    tx,
    waiting.map((event) => event.arrival),
    placed,
  );
  return waiting.length;
}
