import { databaseNow, type Transaction } from '@tokenwarden/database';
import type { AdministratorsMail, HeldAnswer, NamedEntry } from '@tokenwarden/directory';
import type { NamedSome } from '@tokenwarden/notifications';
import { currentPolicy } from '@tokenwarden/policy';
import { accountsByIds } from '@tokenwarden/service-accounts';
import { addDuration } from '@tokenwarden/vocabulary';
import type { BroughtUpToDate } from './bring-up-to-date.js';

/** So many of a kind are named in a mail; the run's details name more, and the count says how many there are. */
const MOST_IN_MAIL = 20;

/** Tells administrators that the brake holds an answer where none was held before, in the transaction that holds it. */
export async function tellOfHeld(
  tx: Transaction,
  mail: AdministratorsMail,
  runId: string,
  { reasons, toll }: HeldAnswer,
): Promise<void> {
  const { disabledUsers, removedUsers, removedGroups, emptiedGroups } = toll.losses;
  await mail.tell(tx, {
    ...{ type: 'answer-held', runId, heldAt: (await databaseNow(tx)).toISOString(), reasons },
    disabledUsers: some(disabledUsers),
    removedUsers: some(removedUsers),
    removedGroups: some(removedGroups),
    emptiedGroups: some(emptiedGroups),
  });
}

/** What an applied answer ends or begins beside users and groups. */
interface Applied {
  readonly applied: BroughtUpToDate;
  /** Since when one had been held; undefined where none was. */
  readonly heldSince: Date | undefined;
  readonly acceptedBy: string | null;
}

/**
 * Tells administrators what an applied answer begins and ends, in its transaction: that none is held any more, and which
 * service accounts are orphaned, back, or lost for good.
 */
export async function tellOfApplied(
  tx: Transaction,
  mail: AdministratorsMail,
  runId: string,
  { applied: { done, pastGrace }, heldSince, acceptedBy }: Applied,
): Promise<void> {
  const now = await databaseNow(tx);
  const at = now.toISOString();
  const grace = (await currentPolicy(tx)).document.orphanGrace;
  if (heldSince) {
    const since = heldSince.toISOString();
    await mail.tell(tx, { type: 'answer-released', runId, releasedAt: at, heldSince: since, acceptedBy });
  }
  if (done.orphanedAccounts.length > 0) {
    const orphanedAt = await orphanedSince(tx, done.orphanedAccounts, now);
    await mail.tell(tx, {
      type: 'accounts-orphaned',
      accounts: some(done.orphanedAccounts),
      orphanedAt: orphanedAt.toISOString(),
      grace,
      recoverableUntil: addDuration(orphanedAt, grace).toISOString(),
    });
  }
  if (done.recoveredAccounts.length > 0) {
    const accounts = some(done.recoveredAccounts);
    await mail.tell(tx, { type: 'accounts-recovered', accounts, recoveredAt: at, linkedBy: null });
  }
  if (pastGrace.length > 0) {
    const { revokedTokens } = done.endedGraces;
    const accounts = some(pastGrace);
    await mail.tell(tx, { type: 'accounts-past-grace', accounts, endedAt: at, grace, revokedTokens });
  }
}

// As the accounts have it, so that the mail says no other moment than the API; of several the first.
async function orphanedSince(tx: Transaction, orphaned: readonly NamedEntry[], now: Date): Promise<Date> {
  const accounts = await accountsByIds(
    tx,
    orphaned.map(({ id }) => id),
  );
  const moments = [...accounts.values()].map(({ orphanedAt }) => (orphanedAt ?? now).getTime());
  return new Date(Math.min(now.getTime(), ...moments));
}

function some(entries: readonly NamedEntry[]): NamedSome {
  return {
    count: entries.length,
    listed: entries.slice(0, MOST_IN_MAIL).map(({ id, name }) => ({ id, name })),
  };
}
