import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@tokenwarden/database';
import { firstNotHeld, grantsByGroup, holdCaller, seesGroup } from '@tokenwarden/directory';
import {
  authorOf,
  invalidInput,
  isIdentifier,
  notFound,
  scopeNotGranted,
  type Caller,
} from '@tokenwarden/vocabulary';
import { addAccount } from './account-changes.js';
import type { AccountRecord } from './accounts.queries.js';
import type { CreateServiceAccountInput } from './service-account.types.js';

/** What is done to service accounts. The caller was asked for `service-accounts:write` before. */
@Injectable()
export class ServiceAccountsService {
  constructor(private readonly database: Database) {}

  /**
   * Creates an account linked to these groups. To link is to grant: the caller must hold, in this very call, all that
   * the groups grant (rule 5). Only groups that the caller sees can be linked: its own live ones, with `directory:read`
   * all; `directory:grant` shows none, for it gives to a group and takes nothing into an account.
   * @throws Problem `INVALID_INPUT` on `name` or `groupIds`, `NOT_FOUND` on `groupIds.N`, `SCOPE_NOT_GRANTED` on `groupIds`
   */
  async create(
    caller: Caller,
    { name, description, groupIds }: CreateServiceAccountInput,
  ): Promise<AccountRecord> {
    return this.database.transaction(async (tx) => {
      const linked = await linkableGroups(tx, caller, groupIds);
      const account = { id: randomUUID(), name, description: description ?? null, groupIds: linked };
      return addAccount(tx, account, authorOf(caller));
    });
  }
}

// The caller and the groups are held to the end: one that loses its last right to live, or gets another grant, does so
// before or after.
async function linkableGroups(
  tx: Transaction,
  caller: Caller,
  groupIds: readonly string[],
): Promise<string[]> {
  const { permissions, groups } = await holdCaller(tx, caller, groupIds.filter(isIdentifier), 'SHARE');
  for (const [i, id] of groupIds.entries()) {
    const group = groups.get(id);
    if (!group) throw notFound(`groupIds.${i}`);
    if (!seesGroup(caller, group)) {
      throw notFound(`groupIds.${i}`, { hidden: { type: 'group', id, name: group.name } });
    }
  }
  if (![...groups.values()].some(({ state }) => state === 'ACTIVE')) {
    throw invalidInput('groupIds', 'At least one group that is in the directory now.');
  }
  // A removed group counts too: what it grants is given on the day it comes back.
  const given = [...(await grantsByGroup(tx, [...groups.keys()])).values()].flat();
  const missing = firstNotHeld(permissions, given);
  if (missing !== undefined)
    throw scopeNotGranted('groupIds', missing, 'Whoever links a group must hold all that it grants.');
  return [...groups.keys()];
}
