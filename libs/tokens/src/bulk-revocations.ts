import { randomUUID } from 'node:crypto';
import { recordAll } from '@tokenwarden/audit';
import {
  databaseNow,
  lockSoonFor,
  recordChange,
  shareLockFor,
  type Transaction,
} from '@tokenwarden/database';
import {
  BULK_REVOCATION_LOCK,
  insertRevocation,
  takeWaitingSet,
  writeSet,
} from './bulk-revocations.queries.js';
import {
  forgetOld,
  markWritten,
  REVOCATIONS,
  waitingDecisions,
  type IdsSelect,
  type WaitingDecision,
} from './frozen-sets.queries.js';
import { recordWhole, withReason, type RevocationOfMany } from './token-trail.js';

/**
 * Holds off bulk revocations and caps to the end of the transaction: take it first of all locks, before a token is read that
 * is going to be changed or succeeded. What was there at the commit of such a decision is hit by it, whole.
 */
export async function holdOffBulkRevocations(tx: Transaction): Promise<void> {
  await shareLockFor(tx, BULK_REVOCATION_LOCK);
}

/**
 * Waits until nobody issues or changes a token and keeps it so to the end of the transaction: what is selected after this
 * call is what is there at the commit. Whoever comes meanwhile waits behind this one, so it waits for two seconds at most.
 * @throws Problem `UNAVAILABLE`, by the transaction, when somebody is at work for longer
 */
export async function holdAllTokens(tx: Transaction): Promise<void> {
  await lockSoonFor(tx, BULK_REVOCATION_LOCK);
}

/**
 * Revokes the tokens of these ids by one commit: its frozen set, its count, one place in the change log and the event
 * `tokens.bulk-revoked`. From that commit on none of them resolves and everything reads them as revoked; their rows and
 * events follow by `writeWaitingSet`. Select live tokens only, from `tokensNow` or by `liveTokensOf`, and call `holdAllTokens`
 * first; or hold whoever they belong to, where it is all that these have: then none is added meanwhile, and what is suspended
 * or revoked at the same time by somebody who began before is revoked all the same.
 * @returns how many they are; nothing is written for none
 */
export async function revokeMany(
  tx: Transaction,
  selected: IdsSelect,
  decision: RevocationOfMany,
): Promise<number> {
  const { by, reason } = decision;
  const id = randomUUID();
  const count = await insertRevocation(tx, { id, at: await databaseNow(tx), author: by, reason }, selected);
  if (count === 0) return 0;
  await recordChange(tx, 'bulk-revocation', [id]);
  await recordWhole(tx, decision, { count, revocationId: id });
  return count;
}

/**
 * Writes one waiting set of a bulk revocation into its rows, each with its event `token.revoked`, in one transaction;
 * whatever the process, a set is written once. Where none waits, revocations that are whole are marked as such.
 * @returns whether there was one
 */
export async function writeWaitingSet(tx: Transaction): Promise<boolean> {
  const set = await takeWaitingSet(tx);
  if (set === null) {
    await markWritten(tx, REVOCATIONS);
    return false;
  }
  const revoked = await writeSet(tx, set);
  const details = { ...withReason(set.reason), revocationId: set.id };
  await recordAll(
    tx,
    revoked.map(({ id, name }) => ({
      action: 'token.revoked' as const,
      by: set.author,
      target: { type: 'token' as const, id, name },
      details,
    })),
  );
  return true;
}

/** The bulk revocations that are not written into all their rows yet. */
export async function waitingRevocations(tx: Transaction): Promise<WaitingDecision[]> {
  return waitingDecisions(tx, REVOCATIONS);
}

/** Forgets the bulk revocations that were written whole an hour ago: nobody looks a token up in them any more. */
export async function forgetOldRevocations(tx: Transaction): Promise<void> {
  await forgetOld(tx, REVOCATIONS);
}
