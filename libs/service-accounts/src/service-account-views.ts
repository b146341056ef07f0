import { Injectable } from '@nestjs/common';
import type { Batch, Connection, ForwardPageArgs, Loaders, Page, PageArgs } from '@tokenwarden/api';
import { AlikeLists, pageOf, toConnection } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { BY_NAME, DirectoryViews, type Group, type User } from '@tokenwarden/directory';
import { isIdentifier, type Caller, type Scope } from '@tokenwarden/vocabulary';
import { isWithin, reachOf } from './account-visibility.rules.js';
import {
  accountsOnPageOfEach,
  countAccounts,
  countAccountsOfEach,
  listAccounts,
} from './account-lists.queries.js';
import {
  accountsByIds,
  groupIdsOfAccounts,
  permissionsOfAccounts,
  type AccountRecord,
} from './accounts.queries.js';
import type { ServiceAccountFilter } from './service-account.inputs.js';
import { toServiceAccount, type ServiceAccount } from './service-account.types.js';

/** Service accounts as one caller sees them, read in batches; what it may not see is null or empty. */
@Injectable()
export class ServiceAccountViews {
  constructor(
    private readonly database: Database,
    private readonly directory: DirectoryViews,
  ) {}

  private readonly accounts: Batch<string, AccountRecord> = (ids) =>
    this.database.read((tx) => accountsByIds(tx, ids));
  private readonly links: Batch<string, string[]> = (ids) =>
    this.database.read((tx) => groupIdsOfAccounts(tx, ids));
  private readonly ofGroups = new AlikeLists<AccountRecord>();
  private readonly permissions: Batch<string, Scope[]> = (ids) =>
    this.database.read((tx) => permissionsOfAccounts(tx, ids));

  /** The account with this id; null for what the caller does not see, and for what is deleted. */
  async visibleAccount(caller: Caller, id: string, loaders: Loaders): Promise<ServiceAccount | null> {
    if (!isIdentifier(id)) return null;
    const account = await loaders.load(this.accounts, id);
    // Asked for one that is not there too: it takes as long as for one that is hidden.
    const isVisible = await this.isVisible(caller, id, loaders);
    return account?.deletedAt === null && isVisible ? toServiceAccount(account, 'whole') : null;
  }

  /** The account at least by id, name and state: for what shows something that the caller sees. Null where there is none. */
  async namedAccount(caller: Caller, id: string, loaders: Loaders): Promise<ServiceAccount | null> {
    const account = isIdentifier(id) ? await loaders.load(this.accounts, id) : undefined;
    if (!account) return null;
    const isWhole = account.deletedAt === null && (await this.isVisible(caller, id, loaders));
    return toServiceAccount(account, isWhole ? 'whole' : 'named');
  }

  /**
   * A page, by name, of the accounts that the caller sees.
   * @throws Problem `INVALID_INPUT` on an argument of the page
   */
  async list(
    caller: Caller,
    args: PageArgs,
    filter: ServiceAccountFilter,
    loaders: Loaders,
  ): Promise<Connection<ServiceAccount>> {
    const page = pageOf(args, { list: 'serviceAccounts', filter }, BY_NAME);
    const { groupId } = filter;
    // Who is linked to a group that the caller does not see cannot be found out by a filter either.
    const isOpaque = groupId !== undefined && !(await this.directory.visibleGroup(caller, groupId, loaders));
    const reach = isOpaque ? { isAll: false, ids: [], groupIds: [] } : reachOf(caller);
    const selection = { reach, states: filter.state, groupId, search: filter.search };
    const found = await this.database.read((tx) => listAccounts(tx, selection, page));
    return connectionFor(page, found, () => this.database.read((tx) => countAccounts(tx, selection)));
  }

  /**
   * A page, by name, of the accounts linked to a group that the caller was shown, as far as it sees them; the same page of
   * many groups takes one statement.
   * @throws Problem `INVALID_INPUT` on an argument of the page
   */
  async listOfGroup(
    caller: Caller,
    groupId: string,
    args: ForwardPageArgs,
    loaders: Loaders,
  ): Promise<Connection<ServiceAccount>> {
    const page = pageOf(args, { list: 'serviceAccounts', groupId }, BY_NAME);
    const reach = reachOf(caller);
    const { pages, counts } = this.ofGroups.with(loaders, args, () => ({
      pages: (ids) => this.database.read((tx) => accountsOnPageOfEach(tx, ids, reach, page)),
      counts: (ids) => this.database.read((tx) => countAccountsOfEach(tx, ids, reach)),
    }));
    const found = (await loaders.load(pages, groupId)) ?? [];
    return connectionFor(page, found, async () => (await loaders.load(counts, groupId)) ?? 0);
  }

  /** The groups that it is linked to, by name, as far as the caller sees them. */
  async groupsOf(caller: Caller, account: ServiceAccount, loaders: Loaders): Promise<Group[]> {
    const ids = await this.linked(account, loaders);
    const groups = await Promise.all(ids.map((id) => this.directory.visibleGroup(caller, id, loaders)));
    return groups
      .filter((group) => group !== null)
      .sort((a, b) => (a.name === b.name ? compare(a.id, b.id) : compare(a.name, b.name)));
  }

  /** What it may do now. */
  async permissionsOf(account: ServiceAccount, loaders: Loaders): Promise<Scope[]> {
    return account.view === 'whole' ? ((await loaders.load(this.permissions, account.id)) ?? []) : [];
  }

  /**
   * A page, by username, of the members of its groups, as far as the caller sees them.
   * @throws Problem `INVALID_INPUT` on an argument of the page
   */
  async membersOf(
    caller: Caller,
    account: ServiceAccount,
    args: ForwardPageArgs,
    loaders: Loaders,
  ): Promise<Connection<User>> {
    const page = pageOf(args, { list: 'members', account: account.id }, BY_NAME);
    return this.directory.membersOf(caller, await this.linked(account, loaders), args, page, loaders);
  }

  private async linked(account: ServiceAccount, loaders: Loaders): Promise<string[]> {
    return account.view === 'whole' ? ((await loaders.load(this.links, account.id)) ?? []) : [];
  }

  private async isVisible(caller: Caller, id: string, loaders: Loaders): Promise<boolean> {
    return isWithin(reachOf(caller), id, (await loaders.load(this.links, id)) ?? []);
  }
}

function connectionFor(
  page: Page,
  found: readonly AccountRecord[],
  count: () => Promise<number>,
): Connection<ServiceAccount> {
  const shown = found.map((account) => toServiceAccount(account, 'whole'));
  return toConnection(page, shown, ({ name, id }) => [name, id], count);
}

// By code point, as Postgres orders names: localeCompare would follow the machine's language.
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
