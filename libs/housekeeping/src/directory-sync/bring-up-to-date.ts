import {
  applyConsequences,
  endOrphanGraces,
  foreseeConsequences,
  newlyPastGrace,
} from '@tokenwarden/consequences';
import type { Transaction } from '@tokenwarden/database';
import {
  administratorGroupWarnings,
  applyAnswer,
  compareAnswer,
  pinMissingAdministratorGroups,
  type DirectoryChanges,
  type NamedEntry,
  type NamedLosses,
  type Toll,
  type WholeAnswer,
} from '@tokenwarden/directory';
import { currentPolicy } from '@tokenwarden/policy';
import type { AlsoDone } from './sync-details.js';

/** A whole answer, and the database's time before it was read. */
export interface ReadAnswer {
  readonly answer: WholeAnswer;
  readonly readFrom: Date;
}

/** What an answer changed, all that followed from it, and what an operator should know although it went well. */
export interface BroughtUpToDate {
  readonly changes: DirectoryChanges;
  readonly done: AlsoDone;
  /** The accounts that nobody can bring back from now on. */
  readonly pastGrace: readonly NamedEntry[];
  readonly warnings: readonly string[];
}

/**
 * Brings the copy, tokens, service accounts and the pins of ADMIN_GROUPS to what a whole answer says, in this transaction,
 * and ends the graces of orphans that are over (rules 10 and 11).
 * @param accepted the losses that an administrator accepted, in place of the brake
 * @throws HeldAnswer where the brake holds it: nothing was written
 * @throws NotWhole where the copy shows that the answer cannot be right; roll back
 */
export async function bringUpToDate(
  tx: Transaction,
  { answer, readFrom }: ReadAnswer,
  adminGroups: readonly string[],
  accepted?: NamedLosses,
): Promise<BroughtUpToDate> {
  const changes = await applyAnswer(tx, answer, readFrom, accepted);
  const { orphanGrace } = (await currentPolicy(tx)).document;
  const done = await applyConsequences(tx, changes, orphanGrace);
  // Names of ADMIN_GROUPS that the directory has only now are pinned with it. None is dropped: the setting of the instance
  // that happens to run may be an older one than that of others.
  await pinMissingAdministratorGroups(tx, adminGroups);
  const endedGraces = await endOrphanGraces(tx, orphanGrace);
  const pastGrace = await newlyPastGrace(tx, orphanGrace);
  const warnings = [
    ...answer.warnings,
    ...(changes.warnings ?? []),
    ...(await administratorGroupWarnings(tx, adminGroups)),
  ];
  return { changes, done: { ...done, endedGraces }, pastGrace, warnings };
}

/** What an answer would change, and what the brake decides by. */
export interface Foreseen extends BroughtUpToDate {
  readonly toll: Toll;
}

/**
 * What `bringUpToDate` would do with this answer, the brake aside; in a snapshot, so that nobody is held up.
 * @throws NotWhole as `bringUpToDate`
 */
export async function foresee(tx: Transaction, { answer, readFrom }: ReadAnswer): Promise<Foreseen> {
  const { changes, toll } = await compareAnswer(tx, answer, readFrom);
  return {
    changes,
    toll,
    done: await foreseeBehind(tx, changes),
    pastGrace: [],
    warnings: [...answer.warnings, ...(changes.warnings ?? [])],
  };
}

/**
 * What would follow for tokens and accounts from changes that are not made, as it looks at this moment; nothing is written
 * or held.
 * @throws NotWhole as `bringUpToDate`
 */
export async function foreseeBehind(tx: Transaction, changes: DirectoryChanges): Promise<AlsoDone> {
  const { orphanGrace } = (await currentPolicy(tx)).document;
  return foreseeConsequences(tx, changes, orphanGrace);
}
