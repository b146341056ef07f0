import { refuseSecret } from '@tokenwarden/audit';
import {
  LONGEST_SECONDS,
  durationSeconds,
  invalidInput,
  versionConflict,
  wholeSecond,
} from '@tokenwarden/vocabulary';
import type { PolicyDocument } from '../policy-document.rules.js';
import type { PolicyVersionEntity } from '../policy-version.entity.js';
import { changedPolicy, type PolicyChanges } from './change.rules.js';
import { differenceOf, type PolicyChange } from './difference.rules.js';

/** What happens to tokens that were issued already: they stay as they are, or end as if they were issued under the new maximum. */
export const EXISTING_TOKENS = ['KEEP', 'CAP'] as const;
/** See `EXISTING_TOKENS`. */
export type ExistingTokens = (typeof EXISTING_TOKENS)[number];

/** A change of the policy as it is asked for. */
export interface AskedChange {
  /** The version it starts from. */
  readonly expectedVersion: number;
  readonly changes: PolicyChanges;
  readonly existingTokens: ExistingTokens;
  /** With CAP alone: no token ends before it. Now, where it is left out or before now. */
  readonly enforceFrom?: Date | undefined;
  readonly reason?: string | undefined;
}

/** What a cap takes, as `capEndOf` reads it. */
export interface PreparedCap {
  /** In whole seconds, rounded down: where it counts from now it lies up to a second before. */
  readonly enforceFrom: Date;
  /** The maximum of each profile of the new policy, in seconds. */
  readonly maxima: Readonly<Record<string, number>>;
}

/** A change that may be made, but for one thing: whether it changes anything, see `requireSomeChange`. */
export interface PreparedChange {
  readonly document: PolicyDocument;
  readonly difference: readonly PolicyChange[];
  /** Null with KEEP. */
  readonly cap: PreparedCap | null;
}

/**
 * What a change makes of the policy in force: looked at are its values, then the version it starts from. The change and its
 * impact both come from here, so that they agree.
 * @throws Problem `INVALID_INPUT` on the path of the value at fault, `VERSION_CONFLICT` on `expectedVersion`
 */
export function prepareChange(current: PolicyVersionEntity, asked: AskedChange, now: Date): PreparedChange {
  const { expectedVersion, changes, existingTokens, enforceFrom, reason } = asked;
  const document = changedPolicy(current.document, changes);
  refuseSecrets(changes, reason);
  const cap = existingTokens === 'CAP' ? preparedCap(document, enforceFrom, now) : null;
  if (cap === null && enforceFrom !== undefined) {
    throw invalidInput(
      'enforceFrom',
      'This goes with existingTokens: CAP alone; with KEEP no token ends earlier.',
    );
  }
  if (expectedVersion !== current.version) {
    throw versionConflict(
      'expectedVersion',
      `The policy is at version ${current.version} by now. Read it, and start the change from that one.`,
    );
  }
  return { document, difference: differenceOf(current.document, document), cap };
}

/**
 * Refuses what would change nothing: no value of the policy, and no token's end.
 * @param capped how many tokens the cap hits
 * @throws Problem `INVALID_INPUT` on `changes`
 */
export function requireSomeChange(prepared: PreparedChange, capped: number): void {
  if (prepared.difference.length > 0 || capped > 0) return;
  throw invalidInput(
    'changes',
    'At least one value that differs from the policy in force: this changes nothing.',
  );
}

function preparedCap(document: PolicyDocument, enforceFrom: Date | undefined, now: Date): PreparedCap {
  if (enforceFrom !== undefined && enforceFrom.getTime() > now.getTime() + LONGEST_SECONDS * 1_000) {
    throw invalidInput(
      'enforceFrom',
      'This must lie at most P3650D ahead; a moment before now counts as now.',
    );
  }
  const from = enforceFrom !== undefined && enforceFrom > now ? enforceFrom : now;
  return {
    enforceFrom: wholeSecond(from),
    maxima: Object.fromEntries(
      document.profiles.map(({ name, maximum }) => [name, durationSeconds(maximum)]),
    ),
  };
}

/** What the trail would refuse, named by the caller's own path (rule 2). */
function refuseSecrets({ profiles = [] }: PolicyChanges, reason: string | undefined): void {
  const texts: [string, string | null | undefined][] = profiles.map(({ description }, index) => [
    `changes.profiles.${index}.description`,
    description,
  ]);
  for (const [field, text] of [...texts, ['reason', reason] as const]) {
    if (text) refuseSecret(text, field);
  }
}
