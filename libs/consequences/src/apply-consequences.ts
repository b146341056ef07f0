import { databaseNow, rows, type Transaction } from '@tokenwarden/database';
import { NotWhole, takenIds, type DirectoryChanges, type NamedEntry } from '@tokenwarden/directory';
import { orphanAccountsOf, recoverAccountsOf } from '@tokenwarden/service-accounts';
import type { Duration } from '@tokenwarden/vocabulary';
import { consequencesOf, graceBegan } from './consequences.rules.js';
import { stopTokens } from './stop-tokens.js';

/** How many things beyond users and groups a change of the directory touched. */
export interface ConsequencesDone {
  /** As decided: where they are very many, their rows and events follow the commit (rule 9). */
  readonly suspendedTokens: number;
  /** As decided, likewise. */
  readonly revokedTokens: number;
  /** The accounts whose last group is gone. */
  readonly orphanedAccounts: readonly NamedEntry[];
  /** The accounts that have a live group again. */
  readonly recoveredAccounts: readonly NamedEntry[];
}

/**
 * Does to tokens and accounts what a change of the directory means for them (rules 10 and 11), by SYSTEM, each with its
 * event; in the transaction of `applyAnswer` or `applySignIn`, so that nobody is gone whose tokens still resolve. The users
 * were locked there by having been written: no token is issued to one of them meanwhile. Very many tokens are decided on
 * here, and their rows and events follow the commit (rule 9).
 * @param orphanGrace how long after it was orphaned an account is brought back by its group
 * @throws NotWhole where a new user or group has the id of an account or a token; roll back
 */
export async function applyConsequences(
  tx: Transaction,
  changes: DirectoryChanges,
  orphanGrace: Duration,
): Promise<ConsequencesDone> {
  await refuseTakenIds(tx, changes);
  const { goneGroups, returnedGroups, ...users } = consequencesOf(changes);
  // Accounts before tokens, as everybody takes them.
  const orphaned = goneGroups.length > 0 ? await orphanAccountsOf(tx, goneGroups) : [];
  const recovered =
    returnedGroups.length > 0
      ? await recoverAccountsOf(tx, returnedGroups, graceBegan(await databaseNow(tx), orphanGrace))
      : [];
  return {
    ...(await stopTokens(tx, users)),
    orphanedAccounts: orphaned.map(({ id, name }) => ({ id, name })),
    recoveredAccounts: recovered.map(({ id, name }) => ({ id, name })),
  };
}

/**
 * An id is that of one thing for ever: `sub`, `jti` and `client_id` tell principals and tokens apart by it alone.
 * @throws NotWhole where a new user or group has the id of an account or a token
 */
export async function refuseTakenIds(tx: Transaction, { users, groups }: DirectoryChanges): Promise<void> {
  const created = [...users, ...groups].filter(({ action }) => action === 'created').map(({ id }) => id);
  if (created.length === 0) return;
  const taken = await rows<{ id: string; kind: string }>(
    tx,
    `SELECT id, 'service account' AS kind FROM service_accounts WHERE id = ANY($1::uuid[])
     UNION ALL SELECT id, 'token' FROM access_tokens WHERE id = ANY($1::uuid[])`,
    [created],
  );
  if (taken.length === 0) return;
  const idsOf = (things: readonly { readonly id: string }[], kind: string) => {
    const ids = new Set(taken.filter((one) => one.kind === kind).map(({ id }) => id));
    return things.map(({ id }) => id).filter((id) => ids.has(id));
  };
  throw new NotWhole(
    ['service account', 'token'].flatMap((kind) => [
      ...takenIds(idsOf(users, kind), 'user', kind),
      ...takenIds(idsOf(groups, kind), 'group', kind),
    ]),
  );
}
