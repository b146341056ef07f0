import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentCaller, RequestLoaders } from '@tokenwarden/api';
import type { Loaders } from '@tokenwarden/api';
import { DirectoryViews, User } from '@tokenwarden/directory';
import { ServiceAccount, ServiceAccountViews } from '@tokenwarden/service-accounts';
import { AccessToken } from '@tokenwarden/tokens';
import type { Caller } from '@tokenwarden/vocabulary';
import { TokenViews } from '../token-views/token-views.js';
import { Viewer } from './viewer.type.js';

/** Who asks. */
@Resolver(() => Viewer)
export class ViewerResolver {
  constructor(
    private readonly users: DirectoryViews,
    private readonly accounts: ServiceAccountViews,
    private readonly tokens: TokenViews,
  ) {}

  @Query(() => Viewer)
  viewer(@CurrentCaller() caller: Caller): Viewer {
    return Object.assign(new Viewer(), {
      permissions: [...caller.permissions].sort(),
      expiresAt: caller.endsAt,
    });
  }

  @ResolveField(() => User, { nullable: true })
  async user(@CurrentCaller() caller: Caller, @RequestLoaders() loaders: Loaders): Promise<User | null> {
    const { kind, id } = caller.principal;
    return kind === 'USER' ? this.users.visibleUser(caller, id, loaders) : null;
  }

  @ResolveField(() => ServiceAccount, { nullable: true })
  async serviceAccount(
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccount | null> {
    const { kind, id } = caller.principal;
    return kind === 'SERVICE_ACCOUNT' ? this.accounts.visibleAccount(caller, id, loaders) : null;
  }

  @ResolveField(() => AccessToken, {
    nullable: true,
    description: 'The token this request was made with; null in a session.',
  })
  async token(
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<AccessToken | null> {
    return caller.tokenId === null ? null : this.tokens.visibleToken(caller, caller.tokenId, loaders);
  }
}
