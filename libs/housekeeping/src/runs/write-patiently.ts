import { setTimeout as pause } from 'node:timers/promises';
import type { Transaction } from '@tokenwarden/database';
import { Problem } from '@tokenwarden/vocabulary';
import type { RunContext } from './run.js';

const FIRST_REST_MILLISECONDS = 100;
const LONGEST_REST_MILLISECONDS = 2_000;
/** Shorter than a run keeps its place while the database is away. */
const PATIENCE_MILLISECONDS = 45_000;

/**
 * As `context.write`, and again where storage was in trouble: somebody held what the work wanted for too long, two waited for
 * each other, or the database was away. The work must be whole by itself and bear being done twice: the answer of its
 * commit may have been lost.
 * @throws Problem `UNAVAILABLE` where that lasts for longer than a run can wait
 */
export async function writePatiently<T>(
  { write, signal }: Pick<RunContext, 'write' | 'signal'>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  for (let rest = FIRST_REST_MILLISECONDS; ; rest = Math.min(2 * rest, LONGEST_REST_MILLISECONDS)) {
    try {
      return await write(work);
    } catch (error) {
      const mayPass = error instanceof Problem && error.code === 'UNAVAILABLE';
      if (!mayPass || performance.now() - began >= PATIENCE_MILLISECONDS) throw error;
    }
    // Of two that met, not both come back at the same moment.
    await pause(rest * (0.5 + Math.random() / 2), undefined, { signal });
  }
}
