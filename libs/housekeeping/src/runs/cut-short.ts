import { Problem } from '@tokenwarden/vocabulary';
import { ClocksApart } from './clocks-apart.js';
import type { RunOutcome } from './run.js';

/**
 * How a run ends that something cut short between two of its steps: what it did by then stays, and the next run goes on.
 * @throws what it was given, where that is nothing that a run ends by in good order
 */
export function cutShort(error: unknown): Pick<RunOutcome, 'state' | 'error' | 'details'> {
  if (!(error instanceof Problem || error instanceof ClocksApart)) throw error;
  return { state: 'FAILED', error: error.message };
}
