import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentCaller, RequestLoaders } from '@tokenwarden/api';
import type { Connection, Loaders } from '@tokenwarden/api';
import { AccessToken } from '@tokenwarden/tokens';
import type { Caller } from '@tokenwarden/vocabulary';
import { BulkRevokeService } from '../bulk-revocation/bulk-revoke.service.js';
import { RevokeTokensInput, RevokeTokensPayload } from '../bulk-revocation/bulk-revoke.types.js';
import { AccessTokenConnection, TokenListArgs } from '../token-lists/token-list.types.js';
import {
  RevokeTokenInput,
  TokenIdInput,
  TokenPayload,
  UpdateTokenInput,
} from '../token-operations/token-operations.types.js';
import { TokenOperationsService } from '../token-operations/token-operations.service.js';
import { TokenViews } from './token-views.js';

/** Tokens: to find, to rename, to stop. */
@Resolver(() => AccessToken)
export class TokensResolver {
  constructor(
    private readonly views: TokenViews,
    private readonly operations: TokenOperationsService,
    private readonly bulk: BulkRevokeService,
  ) {}

  @Query(() => AccessTokenConnection, {
    description:
      'The tokens that the caller may see: their own, those of the service accounts of their groups, with tokens:read all.',
  })
  tokens(
    @Args() args: TokenListArgs,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Connection<AccessToken>> {
    return this.views.list(caller, args, loaders);
  }

  @Query(() => AccessToken, {
    nullable: true,
    description: 'Null where the caller sees no token of this id.',
  })
  token(
    @Args('id', { type: () => ID }) id: string,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<AccessToken | null> {
    return this.views.visibleToken(caller, id, loaders);
  }

  @Mutation(() => TokenPayload, {
    description: 'Name and description; for its owner, or the members of its account.',
  })
  updateToken(
    @Args('input') input: UpdateTokenInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<TokenPayload> {
    return payloadOf(this.operations.update(caller, input), loaders);
  }

  @Mutation(() => TokenPayload, { description: 'For good: from this answer on it resolves nowhere.' })
  revokeToken(
    @Args('input') input: RevokeTokenInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<TokenPayload> {
    return payloadOf(this.operations.revoke(caller, input), loaders);
  }

  @Mutation(() => RevokeTokensPayload, {
    description: 'Many at once, whosever they are: from this answer on none of them resolves.',
  })
  async revokeTokens(
    @Args('input') input: RevokeTokensInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<RevokeTokensPayload> {
    const payload = await this.bulk.revoke(caller, input);
    loaders.forget();
    return payload;
  }

  @Mutation(() => TokenPayload, { description: 'Until it is resumed; its end does not move.' })
  suspendToken(
    @Args('input') input: TokenIdInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<TokenPayload> {
    return payloadOf(this.operations.suspend(caller, input), loaders);
  }

  @Mutation(() => TokenPayload, { description: 'Lifts a suspension, once the principal is active.' })
  resumeToken(
    @Args('input') input: TokenIdInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<TokenPayload> {
    return payloadOf(this.operations.resume(caller, input), loaders);
  }
}

// What the request has read before is older than what it just changed.
async function payloadOf(changed: Promise<AccessToken>, loaders: Loaders): Promise<TokenPayload> {
  const token = await changed;
  loaders.forget();
  return { token };
}
