import { randomUUID } from 'node:crypto';
import { recordAll } from '@tokenwarden/audit';
import { databaseNow, recordChange, type Transaction } from '@tokenwarden/database';
import type { Author } from '@tokenwarden/vocabulary';
import {
  capsWaitingFor,
  insertCap,
  markCapSetWritten,
  takeCapSet,
  tokensToCap,
  updateCapped,
  type Cap,
} from './caps.queries.js';
import {
  CAPS,
  forgetOld,
  markWritten,
  waitingDecisions,
  type WaitingDecision,
} from './frozen-sets.queries.js';
import { withReason } from './token-trail.js';
import { tokensNow } from './tokens-now.queries.js';

/** What a policy change does to tokens that were issued under another one. */
export interface CapOfMany {
  readonly by: Author;
  readonly reason: string | null;
  /** Of the version that it comes with, which is written already. */
  readonly policyVersion: number;
  /** No token ends earlier for it than this. In whole seconds, as all ends are. */
  readonly enforceFrom: Date;
  /** The longest life of a token of each profile, in seconds; tokens of profiles that are not named stay as they are. */
  readonly maxima: Readonly<Record<string, number>>;
}

/**
 * Ends live tokens at `max(enforceFrom, createdAt + maximum)` where that is earlier than their end (rule 15), by one commit:
 * the frozen set of those that it hits, and one place in the change log. From that commit on everything reads the new end;
 * rows, and an event `token.capped` for each token, follow by `writeWaitingCapSet`. Call `holdAllTokens` first: then none is
 * issued or changed meanwhile.
 * @returns how many they are; nothing is written for none
 */
export async function capTokens(tx: Transaction, cap: CapOfMany): Promise<number> {
  const { by: author, ...rest } = cap;
  const decided: Cap = { ...rest, id: randomUUID(), author };
  const count = await insertCap(
    tx,
    decided,
    await databaseNow(tx),
    tokensToCap(await tokensNow(tx), decided),
  );
  if (count > 0) await recordChange(tx, 'bulk-cap', [decided.id]);
  return count;
}

/**
 * Writes one waiting set of a cap into its rows, each with its event `token.capped`, in one transaction; whatever the process,
 * a set is written once. Where none waits, caps that are whole are marked as such.
 * @returns whether there was one
 */
export async function writeWaitingCapSet(tx: Transaction): Promise<boolean> {
  const set = await takeCapSet(tx);
  if (set === null) {
    await markWritten(tx, CAPS);
    return false;
  }
  await markCapSetWritten(tx, set);
  await writeCap(tx, set, set.tokenIds);
  return true;
}

/**
 * Writes the caps that wait for this locked token into its row, each with its event: for whoever is about to move its end,
 * so that the trail says first what was decided first.
 */
export async function writeCapsOf(tx: Transaction, tokenId: string): Promise<void> {
  for (const cap of await capsWaitingFor(tx, tokenId)) await writeCap(tx, cap, [tokenId]);
}

/** The caps that are not written into all their rows yet. */
export async function waitingCaps(tx: Transaction): Promise<WaitingDecision[]> {
  return waitingDecisions(tx, CAPS);
}

/** Forgets the caps that were written whole an hour ago: nobody looks a token up in them any more. */
export async function forgetOldCaps(tx: Transaction): Promise<void> {
  await forgetOld(tx, CAPS);
}

async function writeCap(tx: Transaction, cap: Cap, tokenIds: readonly string[]): Promise<void> {
  const capped = await updateCapped(tx, cap, tokenIds);
  await recordAll(
    tx,
    capped.map(({ id, name, endsAtBefore, endsAt }) => ({
      action: 'token.capped' as const,
      by: cap.author,
      target: { type: 'token' as const, id, name },
      details: {
        policyVersion: cap.policyVersion,
        endsAtBefore: endsAtBefore.toISOString(),
        endsAt: endsAt.toISOString(),
        ...withReason(cap.reason),
      },
    })),
  );
}
