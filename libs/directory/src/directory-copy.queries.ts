import { rows, type Transaction } from '@tokenwarden/database';
import { canonicalName, foldedForSearch } from '@tokenwarden/vocabulary';
import type {
  CopiedGroup,
  CopiedUser,
  DirectoryCopy,
  DirectoryUser,
  GroupChange,
} from './directory-changes.rules.js';

// The most rows of one statement: large enough to be quick, small enough to end well before a statement may not.
const BATCH = 5_000;

const COPIED_USER = `id, username, display_name AS "displayName", email, state, last_sign_in_at AS "lastSignInAt"`;

/** The whole copy, removed users and groups included. */
export async function readCopy(tx: Transaction): Promise<DirectoryCopy> {
  const users = await rows<CopiedUser>(tx, `SELECT ${COPIED_USER} FROM users`);
  const groups = await rows<Omit<CopiedGroup, 'memberIds'>>(tx, 'SELECT id, name, state FROM groups');
  const members = await rows<{ groupId: string; userId: string }>(
    tx,
    'SELECT group_id AS "groupId", user_id AS "userId" FROM group_members',
  );
  const byGroup = new Map<string, string[]>(groups.map(({ id }) => [id, []]));
  for (const { groupId, userId } of members) byGroup.get(groupId)?.push(userId);
  return { users, groups: groups.map((group) => ({ ...group, memberIds: byGroup.get(group.id) ?? [] })) };
}

/** Whether a whole answer has ever been applied: before that there is no copy to go on with, whoever stands in it. */
export async function hasWholeCopy(tx: Transaction): Promise<boolean> {
  return (await rows(tx, 'SELECT FROM directory_copy')).length > 0;
}

/** Notes that a whole answer has been applied. */
export async function noteWholeCopy(tx: Transaction): Promise<void> {
  await rows(tx, 'INSERT INTO directory_copy (is_whole) VALUES (true) ON CONFLICT DO NOTHING');
}

/** One user of the copy. */
export async function readCopiedUser(tx: Transaction, id: string): Promise<CopiedUser | undefined> {
  return (await rows<CopiedUser>(tx, `SELECT ${COPIED_USER} FROM users WHERE id = $1`, [id]))[0];
}

/** Whether an id is that of a group of the copy. */
export async function isIdOfGroup(tx: Transaction, id: string): Promise<boolean> {
  return (await rows(tx, 'SELECT 1 FROM groups WHERE id = $1', [id])).length > 0;
}

/**
 * Holds users and groups for a change, in the order in which everybody does: who issues or grants by what they are now
 * does so before or after, and the events of both stand in that order.
 */
export async function holdForChange(
  tx: Transaction,
  userIds: readonly string[],
  groupIds: readonly string[],
): Promise<void> {
  for (const [table, ids] of [
    ['users', userIds],
    ['groups', groupIds],
  ] as const) {
    for (const batch of batches([...ids].sort())) {
      const sql = `SELECT FROM ${table} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
      await rows(tx, sql, [batch]);
    }
  }
}

/** Writes users as the directory says they are. Whoever stops being ACTIVE by it loses all sessions for good. */
export async function writeUsers(tx: Transaction, entries: readonly DirectoryUser[]): Promise<void> {
  for (const batch of batches(entries)) {
    const values = batch.map((entry) => ({
      id: entry.id,
      username: entry.username,
      canonical_username: canonicalName(entry.username),
      display_name: entry.displayName,
      email: entry.email,
      search_text: foldedForSearch(`${entry.username}\n${entry.displayName}`),
      state: entry.enabled ? 'ACTIVE' : 'DISABLED',
    }));
    await rows(
      tx,
      `INSERT INTO users (id, username, canonical_username, display_name, email, search_text, state)
       SELECT id, username, canonical_username, display_name, email, search_text, state
       FROM jsonb_to_recordset($1::jsonb) AS entry
         (id uuid, username text, canonical_username text, display_name text, email text, search_text text, state text)
       ORDER BY id
       ON CONFLICT (id) DO UPDATE SET username = excluded.username, canonical_username = excluded.canonical_username,
         display_name = excluded.display_name, email = excluded.email, search_text = excluded.search_text,
         state = excluded.state, removed_at = NULL,
         sessions_end_before = CASE WHEN excluded.state = 'DISABLED' AND users.state <> 'DISABLED'
           THEN clock_timestamp() ELSE users.sessions_end_before END`,
      [JSON.stringify(values)],
    );
  }
}

/** Marks users as gone; they keep their rows, so that what they did keeps its name and their id stays theirs. */
export async function markUsersRemoved(tx: Transaction, ids: readonly string[]): Promise<void> {
  for (const batch of batches(ids)) {
    await rows(
      tx,
      `UPDATE users SET state = 'REMOVED', removed_at = clock_timestamp(), sessions_end_before = clock_timestamp()
       WHERE id = ANY($1::uuid[]) AND state <> 'REMOVED'`,
      [batch],
    );
  }
}

/** Writes groups as live ones under their names; a group that is new has no grants. */
export async function writeGroups(tx: Transaction, groups: readonly GroupChange[]): Promise<void> {
  for (const batch of batches(groups)) {
    const values = batch.map(({ id, name }) => ({ id, name, search_text: foldedForSearch(name) }));
    await rows(
      tx,
      `INSERT INTO groups (id, name, search_text)
       SELECT id, name, search_text FROM jsonb_to_recordset($1::jsonb) AS entry (id uuid, name text, search_text text)
       ORDER BY id
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, search_text = excluded.search_text, state = 'ACTIVE',
         removed_at = NULL`,
      [JSON.stringify(values)],
    );
  }
}

/** Marks groups as gone. Their grants are kept for the case that they come back under their id, and count for nothing. */
export async function markGroupsRemoved(tx: Transaction, ids: readonly string[]): Promise<void> {
  for (const batch of batches(ids)) {
    await rows(
      tx,
      `UPDATE groups SET state = 'REMOVED', removed_at = clock_timestamp() WHERE id = ANY($1::uuid[]) AND state <> 'REMOVED'`,
      [batch],
    );
  }
}

/** That a user is in a group. */
export interface Membership {
  readonly groupId: string;
  readonly userId: string;
}

/** Writes memberships; those that are there already stay as they are. */
export async function addMemberships(tx: Transaction, memberships: readonly Membership[]): Promise<void> {
  for (const batch of batches(memberships)) {
    await rows(
      tx,
      `INSERT INTO group_members (group_id, user_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING`,
      [batch.map(({ groupId }) => groupId), batch.map(({ userId }) => userId)],
    );
  }
}

/** Removes memberships, each named by both its ids. */
export async function removeMemberships(tx: Transaction, memberships: readonly Membership[]): Promise<void> {
  for (const batch of batches(memberships)) {
    await rows(
      tx,
      `DELETE FROM group_members m USING unnest($1::uuid[], $2::uuid[]) AS gone (group_id, user_id)
       WHERE m.group_id = gone.group_id AND m.user_id = gone.user_id`,
      [batch.map(({ groupId }) => groupId), batch.map(({ userId }) => userId)],
    );
  }
}

/** Notes that the user has just signed in. */
export async function noteSignIn(tx: Transaction, userId: string): Promise<void> {
  await rows(tx, 'UPDATE users SET last_sign_in_at = clock_timestamp() WHERE id = $1', [userId]);
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}
