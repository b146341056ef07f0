import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentCaller, ForwardPageArgs, pageOf, RequestLoaders, toConnection } from '@tokenwarden/api';
import type { Connection, Loaders } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import type { Caller } from '@tokenwarden/vocabulary';
import { DirectoryViews } from './directory-views.js';
import { GrantsService } from './grants.service.js';
import { Group, GroupConnection, GroupPayload, SetGroupGrantsInput, toGroup } from './group.type.js';
import { BY_NAME, countGroups, listGroups } from './lists.queries.js';
import { UserConnection, type User } from './user.type.js';
import { NamedListArgs } from './users.resolver.js';
import { readsDirectory } from './visibility.rules.js';

/** Groups, who is in them and what they are granted. */
@Resolver(() => Group)
export class GroupsResolver {
  constructor(
    private readonly database: Database,
    private readonly views: DirectoryViews,
    private readonly grantsOf: GrantsService,
  ) {}

  @Query(() => GroupConnection, {
    description:
      "The groups that the caller sees, by name: with directory:read all, else its principal's own.",
  })
  async groups(@Args() args: NamedListArgs, @CurrentCaller() caller: Caller): Promise<Connection<Group>> {
    const filter = { search: args.search, ids: readsDirectory(caller) ? undefined : caller.groupIds };
    const page = pageOf(args, { list: 'groups', search: args.search }, BY_NAME);
    const found = await this.database.read((tx) => listGroups(tx, filter, page));
    return toConnection(
      page,
      found.map(toGroup),
      ({ name, id }) => [name, id],
      () => this.database.read((tx) => countGroups(tx, filter)),
    );
  }

  @Mutation(() => GroupPayload, {
    description:
      'Grants the group exactly these scopes. What is added the caller must hold itself, in this very call.',
  })
  async setGroupGrants(
    @Args('input') input: SetGroupGrantsInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<GroupPayload> {
    const group = await this.grantsOf.setGroupGrants(caller, input.groupId, input.grants);
    loaders.forget();
    return { group: toGroup(group) };
  }

  @ResolveField(() => [String], {
    description: 'What its members may do, sorted; "*:*" is inherent in ADMIN_GROUPS.',
  })
  grants(@Parent() group: Group, @RequestLoaders() loaders: Loaders): Promise<string[]> {
    return this.views.grantsOfGroup(group, loaders);
  }

  @ResolveField(() => UserConnection, { description: 'By username, those of nested groups included.' })
  members(
    @Parent() group: Group,
    @Args() args: ForwardPageArgs,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Connection<User>> {
    const page = pageOf(args, { list: 'members', group: group.id }, BY_NAME);
    return this.views.membersOf(caller, [group.id], args, page, loaders);
  }
}
