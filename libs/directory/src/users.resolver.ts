import { Args, ArgsType, Field, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  CurrentCaller,
  ForwardPageArgs,
  IsText,
  MayBeLeftOut,
  pageOf,
  RequestLoaders,
  toConnection,
} from '@tokenwarden/api';
import type { Connection, Loaders } from '@tokenwarden/api';
import { Actor } from '@tokenwarden/audit';
import { Database } from '@tokenwarden/database';
import { TEXT_LIMITS } from '@tokenwarden/vocabulary';
import type { Caller } from '@tokenwarden/vocabulary';
import { DirectoryViews } from './directory-views.js';
import { Group } from './group.type.js';
import { BY_NAME, countUsers, listUsers, type UserListFilter } from './lists.queries.js';
import { toUser, User, UserConnection } from './user.type.js';
import { readsDirectory, viewInLists } from './visibility.rules.js';

/** A page of a list by name, and what the name holds. */
@ArgsType()
export class NamedListArgs extends ForwardPageArgs {
  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.search })
  @Field(() => String, {
    nullable: true,
    description: 'Part of the name, whatever the case; % and _ are plain characters.',
  })
  search?: string | null;
}

/** Users, and what the directory knows of them. */
@Resolver(() => User)
export class UsersResolver {
  constructor(
    private readonly database: Database,
    private readonly views: DirectoryViews,
  ) {}

  @Query(() => UserConnection, {
    description:
      'The users that the caller sees, by username: with directory:read all, else those of its own groups.',
  })
  async users(@Args() args: NamedListArgs, @CurrentCaller() caller: Caller): Promise<Connection<User>> {
    const filter: UserListFilter = { search: args.search, ...seenBy(caller) };
    const page = pageOf(args, { list: 'users', search: args.search }, BY_NAME);
    const found = await this.database.read((tx) => listUsers(tx, filter, page));
    const users = found.map((user) => toUser(user, viewInLists(caller, user.id)));
    return toConnection(
      page,
      users,
      ({ username, id }) => [username, id],
      () => this.database.read((tx) => countUsers(tx, filter)),
    );
  }

  @ResolveField(() => [Group], { description: 'The live groups they are in, by name.' })
  groups(@Parent() user: User, @RequestLoaders() loaders: Loaders): Promise<Group[]> {
    return this.views.groupsOfUser(user, loaders);
  }

  @ResolveField(() => [String], {
    description: "The union of the grants of the user's groups, sorted, without what another one covers.",
  })
  permissions(@Parent() user: User, @RequestLoaders() loaders: Loaders): Promise<string[]> {
    return this.views.permissionsOfUser(user, loaders);
  }
}

/** What the directory knows of whoever did something. */
@Resolver(() => Actor)
export class ActorUserResolver {
  constructor(private readonly views: DirectoryViews) {}

  @ResolveField(() => User, {
    nullable: true,
    description: 'Null where it was none, or one that the caller may not see.',
  })
  async user(
    @Parent() actor: Actor,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<User | null> {
    return actor.kind === 'USER' && actor.id !== null
      ? this.views.visibleUser(caller, actor.id, loaders)
      : null;
  }
}

function seenBy(caller: Caller): Pick<UserListFilter, 'ids' | 'inGroups'> {
  if (readsDirectory(caller)) return {};
  return {
    ids: caller.principal.kind === 'USER' ? [caller.principal.id] : [],
    inGroups: caller.carrier === 'session' ? caller.groupIds : [],
  };
}
