import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, databaseNow, type Transaction } from '@tokenwarden/database';
import { AdministratorsMail, holdCaller, type HeldCaller } from '@tokenwarden/directory';
import { Logs } from '@tokenwarden/telemetry';
import {
  authorOf,
  forbidden,
  isIdentifier,
  notFound,
  principalNotActive,
  type Author,
  type Caller,
  type Duration,
  type Target,
} from '@tokenwarden/vocabulary';
import {
  addAccount,
  deleteAccount,
  resumeAccount,
  suspendAccount,
  updateAccount,
} from './account-changes.js';
import { holdTokensOf, revokeAllTokensOf } from './account-tokens.js';
import { canComeBack, differenceOf, isItself } from './account-update.rules.js';
import { groupIdsOfAccount, lockAccountForChange, type AccountRecord } from './accounts.queries.js';
import { requireLinkable } from './linked-groups.js';
import { recoverAccount } from './orphans.js';
import type {
  CreateServiceAccountInput,
  ServiceAccountIdInput,
  UpdateServiceAccountInput,
} from './service-account.inputs.js';

/** What is done to service accounts. The caller was asked for `service-accounts:write` before, which shows all of them. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly database: Database,
    private readonly logs: Logs,
    private readonly mail: AdministratorsMail,
  ) {}

  /**
   * Creates an account linked to these groups.
   * @throws Problem `INVALID_INPUT` on `name`; as `requireLinkable`
   */
  async create(
    caller: Caller,
    { name, description, groupIds }: CreateServiceAccountInput,
  ): Promise<AccountRecord> {
    return this.database.transaction(async (tx) => {
      const held = await holdCaller(tx, caller, groupIds.filter(isIdentifier), 'SHARE');
      await requireLinkable(tx, caller, groupIds, held);
      const linked = [...held.groups.keys()];
      const account = { id: randomUUID(), name, description: description ?? null, groupIds: linked };
      return addAccount(tx, account, authorOf(caller));
    });
  }

  /**
   * Gives it another name or description, or links it to exactly these groups; what stays the same is not recorded. An
   * ORPHANED one that is linked to a live group comes back, within the grace.
   * @param orphanGrace how long after it was orphaned an account can be brought back
   * @throws Problem `NOT_FOUND` on `id`, `FORBIDDEN` to its own token, `INVALID_INPUT` on `name`; as `requireLinkable`;
   * `PRINCIPAL_NOT_ACTIVE` after the grace
   */
  async update(
    caller: Caller,
    { id, ...asked }: UpdateServiceAccountInput,
    orphanGrace: Duration,
  ): Promise<AccountRecord> {
    refuseItself(caller, id);
    const { account, comesBack } = await this.database.transaction(async (tx) => {
      const { groupIds } = asked;
      // The groups first: everybody takes groups before accounts.
      const held = groupIds && (await holdCaller(tx, caller, groupIds.filter(isIdentifier), 'SHARE'));
      const account = await lockedAccount(tx, id);
      const linked = await groupIdsOfAccount(tx, id);
      if (groupIds && held) {
        await requireLinkable(tx, caller, groupIds, held, { target: targetOf(account), groupIds: linked });
        await refuseAfterGrace(tx, account, orphanGrace);
      }
      const difference = differenceOf({ ...account, groupIds: linked }, asked);
      const updated = await updateAccount(tx, account, difference, authorOf(caller));
      if (!held || account.orphanedAt === null) return { account: updated, comesBack: false };
      const recovered = await recoverAccount(tx, updated, liveGroupIdsOf(held), authorOf(caller));
      await this.mail.tell(tx, {
        ...{ type: 'accounts-recovered', linkedBy: caller.principal.name },
        accounts: { count: 1, listed: [{ id, name: recovered.name }] },
        recoveredAt: (await databaseNow(tx)).toISOString(),
      });
      return { account: recovered, comesBack: true };
    });
    // As of one that a synchronisation brings back; who did this the trail says.
    if (comesBack) this.mail.wake();
    if (comesBack) this.logs.info({ serviceAccountId: id }, 'A service account has a live group again.');
    return account;
  }

  /**
   * Suspends it: its tokens stay as they are and stop resolving. Repeated it records nothing.
   * @throws Problem `NOT_FOUND` on `id`, `FORBIDDEN` to its own token
   */
  async suspend(caller: Caller, { id, reason }: ServiceAccountIdInput): Promise<AccountRecord> {
    refuseItself(caller, id);
    return this.database.transaction(async (tx) =>
      suspendAccount(tx, await lockedAccount(tx, id), authorOf(caller), reason ?? null),
    );
  }

  /**
   * Lifts its suspension; one whose groups are gone is ORPHANED then. Repeated it records nothing.
   * @throws Problem `NOT_FOUND` on `id`, `FORBIDDEN` to its own token
   */
  async resume(caller: Caller, { id, reason }: ServiceAccountIdInput): Promise<AccountRecord> {
    refuseItself(caller, id);
    return this.database.transaction(async (tx) =>
      resumeAccount(tx, await lockedAccount(tx, id), authorOf(caller), reason ?? null),
    );
  }

  /**
   * Deletes it for good and revokes its live tokens; its name is free again, and what shows of it keeps it. Repeated it
   * succeeds, and changes and records nothing.
   * @returns how many live tokens ended with it
   * @throws Problem `NOT_FOUND` on `id`, `FORBIDDEN` to its own token
   */
  async delete(caller: Caller, { id, reason: given }: ServiceAccountIdInput): Promise<number> {
    refuseItself(caller, id);
    const { revokedTokens, wasOrphaned } = await this.database.transaction(async (tx) => {
      const hold = await holdTokensOf(tx, id);
      const account = await lockAccountForChange(tx, id);
      if (!account) throw notFound('id');
      if (account.deletedAt !== null) return { revokedTokens: 0, wasOrphaned: false };
      const by = authorOf(caller);
      const reason = given ?? null;
      const revokedTokens = await revokeAllTokensOf(tx, account, hold, by, reason);
      await deleteAccount(tx, account, by, { reason, revokedTokens });
      const wasOrphaned = account.orphanedAt !== null;
      // Of one that nobody could bring back any more this was the news.
      if (wasOrphaned && account.graceEndedAt === null)
        await this.tellOfDeletion(tx, account, by, revokedTokens);
      return { revokedTokens, wasOrphaned };
    });
    // Whoever was told that it is orphaned is told that this is over.
    if (wasOrphaned) this.mail.wake();
    if (wasOrphaned) this.logs.info({ serviceAccountId: id }, 'An orphaned service account is deleted.');
    return revokedTokens;
  }

  private async tellOfDeletion(
    tx: Transaction,
    { id, name }: AccountRecord,
    { actor }: Author,
    revokedTokens: number,
  ): Promise<void> {
    const deletedAt = (await databaseNow(tx)).toISOString();
    const deletedBy = actor.name;
    await this.mail.tell(tx, {
      type: 'orphan-deleted',
      account: { id, name },
      deletedAt,
      deletedBy,
      revokedTokens,
    });
  }
}

function refuseItself(caller: Caller, id: string): void {
  if (!isItself(caller, id)) return;
  const target: Target = { type: 'service_account', id, name: caller.principal.name };
  throw forbidden("A service account's token cannot change the account itself.", { target });
}

async function lockedAccount(tx: Transaction, id: string): Promise<AccountRecord> {
  const account = await lockAccountForChange(tx, id);
  if (!account || account.deletedAt !== null) throw notFound('id');
  return account;
}

async function refuseAfterGrace(
  tx: Transaction,
  { orphanedAt }: AccountRecord,
  grace: Duration,
): Promise<void> {
  if (orphanedAt === null || canComeBack(orphanedAt, grace, await databaseNow(tx))) return;
  throw principalNotActive(
    `The last group of this service account has been gone since ${orphanedAt.toISOString()}, longer than the policy's ` +
      `grace of ${grace}: it cannot be brought back. Create another one.`,
  );
}

function liveGroupIdsOf({ groups }: HeldCaller): string[] {
  return [...groups.values()].filter(({ state }) => state === 'ACTIVE').map(({ id }) => id);
}

function targetOf({ id, name }: AccountRecord): Target {
  return { type: 'service_account', id, name };
}
