import type { Transaction } from '@tokenwarden/database';
import { holdOffBulkRevocations, suspendSomeTokensOf, type SuspendedPrincipal } from '@tokenwarden/tokens';
import {
  deleteWaitingSuspensions,
  deleteWrittenSuspensions,
  takeWaitingSuspensions,
} from './waiting-suspensions.queries.js';

/** Said of each token that a disabled user leaves suspended. */
export const DISABLED = 'The user was disabled in the directory.';

/** Users whose tokens are looked at together: few enough that going over those that are suspended already costs little. */
const USERS_AT_ONCE = 100;
/** Tokens of one transaction in the background: it ends soon, so that whoever waits for one of them hardly does. */
const TOKENS_AT_ONCE = 300;
/** Tokens of one statement where all of them are written in one transaction. */
const TOKENS_OF_STATEMENT = 1_000;

/** What one transaction in the background has done. */
export interface WrittenSuspensions {
  readonly tokens: number;
  /** False where nothing waited but what others are writing. */
  readonly hasTaken: boolean;
}

/**
 * Writes a part of what waits into the rows of tokens, each with its event: of a hundred users and three hundred tokens at
 * most. What another process is writing at this moment is left to it, so a token is written once, whoever does it.
 */
export async function writeWaitingSuspensions(tx: Transaction): Promise<WrittenSuspensions> {
  await holdOffBulkRevocations(tx);
  const taken = await takeWaitingSuspensions(tx, USERS_AT_ONCE);
  if (taken.length === 0) return { tokens: 0, hasTaken: false };
  const tokens = await suspendSomeTokensOf(tx, taken, DISABLED, TOKENS_AT_ONCE);
  await deleteWrittenSuspensions(tx, idsOf(taken));
  return { tokens, hasTaken: true };
}

/** Writes all that waits for these users, whose tokens are locked, and forgets it: in this transaction, however much it is. */
export async function writeAllSuspensionsOf(
  tx: Transaction,
  waiting: readonly SuspendedPrincipal[],
): Promise<void> {
  for (let start = 0; start < waiting.length; start += USERS_AT_ONCE) {
    const some = waiting.slice(start, start + USERS_AT_ONCE);
    while ((await suspendSomeTokensOf(tx, some, DISABLED, TOKENS_OF_STATEMENT)) === TOKENS_OF_STATEMENT);
  }
  await deleteWaitingSuspensions(tx, idsOf(waiting));
}

/** The ids of the users for whom something waits. */
export function idsOf(waiting: readonly SuspendedPrincipal[]): string[] {
  return waiting.map(({ id }) => id);
}
