import type { Transaction } from '@tokenwarden/database';
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
  /** The groups asked for, by id, REMOVED ones too; unknown ones are missing. */
  readonly groups: ReadonlyMap<string, GroupEntity>;
}

/**
 * What the caller may do in this very call (rule 5), read again within the transaction that gives something away, and
 * held with these groups to its end: in a session what the user may do now, by token no more of that than the token
 * could when the request began. A user who is not active any more may do nothing.
 * @param lock How the groups are held, the caller's own among them: they are locked together, by id
 */
export async function holdCaller(
  tx: Transaction,
  caller: Caller,
  groupIds: readonly string[],
  lock: GroupLock,
): Promise<HeldCaller> {
  const own = await ownGroupIds(tx, caller);
  const held = await lockGroups(tx, [...own, ...groupIds], lock);
  const now = await permissionsOfGroups(tx, own);
  return {
    permissions: caller.carrier === 'session' ? now : intersection(caller.permissions, now),
    groups: new Map([...held].filter(([id]) => groupIds.includes(id))),
  };
}

async function ownGroupIds(tx: Transaction, { principal, groupIds }: Caller): Promise<readonly string[]> {
  // Which groups an account is linked to is written once, with the account.
  if (principal.kind === 'SERVICE_ACCOUNT') return groupIds;
  if ((await lockUser(tx, principal.id))?.state !== 'ACTIVE') return [];
  return (await groupsOfUser(tx, principal.id)).map(({ id }) => id);
}
