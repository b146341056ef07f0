import type { ServiceAccountState } from '@tokenwarden/vocabulary';

/** What an account's state is derived from. */
export interface StateFacts {
  readonly suspendedAt: Date | null;
  readonly orphanedAt: Date | null;
  readonly deletedAt: Date | null;
}

/**
 * The state of an account: the first that holds of SUSPENDED, ORPHANED, ACTIVE. Its tokens resolve only while ACTIVE. A
 * deleted one, which only what it leaves behind still shows, counts as SUSPENDED: it may do nothing, and looks like it.
 */
export function stateOf(account: StateFacts): ServiceAccountState {
  if (account.suspendedAt !== null || account.deletedAt !== null) return 'SUSPENDED';
  return account.orphanedAt === null ? 'ACTIVE' : 'ORPHANED';
}
