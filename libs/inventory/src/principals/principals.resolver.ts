import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentCaller, RequestLoaders } from '@tokenwarden/api';
import type { Connection, Loaders } from '@tokenwarden/api';
import { DirectoryViews, User } from '@tokenwarden/directory';
import { ServiceAccount, ServiceAccountViews } from '@tokenwarden/service-accounts';
import { ServiceAccountToken, UserToken } from '@tokenwarden/tokens';
import type { AccessToken } from '@tokenwarden/tokens';
import type { Caller } from '@tokenwarden/vocabulary';
import { AccessTokenConnection, TokenListArgs } from '../token-lists/token-list.types.js';
import { TokenViews } from '../token-views/token-views.js';

/** The tokens of a user, as far as the caller sees them. */
@Resolver(() => User)
export class TokensOfUserResolver {
  constructor(private readonly views: TokenViews) {}

  @ResolveField(() => AccessTokenConnection, { description: 'Those that the caller may see.' })
  tokens(
    @Parent() user: User,
    @Args() args: TokenListArgs,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Connection<AccessToken>> {
    return this.views.listOf(caller, user.id, args, loaders);
  }
}

/** The tokens of a service account, as far as the caller sees them. */
@Resolver(() => ServiceAccount)
export class TokensOfServiceAccountResolver {
  constructor(private readonly views: TokenViews) {}

  @ResolveField(() => AccessTokenConnection, { description: 'Those that the caller may see.' })
  tokens(
    @Parent() account: ServiceAccount,
    @Args() args: TokenListArgs,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Connection<AccessToken>> {
    return this.views.listOf(caller, account.id, args, loaders);
  }
}

/** Whose a user token is. */
@Resolver(() => UserToken)
export class OwnerResolver {
  constructor(private readonly users: DirectoryViews) {}

  // Whoever sees a token sees its owner's id, names and state.
  @ResolveField(() => User)
  async owner(
    @Parent() { record }: UserToken,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<User> {
    const owner = await this.users.namedUser(caller, record.principalId, loaders);
    if (!owner) throw new Error('A user token has no user.');
    return owner;
  }
}

/** Whose a service-account token is. */
@Resolver(() => ServiceAccountToken)
export class ServiceAccountOfTokenResolver {
  constructor(private readonly accounts: ServiceAccountViews) {}

  @ResolveField(() => ServiceAccount)
  async serviceAccount(
    @Parent() { record }: ServiceAccountToken,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccount> {
    const account = await this.accounts.namedAccount(caller, record.principalId, loaders);
    if (!account) throw new Error('A service-account token has no service account.');
    return account;
  }
}
