import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentCaller, RequestLoaders } from '@tokenwarden/api';
import type { Loaders } from '@tokenwarden/api';
import { AccessToken } from '@tokenwarden/tokens';
import type { Caller } from '@tokenwarden/vocabulary';
import { TokenViews } from './token-views.js';

/** What a token came from and became by rotation. */
@Resolver(() => AccessToken)
export class TokenLinksResolver {
  constructor(private readonly views: TokenViews) {}

  @ResolveField(() => AccessToken, { nullable: true, description: 'Null also once it is purged.' })
  predecessor(
    @Parent() token: AccessToken,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<AccessToken | null> {
    return this.views.predecessorOf(caller, token, loaders);
  }

  @ResolveField(() => AccessToken, { nullable: true, description: 'Null also once it is purged.' })
  successor(
    @Parent() token: AccessToken,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<AccessToken | null> {
    return this.views.successorOf(caller, token, loaders);
  }
}
