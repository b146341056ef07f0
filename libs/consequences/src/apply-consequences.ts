import { databaseNow, rows, type Transaction } from '@tokenwarden/database';
import { NotWhole, type DirectoryChanges } from '@tokenwarden/directory';
import { orphanAccountsOf, recoverAccountsOf } from '@tokenwarden/service-accounts';
import { revokeTokensOf, suspendTokensOf } from '@tokenwarden/tokens';
import { durationSeconds, SYSTEM, type Duration } from '@tokenwarden/vocabulary';
import { consequencesOf } from './consequences.rules.js';

/** How many things beyond users and groups a change of the directory touched. */
export interface ConsequencesDone {
  readonly suspendedTokens: number;
  readonly revokedTokens: number;
  /** Ids of the accounts whose last group is gone. */
  readonly orphanedAccounts: readonly string[];
  /** Ids of the accounts that have a live group again. */
  readonly recoveredAccounts: readonly string[];
}

/**
 * Does to tokens and accounts what a change of the directory means for them (rules 10 and 11), by SYSTEM, each with its
 * event; in the transaction of `applyAnswer` or `applySignIn`, so that nobody is gone whose tokens still resolve. The users
 * were locked there by having been written: no token is issued to one of them meanwhile.
 * @param orphanGrace how long after it was orphaned an account is brought back by its group
 * @throws NotWhole where a new user or group has the id of an account or a token; roll back
 */
export async function applyConsequences(
  tx: Transaction,
  changes: DirectoryChanges,
  orphanGrace: Duration,
): Promise<ConsequencesDone> {
  await refuseTakenIds(tx, changes);
  const { suspended, revoked, goneGroups, returnedGroups } = consequencesOf(changes);
  // Accounts before tokens, as everybody takes them.
  const orphaned = goneGroups.length > 0 ? await orphanAccountsOf(tx, goneGroups) : [];
  const recovered =
    returnedGroups.length > 0
      ? await recoverAccountsOf(tx, returnedGroups, await graceBegan(tx, orphanGrace))
      : [];
  let suspendedTokens = 0;
  for (const id of suspended) {
    suspendedTokens += (await suspendTokensOf(tx, id, 'The user was disabled in the directory.')).length;
  }
  let revokedTokens = 0;
  for (const id of revoked) {
    revokedTokens += (await revokeTokensOf(tx, id, SYSTEM, 'The user was removed from the directory.'))
      .length;
  }
  return {
    suspendedTokens,
    revokedTokens,
    orphanedAccounts: orphaned.map(({ id }) => id),
    recoveredAccounts: recovered.map(({ id }) => id),
  };
}

async function graceBegan(tx: Transaction, orphanGrace: Duration): Promise<Date> {
  return new Date((await databaseNow(tx)).getTime() - durationSeconds(orphanGrace) * 1_000);
}

// An id is that of one thing for ever: `sub`, `jti` and `client_id` tell principals and tokens apart by it alone.
async function refuseTakenIds(tx: Transaction, { users, groups }: DirectoryChanges): Promise<void> {
  const created = [...users, ...groups].filter(({ action }) => action === 'created').map(({ id }) => id);
  if (created.length === 0) return;
  const taken = await rows<{ id: string; kind: string }>(
    tx,
    `SELECT id, 'service account' AS kind FROM service_accounts WHERE id = ANY($1::uuid[])
     UNION ALL SELECT id, 'token' FROM access_tokens WHERE id = ANY($1::uuid[])`,
    [created],
  );
  if (taken.length > 0) {
    throw new NotWhole(taken.map(({ id, kind }) => `The id ${id} is already that of a ${kind}.`));
  }
}
