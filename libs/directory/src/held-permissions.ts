import { rows, type Transaction } from '@tokenwarden/database';
import { intersection, type Caller, type Scope } from '@tokenwarden/vocabulary';
import type { GroupEntity } from './group.entity.js';
import { lockGroups, permissionsOfGroups, type GroupLock } from './groups.queries.js';
import { groupsOfUser, lockUser } from './users.queries.js';

/**
 * What the user may do, and it stays so to the end of the transaction: whoever changes a grant does so before or after.
 * The user must be held already (`lockUser`), so that they neither join nor leave a group meanwhile. Everybody takes
 * users first, then groups by id, then service accounts, then tokens, or two would wait for each other.
 */
export async function heldPermissionsOfUser(tx: Transaction, userId: string): Promise<Scope[]> {
  const groupIds = (await groupsOfUser(tx, userId)).map(({ id }) => id);
  await lockGroups(tx, groupIds);
  return permissionsOfGroups(tx, groupIds);
}

/** A caller who gives something away, with the groups that it is about. */
export interface HeldCaller {
  /** What this very request may do now. */
  readonly permissions: readonly Scope[];
  /** The groups that the user is in now, or that the account is linked to now. */
  readonly ownGroupIds: readonly string[];
  /** The groups asked for, by id, REMOVED ones too; unknown ones are missing. */
  readonly groups: ReadonlyMap<string, GroupEntity>;
}

/**
 * What the caller may do in this very call (rule 5), read again within the transaction that gives something away, and
 * held with these groups to its end: in a session what the user may do now, by token no more of that than the token
 * could when the request began. A user who is not active any more may do nothing, and an account has no more of a group
 * that it was unlinked from.
 * @param lock How the groups are held, the caller's own among them: they are locked together, by id
 */
export async function holdCaller(
  tx: Transaction,
  caller: Caller,
  groupIds: readonly string[],
  lock: GroupLock,
): Promise<HeldCaller> {
  const isUser = caller.principal.kind === 'USER';
  const before = isUser ? await groupIdsOfActiveUser(tx, caller.principal.id) : caller.groupIds;
  const held = await lockGroups(tx, [...before, ...groupIds], lock);
  const ownGroupIds = isUser ? before : await holdLinks(tx, caller.principal.id);
  const now = await permissionsOfGroups(
    tx,
    before.filter((id) => ownGroupIds.includes(id)),
  );
  return {
    permissions: caller.carrier === 'session' ? now : intersection(caller.permissions, now),
    ownGroupIds,
    groups: new Map([...held].filter(([id]) => groupIds.includes(id))),
  };
}

async function groupIdsOfActiveUser(tx: Transaction, userId: string): Promise<string[]> {
  if ((await lockUser(tx, userId))?.state !== 'ACTIVE') return [];
  return (await groupsOfUser(tx, userId)).map(({ id }) => id);
}

// Accounts and their links are written in a room above this one and read here, as little of them as there is: to grant is
// decided here, and whoever unlinks the account meanwhile does so before or after. The account itself is held, as whoever
// changes its links takes it first: held by its links, the two would wait in a circle. Then they are looked at anew.
async function holdLinks(tx: Transaction, accountId: string): Promise<string[]> {
  await rows(tx, 'SELECT FROM service_accounts WHERE id = $1 FOR SHARE', [accountId]);
  const sql =
    'SELECT group_id AS id FROM service_account_groups WHERE service_account_id = $1 ORDER BY group_id';
  return (await rows<{ id: string }>(tx, sql, [accountId])).map(({ id }) => id);
}
