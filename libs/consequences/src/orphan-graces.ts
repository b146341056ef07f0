import { besideOwnClock, databaseNow, type Transaction } from '@tokenwarden/database';
import type { NamedEntry } from '@tokenwarden/directory';
import { lockAccountsPastGrace, noteEndedGraces } from '@tokenwarden/service-accounts';
import { liveCountsOf, revokeTokensOf, type RevocationOfPrincipals } from '@tokenwarden/tokens';
import { SYSTEM, type Duration } from '@tokenwarden/vocabulary';
import { graceBegan, sumOf } from './consequences.rules.js';
import { revokeByDecision } from './revoke-by-decision.js';
import { WRITTEN_AT_ONCE } from './stop-tokens.js';

/** What the end of graces has done. */
export interface EndedGraces {
  /** Accounts of which tokens were revoked. */
  readonly accounts: number;
  /** As decided: where they are very many, their rows and events follow the commit (rule 9). */
  readonly revokedTokens: number;
}

/**
 * Ends the grace of every account that has been ORPHANED for longer than the policy gives (rule 11): nobody can bring it
 * back any more, so its live tokens are revoked by SYSTEM. The account stays ORPHANED. Called again it finds nothing; call
 * it behind `applyConsequences`, which brings back the accounts whose groups have returned.
 *
 * It comes behind locks on tokens, which stand after those on accounts, and so it waits for nobody: an account or a token
 * that somebody has in hand at this moment is left to the next time. None of these tokens resolves meanwhile, and none is
 * added: an ORPHANED account is issued none. While the clocks of the database and of this process are more than 5 s apart no
 * grace ends: nobody knows how long it has been, and what is revoked stays so.
 */
export async function endOrphanGraces(tx: Transaction, orphanGrace: Duration): Promise<EndedGraces> {
  const now = await agreedNow(tx);
  if (now === undefined) return { accounts: 0, revokedTokens: 0 };
  const accounts = await lockAccountsPastGrace(tx, graceBegan(now, orphanGrace));
  const counts = await liveCountsOf(
    tx,
    accounts.map(({ id }) => id),
  );
  const end: RevocationOfPrincipals = {
    by: SYSTEM,
    reason:
      'The last group of its service account has been gone from the directory for longer than the ' +
      `policy's grace of ${orphanGrace}.`,
    details: (serviceAccounts) => ({ cause: 'ORPHAN_GRACE', serviceAccounts }),
  };
  if (sumOf(counts) > WRITTEN_AT_ONCE)
    return { accounts: counts.size, revokedTokens: await revokeByDecision(tx, counts, end) };
  const revoked = await revokeTokensOf(tx, [...counts.keys()], end, 'left out');
  return {
    accounts: new Set(revoked.map(({ principalId }) => principalId)).size,
    revokedTokens: revoked.length,
  };
}

/**
 * The accounts whose grace is over since this was last asked, each once, whether or not they had tokens left: to be told. Call it
 * behind `endOrphanGraces`; like that it waits for nobody.
 */
export async function newlyPastGrace(tx: Transaction, orphanGrace: Duration): Promise<NamedEntry[]> {
  const now = await agreedNow(tx);
  return now === undefined ? [] : noteEndedGraces(tx, graceBegan(now, orphanGrace));
}

async function agreedNow(tx: Transaction): Promise<Date | undefined> {
  const { told, difference } = await besideOwnClock(() => databaseNow(tx));
  return difference === undefined ? told : undefined;
}
