import { databaseNow, type Transaction } from '@tokenwarden/database';
import type { DirectoryChanges } from '@tokenwarden/directory';
import { accountsPastGrace, accountsToOrphan, accountsToRecover } from '@tokenwarden/service-accounts';
import { activeCountOf, liveCountsOf } from '@tokenwarden/tokens';
import type { Duration } from '@tokenwarden/vocabulary';
import { refuseTakenIds, type ConsequencesDone } from './apply-consequences.js';
import { consequencesOf, graceBegan, sumOf } from './consequences.rules.js';
import type { EndedGraces } from './orphan-graces.js';

/**
 * What `applyConsequences` and `endOrphanGraces` would do behind these changes, as it looks at this moment; nothing is
 * written or held.
 * @throws NotWhole as `applyConsequences`
 */
export async function foreseeConsequences(
  tx: Transaction,
  changes: DirectoryChanges,
  orphanGrace: Duration,
): Promise<ConsequencesDone & { endedGraces: EndedGraces }> {
  await refuseTakenIds(tx, changes);
  const { suspended, revoked, goneGroups: gone, returnedGroups: returned } = consequencesOf(changes);
  const since = graceBegan(await databaseNow(tx), orphanGrace);
  const pastGrace = await accountsPastGrace(tx, since);
  return {
    suspendedTokens: await activeCountOf(tx, suspended),
    revokedTokens: await liveCount(tx, revoked),
    orphanedAccounts: await accountsToOrphan(tx, { gone, returned }),
    recoveredAccounts: await accountsToRecover(tx, returned, since),
    endedGraces: { accounts: pastGrace.length, revokedTokens: await liveCount(tx, pastGrace) },
  };
}

async function liveCount(tx: Transaction, principalIds: readonly string[]): Promise<number> {
  return sumOf(await liveCountsOf(tx, principalIds));
}
