import { setTimeout as sleep } from 'node:timers/promises';
import type { HousekeepingRunRecord } from './run.js';
import type { BegunRun } from './runs.js';

/**
 * Waits for the end of a run, for so long at most; whoever carries it out goes on in any case.
 * @param run The one that was begun, here or elsewhere
 * @param milliseconds How long
 * @param signal Ends the waiting before
 * @returns The run as it ended; undefined where it has not ended by then
 * @throws AbortError where `signal` came first; what the end of the run could not be learned for
 */
export async function endedWithin(
  run: BegunRun,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<HousekeepingRunRecord | undefined> {
  run.ended.catch(() => undefined); // it may end when nobody waits any more
  const waiting = new AbortController();
  const stops = signal ? [waiting.signal, signal] : [waiting.signal];
  const late = sleep(Math.max(0, milliseconds), undefined, { signal: AbortSignal.any(stops) });
  try {
    return await Promise.race([run.ended, late]);
  } finally {
    waiting.abort();
  }
}
