import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { CurrentCaller } from '@tokenwarden/api';
import type { Caller } from '@tokenwarden/vocabulary';
import { CreateTokenPayload, toCreateTokenPayload } from '../create-token.payload.js';
import { IssuingService } from '../issuing.service.js';
import { CreateUserTokenInput } from './create-user-token.input.js';

/** Creating user tokens by GraphQL. */
@Resolver()
export class UserTokensResolver {
  constructor(private readonly issuing: IssuingService) {}

  @Mutation(() => CreateTokenPayload, {
    description: 'The token acts as the caller, who must be signed in; its value is in this reply only.',
  })
  async createUserToken(
    @Args('input') input: CreateUserTokenInput,
    @CurrentCaller() caller: Caller,
  ): Promise<CreateTokenPayload> {
    return toCreateTokenPayload(await this.issuing.issueUserToken(caller, input));
  }
}
