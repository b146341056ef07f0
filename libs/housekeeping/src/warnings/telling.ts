import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@tokenwarden/database';
import { attemptsSince, hurry, untriedSince, type Notifications } from '@tokenwarden/notifications';
import { Problem } from '@tokenwarden/vocabulary';
import type { RunContext } from '../runs/run.js';
import { writePatiently } from '../runs/write-patiently.js';
import type { Telling } from './outcome.rules.js';
import { MOST_SETTLED, settleEnded } from './settling.js';

/** How long a run waits for its messages to be tried; what is left then is sent behind it. */
const PATIENCE_MILLISECONDS = 600_000;
const POLL_MILLISECONDS = 100;
/** Counting what waits costs the more the more that is. */
const REST_PER_LOOK = 10;
const PURPOSE = 'token-warning';

/** What telling needs of its surroundings. */
export interface Telegraph {
  readonly database: Database;
  readonly notifications: Notifications;
}

/**
 * Has every warning that waits tried at once, those of earlier runs too and whatever their back-off says, and waits until each was
 * tried once; then notes which were sent.
 * @returns What came of it; of everything that waits to warn somebody, be it of this run or not
 */
export async function tell(context: RunContext, { database, notifications }: Telegraph): Promise<Telling> {
  const { channels } = notifications;
  const since = await writePatiently(context, (tx) => hurry(tx, PURPOSE));
  notifications.wake();
  const until = performance.now() + PATIENCE_MILLISECONDS;
  // While the database is away nothing was tried that is known of: the run waits through that too.
  const untried = () =>
    database
      .read((tx) => untriedSince(tx, PURPOSE, since, channels))
      .catch((error: unknown) => {
        if (error instanceof Problem) return 1;
        throw error;
      });
  let [left, took] = await timed(untried);
  while (left > 0 && performance.now() < until) {
    await pause(Math.max(POLL_MILLISECONDS, REST_PER_LOOK * took), undefined, { signal: context.signal });
    [left, took] = await timed(untried);
  }
  await settleAll(context);
  const attempts = await writePatiently(context, (tx) => attemptsSince(tx, PURPOSE, since));
  return { ...attempts, waiting: attempts.waiting + left };
}

async function settleAll(context: RunContext): Promise<void> {
  let settled = MOST_SETTLED;
  while (settled === MOST_SETTLED) settled = await writePatiently(context, settleEnded);
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await work(), performance.now() - began];
}
