import { inBatches, rows, type Transaction } from '@tokenwarden/database';
import { canonicalName, foldedForSearch } from '@tokenwarden/vocabulary';
import type {
  AnsweredDirectory,
  CopiedGroup,
  CopiedUser,
  DirectoryCopy,
  DirectoryUser,
  GroupChange,
} from './directory-changes.rules.js';
import type { Slices } from './slices.js';

// The most rows of one statement: large enough to be quick, small enough to keep nobody waiting who is to be answered.
const BATCH = 1_000;

const COPIED_USER = `id, username, display_name AS "displayName", email, state, last_sign_in_at AS "lastSignInAt"`;

// A page from the key on that the one before ended with; the first from nothing on.
const USERS_BY_ID = `SELECT ${COPIED_USER} FROM users WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2`;
const MEMBERSHIPS = `SELECT group_id AS "groupId", user_id AS "userId" FROM group_members
  WHERE $1::uuid IS NULL OR (group_id, user_id) > ($1, $2::uuid) ORDER BY group_id, user_id LIMIT $3`;

/**
 * The whole copy, removed users and groups included; users in the order of their ids. It is compared with an answer that
 * says nearly the same, so what both have in common is kept once. It is read in pages, so that a whole company is never
 * there twice.
 */
export async function readCopy(
  tx: Transaction,
  answer: Pick<AnsweredDirectory, 'users'>,
  slices: Slices,
): Promise<DirectoryCopy> {
  const entries = new Map<string, DirectoryUser>();
  for (const entry of answer.users) {
    entries.set(entry.id, entry);
    await slices.rest();
  }
  const users: CopiedUser[] = [];
  for await (const page of pagesOf<CopiedUser>(tx, USERS_BY_ID, [null], ({ id }) => [id])) {
    for (const user of page) users.push(sharingTexts(user, entries.get(user.id)));
  }
  const idsOfOthers = new Map(users.filter(({ id }) => !entries.has(id)).map(({ id }) => [id, id]));
  const groups = await rows<Omit<CopiedGroup, 'memberIds'>>(tx, 'SELECT id, name, state FROM groups');
  const members = new Map<string, string[]>(groups.map(({ id }) => [id, []]));
  const memberships = pagesOf<Membership>(tx, MEMBERSHIPS, [null, null], (last) => [
    last.groupId,
    last.userId,
  ]);
  for await (const page of memberships) {
    for (const { groupId, userId } of page) {
      members.get(groupId)?.push(entries.get(userId)?.id ?? idsOfOthers.get(userId) ?? userId);
    }
  }
  return { users, groups: groups.map((group) => ({ ...group, memberIds: members.get(group.id) ?? [] })) };
}

function sharingTexts(user: CopiedUser, entry: DirectoryUser | undefined): CopiedUser {
  if (!entry) return user;
  const { username, displayName, email } = entry;
  return {
    ...user,
    id: entry.id,
    ...(user.username === username && { username }),
    ...(user.displayName === displayName && { displayName }),
    ...(user.email === email && { email }),
  };
}

/** Whether a whole answer has ever been applied: before that there is no copy to go on with, whoever stands in it. */
export async function hasWholeCopy(tx: Transaction): Promise<boolean> {
  return (await rows(tx, 'SELECT FROM directory_copy')).length > 0;
}

/** Notes that a whole answer is applied, now. */
export async function noteWholeCopy(tx: Transaction): Promise<void> {
  await rows(
    tx,
    `INSERT INTO directory_copy (is_whole) VALUES (true)
     ON CONFLICT (is_whole) DO UPDATE SET applied_at = clock_timestamp()`,
  );
}

/** When the last whole answer was applied: all of it had been read by then. Undefined before the first. */
export async function lastAnswerAppliedAt(tx: Transaction): Promise<Date | undefined> {
  const [copy] = await rows<{ appliedAt: Date }>(tx, 'SELECT applied_at AS "appliedAt" FROM directory_copy');
  return copy?.appliedAt;
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
 * @param userIds sorted
 */
export async function holdForChange(
  tx: Transaction,
  userIds: Iterable<string>,
  groupIds: readonly string[],
): Promise<void> {
  await hold(tx, 'users', userIds);
  await hold(tx, 'groups', [...groupIds].sort());
}

async function hold(tx: Transaction, table: 'users' | 'groups', sortedIds: Iterable<string>): Promise<void> {
  for (const batch of inBatches(sortedIds, BATCH)) {
    const sql = `SELECT FROM ${table} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
    await rows(tx, sql, [batch]);
  }
}

/** Writes users as the directory says they are. Whoever stops being ACTIVE by it loses all sessions for good. */
export async function writeUsers(tx: Transaction, entries: Iterable<DirectoryUser>): Promise<void> {
  for (const batch of inBatches(entries, BATCH)) {
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
  for (const batch of inBatches(ids, BATCH)) {
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
  for (const batch of inBatches(groups, BATCH)) {
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
  for (const batch of inBatches(ids, BATCH)) {
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
export async function addMemberships(tx: Transaction, memberships: Iterable<Membership>): Promise<void> {
  for (const batch of inBatches(memberships, BATCH)) {
    await rows(
      tx,
      `INSERT INTO group_members (group_id, user_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING`,
      [batch.map(({ groupId }) => groupId), batch.map(({ userId }) => userId)],
    );
  }
}

/** Removes memberships, each named by both its ids. */
export async function removeMemberships(tx: Transaction, memberships: Iterable<Membership>): Promise<void> {
  for (const batch of inBatches(memberships, BATCH)) {
    await rows(
      tx,
      `DELETE FROM group_members m USING unnest($1::uuid[], $2::uuid[]) AS gone (group_id, user_id)
       WHERE m.group_id = gone.group_id AND m.user_id = gone.user_id`,
      [batch.map(({ groupId }) => groupId), batch.map(({ userId }) => userId)],
    );
  }
}

/**
 * Tells Postgres how large the copy has become. It finds out by itself about a minute later, and until then it plans as
 * if the tables were as small as before: a look at one group's members read all of everybody's.
 */
export async function noteSizes(tx: Transaction): Promise<void> {
  for (const table of ['users', 'groups', 'group_members']) await rows(tx, `ANALYZE ${table}`);
}

/** Notes that the user signed in, by an entry that was read from this moment on; who may not sign in has not. */
export async function noteSignIn(tx: Transaction, userId: string, readFrom: Date): Promise<void> {
  await rows(
    tx,
    `UPDATE users SET last_sign_in_at = greatest(last_sign_in_at, $2) WHERE id = $1 AND state = 'ACTIVE'`,
    [userId, readFrom],
  );
}

/** Rows in pages of a batch, each from the key on that the one before ended with. */
async function* pagesOf<T>(
  tx: Transaction,
  sql: string,
  beforeAll: readonly null[],
  keyOf: (last: T) => readonly string[],
): AsyncGenerator<readonly T[]> {
  let key: readonly (string | null)[] = beforeAll;
  for (;;) {
    const page = await rows<T>(tx, sql, [...key, BATCH]);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < BATCH) return;
    key = keyOf(last);
  }
}
