import type { Transaction } from '@tokenwarden/database';
import {
  activeTokensOf,
  holdOffBulkRevocations,
  suspendThese,
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
const USERS_OF_PART = 100;
const TOKENS_OF_PART = 3_000;
/** Tokens of one statement where all of them are written in one transaction. */
const TOKENS_OF_STATEMENT = 1_000;

/** A part of what waits to be written. */
export interface WaitingPart {
  readonly userIds: readonly string[];
  /** Their ACTIVE tokens, some thousand at most. */
  readonly tokenIds: readonly string[];
  /** Those of the users who have no ACTIVE tokens but these. */
  readonly wholeUserIds: readonly string[];
}

/** A part of what waits, undefined where nothing does; each process is likely to get another one. */
export async function waitingPart(tx: Transaction): Promise<WaitingPart | undefined> {
  const userIds = idsOf(await someWaitingSuspensions(tx, USERS_OF_PART));
  if (userIds.length === 0) return undefined;
  const tokens = await activeTokensOf(tx, userIds, TOKENS_OF_PART);
  const tokenIds = tokens.map(({ id }) => id).sort();
  const last = tokens.length < TOKENS_OF_PART ? undefined : tokens.at(-1)?.principalId;
  if (last === undefined) return { userIds, tokenIds, wholeUserIds: userIds };
  const place = userIds.indexOf(last);
  return { userIds: userIds.slice(0, place + 1), tokenIds, wholeUserIds: userIds.slice(0, place) };
}

/** What one transaction in the background has done. */
export interface WrittenSuspensions {
  readonly tokens: number;
  /** False where nothing of it waits any more, or others have it in hand. */
  readonly hasTaken: boolean;
}

/**
 * Writes the suspension of these users into the rows of these tokens of theirs, each with its event. Users whom another
 * process is writing at this moment, or who are enabled or removed in it, are left to that: a token is written once, and
 * only while its user is disabled.
 */
export async function writeSuspensions(
  tx: Transaction,
  userIds: readonly string[],
  tokenIds: readonly string[],
): Promise<WrittenSuspensions> {
  await holdOffBulkRevocations(tx);
  const taken = await takeWaitingSuspensions(tx, userIds);
  if (taken.length === 0) return { tokens: 0, hasTaken: false };
  return { tokens: await suspendThese(tx, tokenIds, taken, DISABLED), hasTaken: true };
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
