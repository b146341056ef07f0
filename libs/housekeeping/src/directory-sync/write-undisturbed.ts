import type { Transaction } from '@tokenwarden/database';
import { holdAllTokens } from '@tokenwarden/tokens';
import { Problem } from '@tokenwarden/vocabulary';
import type { RunContext } from '../runs/run.js';

/**
 * As `context.write`, and once more where storage has not answered in time, with nobody issuing or changing a token
 * meanwhile. Postgres lets those who share a row go before one who wants to change it: a user whose requests overlap keeps
 * their own row, and with it the whole synchronisation, waiting for as long as they like. All such requests hold bulk
 * revocations off before they share anything, and wait in turn for whoever wants to be alone there. Whatever else kept
 * storage from answering keeps it from answering again.
 */
export async function writeUndisturbed<T>(
  context: RunContext,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await context.write(work);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'UNAVAILABLE') throw error;
    context.signal.throwIfAborted();
    return await context.write(async (tx) => {
      await holdAllTokens(tx);
      return work(tx);
    });
  }
}
