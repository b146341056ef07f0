import { Injectable } from '@nestjs/common';
import { record } from '@tokenwarden/audit';
import { Database, lockFor, recordChange, rows, type Transaction } from '@tokenwarden/database';
import {
  authorOf,
  checkedGrants,
  forbidden,
  isIdentifier,
  notFound,
  scopeNotGranted,
  type Author,
  type Caller,
  type Scope,
  type Target,
} from '@tokenwarden/vocabulary';
import { addedGrants, areSameGrants, EVERYTHING, firstNotHeld, storedGrants } from './grants.rules.js';
import type { GroupEntity } from './group.entity.js';
import { grantsByGroup, lockGroups, writeGrants } from './groups.queries.js';
import { holdCaller } from './held-permissions.js';
import { GRANTS_LOCK, refuseLockOut } from './lock-out.js';

/** Setting what groups are granted. The caller was asked for `directory:grant` before. */
@Injectable()
export class GrantsService {
  constructor(private readonly database: Database) {}

  /**
   * Grants the group exactly these scopes, beside what is inherent; repeated it changes and records nothing (rule 5).
   * `directory:grant` is for every live group, one that the caller does not see otherwise included.
   * @throws Problem `INVALID_INPUT` on `grants`, `NOT_FOUND` on `groupId`, `FORBIDDEN` to a service account for its own
   * groups, `SCOPE_NOT_GRANTED` on `grants`, `WOULD_LOCK_OUT` on `grants`
   */
  async setGroupGrants(caller: Caller, groupId: string, grants: readonly string[]): Promise<GroupEntity> {
    const asked = checkedGrants(grants, 'grants');
    if (!isIdentifier(groupId)) throw notFound('groupId');
    return this.database.transaction(async (tx) => {
      // One change of grants at a time: two that each leave the other's group as the last one would lock everybody out.
      await lockFor(tx, GRANTS_LOCK);
      const { permissions, ownGroupIds, groups } = await holdCaller(tx, caller, [groupId], 'NO KEY UPDATE');
      const group = groups.get(groupId);
      if (!group || group.state === 'REMOVED') throw notFound('groupId');
      const target: Target = { type: 'group', id: group.id, name: group.name };
      if (caller.principal.kind === 'SERVICE_ACCOUNT' && ownGroupIds.includes(group.id)) {
        throw forbidden("A service account's token cannot change the grants of the account's own groups.", {
          target,
        });
      }
      const before = (await grantsByGroup(tx, [group.id])).get(group.id) ?? [];
      const missing = firstNotHeld(permissions, addedGrants(before, asked));
      if (missing !== undefined)
        throw scopeNotGranted('grants', missing, 'Only what you hold yourself can be granted.', { target });

      return writeIfChanged(tx, group, asked, before, authorOf(caller));
    });
  }
}

/**
 * Grants a live group exactly these scopes, for whoever needs no right for it: the first start of the demo, a command.
 * Repeated it changes and records nothing.
 * @throws Problem `NOT_FOUND` on `groupId`, `WOULD_LOCK_OUT` on `grants`
 */
export async function setGrants(
  tx: Transaction,
  groupId: string,
  grants: readonly Scope[],
  by: Author,
): Promise<void> {
  await lockFor(tx, GRANTS_LOCK);
  const group = (await lockGroups(tx, [groupId], 'NO KEY UPDATE')).get(groupId);
  if (!group || group.state === 'REMOVED') throw notFound('groupId');
  const before = (await grantsByGroup(tx, [group.id])).get(group.id) ?? [];
  await writeIfChanged(tx, group, checkedGrants(grants, 'grants'), before, by);
}

async function writeIfChanged(
  tx: Transaction,
  group: GroupEntity,
  asked: readonly Scope[],
  before: readonly Scope[],
  by: Author,
): Promise<GroupEntity> {
  const stored = storedGrants(asked, { isPinned: await isPinned(tx, group.id) });
  if (areSameGrants(stored, group.grants)) return group;
  await write(tx, group.id, stored, before);
  await recordChange(tx, 'group', [group.id]);
  const target: Target = { type: 'group', id: group.id, name: group.name };
  await record(tx, {
    action: 'group.grants-set',
    by,
    target,
    details: { before: group.grants, after: stored },
  });
  return { ...group, grants: stored };
}

async function write(
  tx: Transaction,
  groupId: string,
  stored: readonly string[],
  before: readonly string[],
): Promise<void> {
  const change = () => writeGrants(tx, groupId, stored);
  const takesEverything = before.includes(EVERYTHING) && !stored.includes(EVERYTHING);
  await (takesEverything ? refuseLockOut(tx, 'grants', change) : change());
}

async function isPinned(tx: Transaction, groupId: string): Promise<boolean> {
  return (await rows(tx, 'SELECT 1 FROM administrator_groups WHERE group_id = $1', [groupId])).length > 0;
}
