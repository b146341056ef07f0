import { setTimeout as pause } from 'node:timers/promises';
import { databaseNow, type Database } from '@tokenwarden/database';
import { attemptsSince, hurry, untriedSince, type Notifications } from '@tokenwarden/notifications';
import { Problem } from '@tokenwarden/vocabulary';
import type { RunContext } from '../runs/run.js';
import { writePatiently } from '../runs/write-patiently.js';
import type { WarningSubject } from './digest-content.js';
import { makeDigests } from './digests.js';
import { outcomeOfTelling, type WarningOutcome } from './outcome.rules.js';
import { MOST_SETTLED, settleEnded } from './settling.js';
import type { WarningChannels } from './warning-channels.js';

/** How long a run waits for its messages to be tried; what is left then is sent behind it. */
const PATIENCE_MILLISECONDS = 600_000;
const POLL_MILLISECONDS = 100;
/** Counting what waits costs the more the more that is. */
const REST_PER_LOOK = 10;
const PURPOSE = 'token-warning';

/** What a task that warns needs of its surroundings. */
export interface WarningSurroundings {
  readonly database: Database;
  readonly notifications: Notifications;
}

/** Of what people are told, and on which ways. */
export interface ToTell {
  readonly subject: WarningSubject;
  readonly channels: WarningChannels;
}

/**
 * Puts all that is decided into messages, has every warning that waits tried at once, those of earlier runs too and whatever their
 * back-off says, waits until each was tried once, and notes which were sent.
 * @returns How the run ends, of everything that waits to warn somebody, be it of this run or not
 */
export async function tellAll(
  context: RunContext,
  { subject, channels }: ToTell,
  { database, notifications }: WarningSurroundings,
): Promise<WarningOutcome> {
  // The senders do not wait for the run: what they send while it is still making messages counts as well.
  const since = await database.read(databaseNow);
  const messages = await makeDigests(context, subject, channels);
  while (await writePatiently(context, (tx) => hurry(tx, PURPOSE, since))) continue;
  notifications.wake();
  const until = performance.now() + PATIENCE_MILLISECONDS;
  // While the database is away nothing was tried that is known of: the run waits through that too.
  const untried = () =>
    database
      .read((tx) => untriedSince(tx, PURPOSE, since, notifications.channels))
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
  const outcome = outcomeOfTelling({ ...attempts, waiting: attempts.waiting + left });
  return { ...outcome, details: { messages, ...outcome.details } };
}

async function settleAll(context: RunContext): Promise<void> {
  let settled = MOST_SETTLED;
  while (settled === MOST_SETTLED) settled = await writePatiently(context, settleEnded);
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await work(), performance.now() - began];
}
