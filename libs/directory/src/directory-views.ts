import { Injectable } from '@nestjs/common';
import { AlikeLists, toConnection } from '@tokenwarden/api';
import type { Batch, Connection, ForwardPageArgs, Loaders, Page } from '@tokenwarden/api';
import { Database, rows } from '@tokenwarden/database';
import { isIdentifier, type Caller, type Scope } from '@tokenwarden/vocabulary';
import type { GroupEntity } from './group.entity.js';
import { toGroup, type Group } from './group.type.js';
import { grantsByGroup, groupsByIds, groupsOfUsers } from './groups.queries.js';
import { countMembersOfEach, keyOfGroups, membersOnPageOfEach } from './member-lists.queries.js';
import type { UserEntity } from './user.entity.js';
import { toUser, type User } from './user.type.js';
import { permissionsOfUsers, usersByIds } from './users.queries.js';
import {
  isOneself,
  readsDirectory,
  seesGroup,
  seesMembers,
  viewInLists,
  viewOfUser,
  type UserView,
} from './visibility.rules.js';

/** Users and groups as one caller sees them, read in batches; what it may not see is null, like what is not there. */
@Injectable()
export class DirectoryViews {
  constructor(private readonly database: Database) {}

  private readonly users: Batch<string, UserEntity> = (ids) =>
    this.database.read((tx) => usersByIds(tx, ids));
  private readonly groups: Batch<string, GroupEntity> = (ids) =>
    this.database.read((tx) => groupsByIds(tx, ids));
  private readonly grants: Batch<string, Scope[]> = (ids) =>
    this.database.read((tx) => grantsByGroup(tx, ids));
  private readonly groupsOf: Batch<string, GroupEntity[]> = (ids) =>
    this.database.read((tx) => groupsOfUsers(tx, ids));
  private readonly permissionsOf: Batch<string, Scope[]> = (ids) =>
    this.database.read((tx) => permissionsOfUsers(tx, ids));
  private readonly members = new AlikeLists<UserEntity>();
  // One batch for each caller: loaders tell batches apart by identity.
  private readonly sharing = new WeakMap<Caller, Batch<string, true>>();

  /** The user with this id as the caller sees them, REMOVED ones with `directory:read`; null for whom it does not see. */
  async visibleUser(caller: Caller, id: string, loaders: Loaders): Promise<User | null> {
    if (!isIdentifier(id)) return null;
    const view = await this.viewOf(caller, id, loaders);
    const user = view && (await loaders.load(this.users, id));
    return user ? toUser(user, view) : null;
  }

  /** The user at least by id, names and state: for whom something shows that the caller sees. Null where there is none. */
  async namedUser(caller: Caller, id: string, loaders: Loaders): Promise<User | null> {
    const user = isIdentifier(id) ? await loaders.load(this.users, id) : undefined;
    return user ? toUser(user, (await this.viewOf(caller, id, loaders)) ?? 'named') : null;
  }

  /** The group with this id as the caller sees it, REMOVED ones with `directory:read`; null for what it does not see. */
  async visibleGroup(caller: Caller, id: string, loaders: Loaders): Promise<Group | null> {
    const group = isIdentifier(id) ? await loaders.load(this.groups, id) : undefined;
    return group && seesGroup(caller, group) ? toGroup(group) : null;
  }

  /** The live groups of a user whom the caller sees wholly; of anybody else none. */
  async groupsOfUser(user: User, loaders: Loaders): Promise<Group[]> {
    if (user.view !== 'whole') return [];
    return ((await loaders.load(this.groupsOf, user.id)) ?? []).map(toGroup);
  }

  /** The permissions of a user whom the caller sees wholly; of anybody else none. */
  async permissionsOfUser(user: User, loaders: Loaders): Promise<Scope[]> {
    return user.view === 'whole' ? ((await loaders.load(this.permissionsOf, user.id)) ?? []) : [];
  }

  /** What the group grants, sorted: what was set, and `*:*` where it is inherent. */
  async grantsOfGroup(group: Group, loaders: Loaders): Promise<Scope[]> {
    return (await loaders.load(this.grants, group.id)) ?? [];
  }

  /**
   * A page, by username, of the members of any of these groups, as far as the caller sees them: with as much of each as
   * the list of users shows. The same page below many parents takes one statement.
   * @param page what `args` ask for, by `pageOf` with `BY_NAME`
   */
  async membersOf(
    caller: Caller,
    groupIds: readonly string[],
    args: ForwardPageArgs,
    page: Page,
    loaders: Loaders,
  ): Promise<Connection<User>> {
    const { pages, counts } = this.members.with(loaders, args, () => ({
      pages: (keys) => this.database.read((tx) => membersOnPageOfEach(tx, keys, page)),
      counts: (keys) => this.database.read((tx) => countMembersOfEach(tx, keys)),
    }));
    const key = keyOfGroups(groupIds.filter((id) => seesMembers(caller, id)));
    const found = key === '' ? [] : ((await loaders.load(pages, key)) ?? []);
    return toConnection(
      page,
      found.map((user) => toUser(user, viewInLists(caller, user.id))),
      ({ username, id }) => [username, id],
      async () => (key === '' ? 0 : ((await loaders.load(counts, key)) ?? 0)),
    );
  }

  private async viewOf(caller: Caller, id: string, loaders: Loaders): Promise<UserView | undefined> {
    const isSettled = readsDirectory(caller) || isOneself(caller, id) || caller.carrier !== 'session';
    const sharesGroup = !isSettled && (await loaders.load(this.sharingWith(caller), id)) === true;
    return viewOfUser(caller, id, sharesGroup);
  }

  private sharingWith(caller: Caller): Batch<string, true> {
    const known = this.sharing.get(caller);
    if (known) return known;
    const batch: Batch<string, true> = async (ids) => {
      const found = await this.database.read((tx) =>
        rows<{ id: string }>(
          tx,
          'SELECT DISTINCT user_id AS id FROM group_members WHERE group_id = ANY($1::uuid[]) AND user_id = ANY($2::uuid[])',
          [caller.groupIds, ids],
        ),
      );
      return new Map(found.map(({ id }) => [id, true]));
    };
    this.sharing.set(caller, batch);
    return batch;
  }
}
