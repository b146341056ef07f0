import type { Transaction } from '@tokenwarden/database';
import {
  activeTokensOf,
  holdOffBulkRevocations,
  suspendThese,
  type OwnedToken,
  type SuspendedPrincipal,
} from '@tokenwarden/tokens';
import {
  deleteWaitingSuspensions,
  deleteWrittenSuspensions,
  someWaitingSuspensions,
  takeWaitingSuspensions,
} from './waiting-suspensions.queries.js';

/** Said of each token that a disabled user leaves suspended. */
export const DISABLED = 'The user was disabled in the directory.';

/** Users and tokens that are looked up together: to find those that are still ACTIVE means to go over all that are live. */
const USERS_OF_PART = 1_000;
const TOKENS_OF_PART = 3_000;
/** Tokens of one statement where all of them are written in one transaction. */
const TOKENS_OF_STATEMENT = 1_000;

/** A part of what waits to be written. */
export interface WaitingPart {
  /** ACTIVE tokens of users who wait, some thousand at most, by id. */
  readonly tokens: readonly OwnedToken[];
  /** Users who have no ACTIVE tokens but these, or none at all. */
  readonly wholeUserIds: readonly string[];
}

/** A part of what waits, undefined where nothing does; each process is likely to get another one. */
export async function waitingPart(tx: Transaction): Promise<WaitingPart | undefined> {
  const userIds = idsOf(await someWaitingSuspensions(tx, USERS_OF_PART));
  if (userIds.length === 0) return undefined;
  const found = await activeTokensOf(tx, userIds, TOKENS_OF_PART);
  const tokens = [...found].sort((a, b) => (a.id < b.id ? -1 : 1));
  // Those of the first users come first: of the last one there may be more.
  const last = found.length < TOKENS_OF_PART ? undefined : found.at(-1)?.principalId;
  return { tokens, wholeUserIds: last === undefined ? userIds : userIds.slice(0, userIds.indexOf(last)) };
}

/**
 * Writes the suspension of their users into the rows of these tokens, each with its event. Users whom another process is
 * writing at this moment, or who are enabled or removed in it, are left to that: a token is written once, and only while
 * its user is disabled.
 * @returns how many tokens
 */
export async function writeSuspensions(tx: Transaction, tokens: readonly OwnedToken[]): Promise<number> {
  await holdOffBulkRevocations(tx);
  const taken = await takeWaitingSuspensions(tx, [...new Set(tokens.map(({ principalId }) => principalId))]);
  if (taken.length === 0) return 0;
  const ids = tokens.map(({ id }) => id);
  return suspendThese(tx, ids, taken, DISABLED);
}

/**
 * Forgets those of these users who have no ACTIVE token left, and whom nobody else has in hand.
 * @returns how many they were
 */
export async function forgetWritten(tx: Transaction, userIds: readonly string[]): Promise<number> {
  return deleteWrittenSuspensions(tx, idsOf(await takeWaitingSuspensions(tx, userIds)));
}

/**
 * Writes all that waits for these users into the rows of these tokens, all they have, and forgets it: in this transaction,
 * however much it is. Both are locked.
 */
export async function writeAllSuspensions(
  tx: Transaction,
  waiting: readonly SuspendedPrincipal[],
  tokenIds: readonly string[],
): Promise<void> {
  if (waiting.length === 0) return;
  for (let start = 0; start < tokenIds.length; start += TOKENS_OF_STATEMENT) {
    await suspendThese(tx, tokenIds.slice(start, start + TOKENS_OF_STATEMENT), waiting, DISABLED);
  }
  await deleteWaitingSuspensions(tx, idsOf(waiting));
}

/** The ids of the users for whom something waits. */
export function idsOf(waiting: readonly SuspendedPrincipal[]): string[] {
  return waiting.map(({ id }) => id);
}
