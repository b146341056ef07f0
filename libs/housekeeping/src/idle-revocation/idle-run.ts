import { setTimeout as pause } from 'node:timers/promises';
import type { Database, Transaction } from '@tokenwarden/database';
import { currentPolicy } from '@tokenwarden/policy';
import { holdOffBulkRevocations, lockTokens, revokeThese } from '@tokenwarden/tokens';
import { SYSTEM, type Duration } from '@tokenwarden/vocabulary';
import { requireOn } from '../runs/cut-short.js';
import type { RunContext } from '../runs/run.js';
import { writePatiently } from '../runs/write-patiently.js';
import {
  forgetMarks,
  idleKnownFrom,
  markedToRevoke,
  releaseMarks,
  stillToRevoke,
  type MarkedTokens,
  type PlaceOfMark,
  type ReachOfMarks,
} from './marks.queries.js';

/** Marks that one statement looks at. */
const LOOKED_AT_ONCE = 2_000;
/** Tokens that one transaction locks and revokes: whoever wants to change one of them waits for it. */
const REVOKED_AT_ONCE = 200;

/** What a run knows of its surroundings. */
export interface IdleSurroundings {
  readonly database: Database;
  /** After so long every use that there has been stands in the database, in milliseconds. */
  readonly usesWrittenWithin: number;
}

/**
 * Revokes what was marked as idle long enough ago and not used since (rule: a use in between wins). Uses wait in the memory of every
 * process for some seconds: what looks as if it were to be revoked is looked at again after these, locked.
 * @param onRevoked told how many tokens were revoked, commit by commit
 */
export async function revokeMarked(
  context: RunContext,
  { database, usesWrittenWithin }: IdleSurroundings,
  after: Duration,
  onRevoked: (count: number) => void,
): Promise<void> {
  let hasWaited = false;
  let behind: PlaceOfMark | null = null;
  do {
    const reach: ReachOfMarks = { behind, most: LOOKED_AT_ONCE };
    const { ids, next }: MarkedTokens = await database.read((tx) => markedToRevoke(tx, after, reach));
    if (ids.length > 0 && !hasWaited) {
      await pause(usesWrittenWithin, undefined, { signal: context.signal });
      hasWaited = true;
    }
    for (let start = 0; start < ids.length; start += REVOKED_AT_ONCE) {
      const some = ids.slice(start, start + REVOKED_AT_ONCE);
      onRevoked(await writePatiently(context, (tx) => revokeStillIdle(tx, context, some)));
    }
    behind = next;
  } while (behind !== null);
}

// With changes of the policy held off as well: who sets `after` up or the task off, or uses the token, before this commit keeps it.
async function revokeStillIdle(
  tx: Transaction,
  context: RunContext,
  ids: readonly string[],
): Promise<number> {
  await holdOffBulkRevocations(tx);
  const { enabled, after } = (await currentPolicy(tx)).document.idleRevocation;
  requireOn(context, enabled);
  await lockTokens(tx, ids);
  const still = await stillToRevoke(tx, ids, after);
  const reason = `It was not used for ${after}, and not for a further ${after} after that was told.`;
  const revoked = await revokeThese(tx, still, SYSTEM, reason);
  await forgetMarks(tx, revoked);
  return revoked.length;
}

/**
 * Takes away the marks of tokens that were used since, may have been, or have ended.
 * @returns how many
 */
export async function releaseUsed(context: RunContext): Promise<number> {
  let released = 0;
  let behind: PlaceOfMark | null = null;
  do {
    const reach: ReachOfMarks = { behind, most: LOOKED_AT_ONCE };
    const { ids, next }: MarkedTokens = await writePatiently(context, (tx) => releaseMarks(tx, reach));
    released += ids.length;
    behind = next;
  } while (behind !== null);
  return released;
}

/** How many tokens `revokeMarked` would revoke as it looks now. */
export async function countToRevoke(tx: Transaction, after: Duration): Promise<number> {
  let count = 0;
  let behind: PlaceOfMark | null = null;
  do {
    const found: MarkedTokens = await markedToRevoke(tx, after, { behind, most: LOOKED_AT_ONCE });
    count += found.ids.length;
    behind = found.next;
  } while (behind !== null);
  return count;
}

/** From when on anything can be known to be idle, where that is still to come. */
export async function nothingBefore(tx: Transaction, after: Duration): Promise<Date | undefined> {
  const { from, isToCome } = await idleKnownFrom(tx, after);
  return isToCome ? from : undefined;
}
