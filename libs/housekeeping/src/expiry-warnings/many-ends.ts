import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@tokenwarden/database';
import { waitingCaps } from '@tokenwarden/tokens';

/** The ends of so many are read beside their rows by every statement of a run in little time. */
const FEW_TOKENS = 50_000;
const LOOK_MILLISECONDS = 1_000;
/** Caps are written within a minute; after this it goes on as it is, only slower. */
const LONGEST_WAIT_MILLISECONDS = 90_000;

/**
 * Waits while a cap on very many tokens is written into their rows: what it ends earlier is read beside them meanwhile, which is
 * right and takes long.
 * @throws the reason of the signal
 */
export async function untilFewEndsMove(
  database: Database,
  signal: AbortSignal,
  most = FEW_TOKENS,
): Promise<void> {
  const until = performance.now() + LONGEST_WAIT_MILLISECONDS;
  while (performance.now() < until) {
    const waiting = await database.read(waitingCaps);
    if (waiting.reduce((sum, { count }) => sum + count, 0) <= most) return;
    await pause(LOOK_MILLISECONDS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
