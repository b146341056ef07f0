import type { ServiceAccountState } from '@tokenwarden/vocabulary';

/** What an account's state is derived from. */
export interface StateFacts {
  readonly suspendedAt: Date | null;
  readonly orphanedAt: Date | null;
}

/** The state of an account: the first that holds of SUSPENDED, ORPHANED, ACTIVE. Its tokens resolve only while ACTIVE. */
export function stateOf(account: StateFacts): ServiceAccountState {
  if (account.suspendedAt !== null) return 'SUSPENDED';
  return account.orphanedAt === null ? 'ACTIVE' : 'ORPHANED';
}
