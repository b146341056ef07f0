import { record } from '@tokenwarden/audit';
import type { Transaction } from '@tokenwarden/database';
import { namedIn, type HeldAnswer, type NamedLosses, type WholeAnswer } from '@tokenwarden/directory';
import { SYSTEM, versionConflict, type Author } from '@tokenwarden/vocabulary';
import type { RunOutcome } from '../runs/run.js';
import { foreseeBehind } from './bring-up-to-date.js';
import { keepHeldAnswer, waitingAnswer, type WaitingAnswer } from './held-answers.queries.js';
import { detailsOfChanges, detailsOfHeld } from './sync-details.js';

const TASK = 'DIRECTORY_SYNC';

/** What an administrator decided: the held run, why, and who says so. */
export interface Acceptance {
  readonly runId: string;
  readonly reason: string | null;
  readonly by: Author;
}

/** How a held run ended; `isNews` where nothing waited before, or another answer; `isFirst` where nothing did. */
export interface Held {
  readonly outcome: RunOutcome;
  readonly isNews: boolean;
  readonly isFirst: boolean;
}

/**
 * Holds an answer: keeps whom and what it would take away in the place of what waited before, with the event where this is
 * news (rule 12). The same answer, held again at each synchronisation, is told once. Its details say all that it would do.
 * @throws NotWhole where it could not be applied even if it were accepted; roll back
 */
export async function holdAnswer(
  tx: Transaction,
  runId: string,
  { changes, toll, reasons }: HeldAnswer,
  answer: WholeAnswer,
): Promise<Held> {
  const named = namedIn(toll.losses);
  const before = await waitingAnswer(tx);
  await keepHeldAnswer(tx, runId, named);
  const isNews = before === undefined || !areSame(before, named);
  if (isNews) {
    await record(tx, {
      action: 'directory.held',
      by: SYSTEM,
      target: { type: 'housekeeping_run', id: runId, name: TASK },
      details: {
        reasons,
        disabledUsers: named.disabledUserIds.length,
        removedUsers: named.removedUserIds.length,
        removedGroups: named.removedGroupIds.length,
        emptiedGroups: named.emptiedGroupIds.length,
      },
    });
  }
  const wouldDo = detailsOfChanges(changes, await foreseeBehind(tx, changes), answer.warnings);
  const details = detailsOfHeld(toll, reasons, wouldDo);
  const examined = answer.users.length + answer.groups.length;
  return {
    outcome: { state: 'HELD', examined, affected: 0, details },
    isNews,
    isFirst: before === undefined,
  };
}

/**
 * The waiting answer that somebody accepts.
 * @throws Problem `VERSION_CONFLICT` on `runId` where another one waits by now, or none
 */
export async function answerToAccept(tx: Transaction, runId: string): Promise<WaitingAnswer> {
  const waiting = await waitingAnswer(tx);
  if (waiting?.runId === runId) return waiting;
  throw versionConflict(
    'runId',
    waiting === undefined
      ? 'Nothing waits any more: a whole answer of the directory has been applied since.'
      : `This is not the latest held run any more: look at ${waiting.runId} and accept that one.`,
  );
}

/** Records who accepted a held answer, and by which run it was applied. */
export async function noteAcceptance(tx: Transaction, acceptance: Acceptance, runId: string): Promise<void> {
  await record(tx, {
    action: 'directory.accepted',
    by: acceptance.by,
    target: { type: 'housekeeping_run', id: acceptance.runId, name: TASK },
    details: { runId, ...(acceptance.reason !== null && { reason: acceptance.reason }) },
  });
}

// Both come sorted.
function areSame(one: NamedLosses, other: NamedLosses): boolean {
  return (['disabledUserIds', 'removedUserIds', 'removedGroupIds', 'emptiedGroupIds'] as const).every(
    (kind) => one[kind].length === other[kind].length && one[kind].every((id, i) => id === other[kind][i]),
  );
}
