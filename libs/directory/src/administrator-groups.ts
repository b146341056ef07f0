import { record } from '@tokenwarden/audit';
import { lockFor, recordChange, rows, type Transaction } from '@tokenwarden/database';
import { isIdentifier, SYSTEM } from '@tokenwarden/vocabulary';
import {
  isAnybodyThere,
  memberWarnings,
  pinnedId,
  planPins,
  type ManagedPin,
  type Pin,
  type Pinning,
  type PinPlan,
} from './administrator-groups.rules.js';
import type { NamedEntry } from './directory-changes.rules.js';
import { groupsByIds, liveGroupsNamed } from './groups.queries.js';

/** What came of pinning: the groups that are pinned now, and what an operator must know. */
export interface PinnedGroups {
  readonly pinned: readonly { readonly settingName: string; readonly groupId: string }[];
  readonly warnings: readonly string[];
}

/**
 * Makes the pins follow ADMIN_GROUPS, in this transaction: names seen first are pinned, those that left the setting are
 * dropped; each with its event and its place in the change log. A name that now belongs to another group than it was ever
 * pinned to is a warning. It is for a start, whose setting is the one that an operator wrote last.
 * Without groups in the copy there is nothing to pin yet: call it again after a synchronisation.
 */
export async function pinAdministratorGroups(
  tx: Transaction,
  settingNames: readonly string[],
): Promise<PinnedGroups> {
  return pin(tx, settingNames, { anew: false, drops: true });
}

/**
 * Pins the names of ADMIN_GROUPS that have no pin, in this transaction, and drops none: what a synchronisation does, which
 * may be that of an instance with an older setting than others that run.
 */
export async function pinMissingAdministratorGroups(
  tx: Transaction,
  settingNames: readonly string[],
): Promise<PinnedGroups> {
  return pin(tx, settingNames, { anew: false, drops: false });
}

/** As `pinAdministratorGroups`, and a name that now belongs to another group is pinned to that one: `npm run admin-groups:pin`. */
export async function repinAdministratorGroups(
  tx: Transaction,
  settingNames: readonly string[],
): Promise<PinnedGroups> {
  return pin(tx, settingNames, { anew: true, drops: true });
}

/**
 * What an operator must know of ADMIN_GROUPS now: names that lead nowhere, groups without an enabled member. Nothing is
 * changed. It names groups of the setting and no person.
 */
export async function administratorGroupWarnings(
  tx: Transaction,
  settingNames: readonly string[],
): Promise<readonly string[]> {
  const { warnings } = await plan(tx, settingNames, { anew: false, drops: false });
  return [...memberWarnings(settingNames, await readPins(tx)), ...warnings];
}

/** Whether ADMIN_GROUPS makes at least one enabled user an administrator now; true where it names nothing. */
export async function hasAdministrators(tx: Transaction, settingNames: readonly string[]): Promise<boolean> {
  return isAnybodyThere(settingNames, await readPins(tx));
}

async function pin(tx: Transaction, settingNames: readonly string[], how: Pinning): Promise<PinnedGroups> {
  await lockFor(tx, 'administrator-groups');
  const { toPin, toDrop, warnings } = await plan(tx, settingNames, how);
  for (const { settingName, group } of toPin) {
    const [before] = await rows<{ groupId: string }>(
      tx,
      `SELECT group_id AS "groupId" FROM administrator_groups WHERE setting_name = $1`,
      [settingName],
    );
    await rows(
      tx,
      `INSERT INTO administrator_groups (setting_name, group_id) VALUES ($1, $2)
       ON CONFLICT (setting_name) DO UPDATE SET group_id = excluded.group_id, pinned_at = clock_timestamp()`,
      [settingName, group.id],
    );
    await rows(tx, 'DELETE FROM dropped_administrator_groups WHERE setting_name = $1', [settingName]);
    await note(tx, group, { settingName, pinned: true, groupIdBefore: before?.groupId ?? null });
    if (before) await recordChange(tx, 'group', [before.groupId]);
  }
  for (const { settingName, group } of toDrop) {
    await drop(tx, settingName);
    await note(tx, group, { settingName, pinned: false });
  }
  const pinned = (await readPins(tx)).map(({ settingName, group }) => ({ settingName, groupId: group.id }));
  return { pinned, warnings };
}

// Remembered: should the name be named again, it must not mean whichever group bears it by then.
async function drop(tx: Transaction, settingName: string): Promise<void> {
  await rows(
    tx,
    `WITH dropped AS (DELETE FROM administrator_groups WHERE setting_name = $1 RETURNING setting_name, group_id)
     INSERT INTO dropped_administrator_groups (setting_name, group_id) SELECT setting_name, group_id FROM dropped
     ON CONFLICT (setting_name) DO UPDATE SET group_id = excluded.group_id, dropped_at = clock_timestamp()`,
    [settingName],
  );
}

async function plan(tx: Transaction, settingNames: readonly string[], how: Pinning): Promise<PinPlan> {
  const live = new Map<string, readonly NamedEntry[]>();
  for (const settingName of settingNames) live.set(settingName, await liveGroupsMeant(tx, settingName));
  const known = { pins: await readPins(tx), dropped: await readDroppedPins(tx) };
  return planPins(settingNames, known, live, how);
}

async function liveGroupsMeant(tx: Transaction, settingName: string): Promise<readonly NamedEntry[]> {
  const id = pinnedId(settingName);
  if (id === undefined) return liveGroupsNamed(tx, settingName);
  if (!isIdentifier(id)) return [];
  const group = (await groupsByIds(tx, [id])).get(id);
  return group?.state === 'ACTIVE' ? [group] : [];
}

async function readPins(tx: Transaction): Promise<ManagedPin[]> {
  const found = await rows<{
    settingName: string;
    hasEnabledMember: boolean;
    id: string;
    name: string;
    isLive: boolean;
  }>(
    tx,
    `SELECT a.setting_name AS "settingName", g.id, g.name, g.state = 'ACTIVE' AS "isLive", EXISTS (
       SELECT FROM group_members m JOIN users u ON u.id = m.user_id
       WHERE m.group_id = g.id AND u.state = 'ACTIVE') AS "hasEnabledMember"
     FROM administrator_groups a JOIN groups g ON g.id = a.group_id ORDER BY a.setting_name`,
  );
  return found.map(({ settingName, hasEnabledMember, ...group }) => ({
    settingName,
    hasEnabledMember,
    group,
  }));
}

async function readDroppedPins(tx: Transaction): Promise<Pin[]> {
  const found = await rows<{ settingName: string; id: string; name: string; isLive: boolean }>(
    tx,
    `SELECT d.setting_name AS "settingName", g.id, g.name, g.state = 'ACTIVE' AS "isLive"
     FROM dropped_administrator_groups d JOIN groups g ON g.id = d.group_id ORDER BY d.setting_name`,
  );
  return found.map(({ settingName, ...group }) => ({ settingName, group }));
}

async function note(
  tx: Transaction,
  { id, name }: NamedEntry,
  details: { settingName: string; pinned: boolean; groupIdBefore?: string | null },
): Promise<void> {
  await recordChange(tx, 'group', [id]);
  await record(tx, {
    action: 'admin-groups.pinned',
    by: SYSTEM,
    target: { type: 'group', id, name },
    details,
  });
}
