import { Problem } from '@tokenwarden/vocabulary';
import { ClocksApart } from './clocks-apart.js';
import type { RunContext, RunOutcome } from './run.js';

/** Thrown between two steps of a run that nobody began by hand, where its task was switched off meanwhile. */
export class SwitchedOff extends Error {
  override readonly name = 'SwitchedOff';
}

/**
 * Lets a run go on whose task is on by the policy in force; by hand it runs all the same.
 * @throws SwitchedOff
 */
export function requireOn({ trigger }: Pick<RunContext, 'trigger'>, isEnabled: boolean): void {
  if (trigger !== 'MANUAL' && !isEnabled) throw new SwitchedOff('The task was switched off.');
}

/**
 * How a run ends that something cut short between two of its steps: what it did by then stays, and the next run goes on.
 * @throws what it was given, where that is nothing that a run ends by in good order
 */
export function cutShort(error: unknown): Pick<RunOutcome, 'state' | 'error' | 'details'> {
  if (error instanceof SwitchedOff) return { state: 'SUCCEEDED', details: { switchedOff: true } };
  if (!(error instanceof Problem || error instanceof ClocksApart)) throw error;
  return { state: 'FAILED', error: error.message };
}
