import { Args, ArgsType, Field, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  CurrentCaller,
  ForwardPageArgs,
  IsInput,
  MayBeLeftOut,
  PageArgs,
  RequestLoaders,
} from '@tokenwarden/api';
import type { Connection, Loaders } from '@tokenwarden/api';
import { Actor } from '@tokenwarden/audit';
import { Group, UserConnection } from '@tokenwarden/directory';
import type { User } from '@tokenwarden/directory';
import type { Caller } from '@tokenwarden/vocabulary';
import { ServiceAccountViews } from './service-account-views.js';
import {
  CreateServiceAccountInput,
  ServiceAccount,
  ServiceAccountConnection,
  ServiceAccountFilter,
  ServiceAccountPayload,
  toServiceAccount,
} from './service-account.types.js';
import { ServiceAccountsService } from './service-accounts.service.js';

/** A page of service accounts, and which. */
@ArgsType()
export class ServiceAccountListArgs extends PageArgs {
  @MayBeLeftOut()
  @IsInput(() => ServiceAccountFilter)
  @Field(() => ServiceAccountFilter, { nullable: true })
  filter?: ServiceAccountFilter;
}

/** Service accounts, and what their groups give them. */
@Resolver(() => ServiceAccount)
export class ServiceAccountsResolver {
  constructor(
    private readonly views: ServiceAccountViews,
    private readonly service: ServiceAccountsService,
  ) {}

  @Query(() => ServiceAccountConnection, {
    description: "By name: those of the caller's groups; with service-accounts:write or directory:read all.",
  })
  serviceAccounts(
    @Args() args: ServiceAccountListArgs,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Connection<ServiceAccount>> {
    return this.views.list(caller, args, args.filter ?? new ServiceAccountFilter(), loaders);
  }

  @Query(() => ServiceAccount, { nullable: true })
  serviceAccount(
    @Args('id', { type: () => ID }) id: string,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccount | null> {
    return this.views.visibleAccount(caller, id, loaders);
  }

  @Mutation(() => ServiceAccountPayload, {
    description: 'To link an account to a group is to grant: the caller must hold all that the groups grant.',
  })
  async createServiceAccount(
    @Args('input') input: CreateServiceAccountInput,
    @CurrentCaller() caller: Caller,
  ): Promise<ServiceAccountPayload> {
    return { serviceAccount: toServiceAccount(await this.service.create(caller, input), 'whole') };
  }

  @ResolveField(() => [Group], { description: 'By name; those that the caller sees.' })
  groups(
    @Parent() account: ServiceAccount,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Group[]> {
    return this.views.groupsOf(caller, account, loaders);
  }

  @ResolveField(() => [String], { description: 'The union of the grants of its live groups, sorted.' })
  permissions(@Parent() account: ServiceAccount, @RequestLoaders() loaders: Loaders): Promise<string[]> {
    return this.views.permissionsOf(account, loaders);
  }

  @ResolveField(() => UserConnection, {
    description: 'The people who may manage its tokens: the members of its groups.',
  })
  members(
    @Parent() account: ServiceAccount,
    @Args() args: ForwardPageArgs,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Connection<User>> {
    return this.views.membersOf(caller, account, args, loaders);
  }
}

/** The service accounts of a group. */
@Resolver(() => Group)
export class ServiceAccountsOfGroupResolver {
  constructor(private readonly views: ServiceAccountViews) {}

  @ResolveField(() => ServiceAccountConnection, { description: 'By name; those that the caller sees.' })
  serviceAccounts(
    @Parent() group: Group,
    @Args() args: ForwardPageArgs,
    @CurrentCaller() caller: Caller,
  ): Promise<Connection<ServiceAccount>> {
    return this.views.listOfGroup(caller, group.id, args);
  }
}

/** Which service account did something. */
@Resolver(() => Actor)
export class ActorServiceAccountResolver {
  constructor(private readonly views: ServiceAccountViews) {}

  @ResolveField(() => ServiceAccount, {
    nullable: true,
    description: 'Null where it was none, or one that the caller may not see.',
  })
  async serviceAccount(
    @Parent() actor: Actor,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccount | null> {
    if (actor.kind !== 'SERVICE_ACCOUNT' || actor.id === null) return null;
    return this.views.visibleAccount(caller, actor.id, loaders);
  }
}
