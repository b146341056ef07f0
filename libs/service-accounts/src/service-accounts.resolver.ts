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
import type { AccountRecord } from './accounts.queries.js';
import {
  CreateServiceAccountInput,
  ServiceAccountFilter,
  ServiceAccountIdInput,
} from './service-account.inputs.js';
import {
  DeleteServiceAccountPayload,
  ServiceAccount,
  ServiceAccountConnection,
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

/**
 * The account after a change by somebody who holds `service-accounts:write`, and so sees it wholly. What the request has
 * read before is older than what it just changed.
 */
export async function accountPayloadOf(
  changed: Promise<AccountRecord>,
  loaders: Loaders,
): Promise<ServiceAccountPayload> {
  const account = await changed;
  loaders.forget();
  return { serviceAccount: toServiceAccount(account, 'whole') };
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
  createServiceAccount(
    @Args('input') input: CreateServiceAccountInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccountPayload> {
    return accountPayloadOf(this.service.create(caller, input), loaders);
  }

  @Mutation(() => ServiceAccountPayload, {
    description: 'Its tokens stop resolving until it is resumed; they themselves stay as they are.',
  })
  suspendServiceAccount(
    @Args('input') input: ServiceAccountIdInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccountPayload> {
    return accountPayloadOf(this.service.suspend(caller, input), loaders);
  }

  @Mutation(() => ServiceAccountPayload, {
    description: 'Lifts a suspension; an account whose groups are gone is ORPHANED then.',
  })
  resumeServiceAccount(
    @Args('input') input: ServiceAccountIdInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccountPayload> {
    return accountPayloadOf(this.service.resume(caller, input), loaders);
  }

  @Mutation(() => DeleteServiceAccountPayload, {
    description: 'Revokes its tokens; the audit trail keeps its name, which is free again.',
  })
  async deleteServiceAccount(
    @Args('input') input: ServiceAccountIdInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<DeleteServiceAccountPayload> {
    const revokedTokens = await this.service.delete(caller, input);
    loaders.forget();
    return { id: input.id, revokedTokens };
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
    @RequestLoaders() loaders: Loaders,
  ): Promise<Connection<ServiceAccount>> {
    return this.views.listOfGroup(caller, group.id, args, loaders);
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
