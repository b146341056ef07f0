import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@tokenwarden/database';
import { waitingCaps } from '@tokenwarden/tokens';
import type { RunContext } from '../runs/run.js';
import type { Found, Place, Reach } from './collecting.queries.js';
import { FIRST_SIZE, nextSize } from './pace.rules.js';

/** So many of those who cannot be told are named. */
const MOST_NAMED = 100;
/** A cap is written within a minute; should it take longer, what it moves into reach is warned of by the next run. */
const CAP_PATIENCE_MILLISECONDS = 90_000;
const CAP_POLL_MILLISECONDS = 250;

/** What was found so far, statement by statement. */
export class Collected {
  /** Tokens looked at. */
  examined = 0;
  /** Tokens that are warned of. */
  due = 0;
  /** Of a dry run: who would get mail. */
  readonly recipients = new Set<string>();
  private readonly unreachable = new Set<string>();

  /** What a run says of those who would be told and have no address. */
  get withoutEmail() {
    const names = [...this.unreachable].sort();
    return { withoutEmail: names.slice(0, MOST_NAMED), withoutEmailCount: names.length };
  }

  /** Adds what one statement found. */
  add({ examined, due, withoutEmail, recipients }: Found): void {
    this.examined += examined;
    this.due += due;
    for (const name of withoutEmail) this.unreachable.add(name);
    for (const id of recipients) this.recipients.add(id);
  }
}

/** Goes through all tokens that end within the longest threshold, by their end, so many a statement that none takes long. */
export async function goThroughEnds(
  collected: Collected,
  signal: AbortSignal,
  look: (reach: Reach) => Promise<Found>,
): Promise<void> {
  let [behind, most]: [Place | null, number] = [null, FIRST_SIZE];
  for (;;) {
    signal.throwIfAborted();
    const began = performance.now();
    const found: Found = await look({ behind, most });
    collected.add(found);
    if (found.examined < most) return;
    behind = found.last;
    most = nextSize(most, performance.now() - began);
  }
}

/**
 * Waits until caps stand in the rows of their tokens: until then the index of ends leads past those that end earlier now.
 * @throws what the signal says where the run is to stop
 */
export async function untilCapsAreWritten(database: Database, { signal }: RunContext): Promise<void> {
  const until = performance.now() + CAP_PATIENCE_MILLISECONDS;
  while ((await database.read(waitingCaps)).length > 0 && performance.now() < until) {
    await pause(CAP_POLL_MILLISECONDS, undefined, { signal });
  }
}
