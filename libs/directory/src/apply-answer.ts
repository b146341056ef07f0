import { recordAll, type NewAuditEvent } from '@tokenwarden/audit';
import { lockFor, recordChange, type Transaction } from '@tokenwarden/database';
import { SYSTEM, type JsonObject } from '@tokenwarden/vocabulary';
import { whyBeyond, whyHeld, type NamedLosses, type Toll } from './brake.rules.js';
import { compareAnswer, type Comparison } from './compare-answer.js';
import { NotWhole, type WholeAnswer } from './directory-answer.js';
import {
  userChange,
  type CopiedUser,
  type DirectoryChanges,
  type DirectoryUser,
  type GroupChange,
  type UserChange,
} from './directory-changes.rules.js';
import {
  addMemberships,
  holdForChange,
  isIdOfGroup,
  lastAnswerAppliedAt,
  markGroupsRemoved,
  markUsersRemoved,
  noteSignIn,
  noteSizes,
  noteWholeCopy,
  readCopiedUser,
  removeMemberships,
  writeGroups,
  writeUsers,
  type Membership,
} from './directory-copy.queries.js';
import { takenIds } from './taken-ids.rules.js';

// Whoever compares the copy with the directory and writes the difference is alone with it.
const COPY_LOCK = 'directory-copy';
// So many at once may make other plans the better ones.
const MANY_CHANGES = 1_000;
// Events of a whole company are not made before the first of them is written.
const EVENTS_AT_ONCE = 500;

/** Thrown where the brake holds an answer (rule 12), before anything was written: the transaction can go on. */
export class HeldAnswer extends Error {
  override readonly name = 'HeldAnswer';

  /** What it would change, and what it would take away. */
  readonly changes: DirectoryChanges;
  readonly toll: Toll;

  constructor(
    { changes, toll }: Comparison,
    readonly reasons: readonly string[],
  ) {
    super(`The brake holds the answer of the directory. ${reasons.join(' ')}`);
    this.changes = changes;
    this.toll = toll;
  }
}

/**
 * Brings the copy to what a whole answer says, in this transaction: the difference, its events by SYSTEM, its places in
 * the change log. What follows for tokens and accounts is not done here; the changes say whom it concerns.
 * @param readFrom the database's time before the answer was read: what was learned later by a sign-in is newer
 * @param accepted the losses that an administrator accepted, in place of the brake: nothing beyond them is taken away
 * @throws HeldAnswer where it takes away too much, or more than was accepted; nothing was written
 * @throws NotWhole where the copy shows that the answer cannot be right; roll back
 */
export async function applyAnswer(
  tx: Transaction,
  answer: WholeAnswer,
  readFrom: Date,
  accepted?: NamedLosses,
): Promise<DirectoryChanges> {
  await lockFor(tx, COPY_LOCK);
  const { changes, toll } = await compareAnswer(tx, answer, readFrom);
  const reasons = accepted ? whyBeyond(toll.losses, accepted) : whyHeld(toll);
  if (reasons.length > 0) throw new HeldAnswer({ changes, toll }, reasons);
  await write(tx, changes);
  await noteWholeCopy(tx);
  if (changes.users.length + changes.groups.length >= MANY_CHANGES) await noteSizes(tx);
  await note(tx, changes);
  return changes;
}

async function write(tx: Transaction, { users, groups }: DirectoryChanges): Promise<void> {
  const removed = users.filter(({ action }) => action === 'removed');
  const removedGroups = groups.filter(({ action }) => action === 'removed');
  // Who only joins or leaves a group too: their row is what issuing holds while it reads what they may do.
  await holdForChange(
    tx,
    idsOf(users.filter(({ action }) => action !== 'created')),
    groups.map(({ id }) => id),
  );
  await writeGroups(
    tx,
    groups.filter(({ action }) => action !== 'removed'),
  );
  await markGroupsRemoved(
    tx,
    removedGroups.map(({ id }) => id),
  );
  await writeUsers(tx, entriesToWrite(users));
  await markUsersRemoved(
    tx,
    removed.map(({ id }) => id),
  );
  await removeMemberships(tx, membershipsOf(users, 'leftGroupIds'));
  await addMemberships(tx, membershipsOf(users, 'joinedGroupIds'));
}

/**
 * Brings one user of the copy to what their entry says now, and notes that they signed in. Group memberships are left
 * to the next whole answer. An entry that may be older than what the copy has changes nothing: whether the user is
 * there and ACTIVE is to be looked at after it.
 * @param readFrom the database's time before the entry was read
 * @throws NotWhole where the entry's id is that of another thing; roll back
 */
export async function applySignIn(
  tx: Transaction,
  entry: DirectoryUser,
  readFrom: Date,
): Promise<DirectoryChanges> {
  let changes: DirectoryChanges = { users: [], groups: [] };
  // Looked at without the lock first: nearly always nothing differs, and nobody has to wait for a sync to end.
  if (userChange(await readCopiedUser(tx, entry.id), entry)) {
    await lockFor(tx, COPY_LOCK);
    if (await isIdOfGroup(tx, entry.id)) throw new NotWhole(takenIds([entry.id], 'user', 'group'));
    const user = await readCopiedUser(tx, entry.id);
    const change = userChange(user, entry);
    if (change && !mayBeOlder(readFrom, user, await lastAnswerAppliedAt(tx))) {
      changes = { users: [change], groups: [] };
      await writeUsers(tx, [entry]);
      await note(tx, changes);
    }
  }
  await noteSignIn(tx, entry.id, readFrom);
  return changes;
}

// A sign-in may have waited long, for a synchronisation above all. Of a whole answer nobody knows when it read which entry,
// only that it had read them all when it was applied.
function mayBeOlder(readFrom: Date, user: CopiedUser | undefined, appliedAt: Date | undefined): boolean {
  return [appliedAt, user?.lastSignInAt].some((known) => known != null && readFrom < known);
}

async function note(tx: Transaction, { users, groups }: DirectoryChanges): Promise<void> {
  for (const [kind, changed] of [
    ['user', users],
    ['group', groups],
  ] as const) {
    // Nobody named would mean everybody.
    const ids = changed.map(({ id }) => id);
    if (ids.length > 0) await recordChange(tx, kind, ids);
  }
  await recordAll(tx, groups.map(groupEvent));
  for (let start = 0; start < users.length; start += EVENTS_AT_ONCE) {
    await recordAll(tx, users.slice(start, start + EVENTS_AT_ONCE).map(userEvent));
  }
}

function userEvent(change: UserChange): NewAuditEvent {
  const details: JsonObject = {
    ...(change.changedFacts.length > 0 && { changed: change.changedFacts }),
    ...(change.joinedGroupIds.length > 0 && { joinedGroupIds: change.joinedGroupIds }),
    ...(change.leftGroupIds.length > 0 && { leftGroupIds: change.leftGroupIds }),
    ...(change.action === 'created' && { enabled: change.entry?.enabled ?? false }),
  };
  return {
    action: `user.${change.action}`,
    by: SYSTEM,
    target: { type: 'user', id: change.id, name: change.username },
    details,
  };
}

function groupEvent({ action, id, name, nameBefore }: GroupChange): NewAuditEvent {
  const target = { type: 'group', id, name } as const;
  switch (action) {
    case 'renamed':
      return { action: 'group.renamed', by: SYSTEM, target, details: { nameBefore: nameBefore ?? null } };
    case 'removed':
      return { action: 'group.removed', by: SYSTEM, target };
    case 'created':
    case 'returned':
      return { action: 'group.created', by: SYSTEM, target, details: { returned: action === 'returned' } };
  }
}

// One by one, not as lists: of a whole company each of them is as large as the company.
function* idsOf(users: readonly UserChange[]): Generator<string> {
  for (const { id } of users) yield id;
}

function* entriesToWrite(users: readonly UserChange[]): Generator<DirectoryUser> {
  for (const { action, changedFacts, entry } of users) {
    if (entry && (action !== 'updated' || changedFacts.length > 0)) yield entry;
  }
}

function* membershipsOf(
  users: readonly UserChange[],
  kind: 'joinedGroupIds' | 'leftGroupIds',
): Generator<Membership> {
  for (const user of users) {
    for (const groupId of user[kind]) yield { groupId, userId: user.id };
  }
}
