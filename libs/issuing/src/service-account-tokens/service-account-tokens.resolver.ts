import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { CurrentCaller } from '@tokenwarden/api';
import type { Caller } from '@tokenwarden/vocabulary';
import { CreateTokenPayload, toCreateTokenPayload } from '../create-token.payload.js';
import { IssuingService } from '../issuing.service.js';
import { CreateServiceAccountTokenInput } from './create-service-account-token.input.js';

/** Creating service-account tokens by GraphQL. */
@Resolver()
export class ServiceAccountTokensResolver {
  constructor(private readonly issuing: IssuingService) {}

  @Mutation(() => CreateTokenPayload, {
    description:
      "The token acts as the service account. Only members of the account's groups may; its value is in this reply only.",
  })
  async createServiceAccountToken(
    @Args('input') input: CreateServiceAccountTokenInput,
    @CurrentCaller() caller: Caller,
  ): Promise<CreateTokenPayload> {
    const { serviceAccountId, ...asked } = input;
    return toCreateTokenPayload(await this.issuing.issueServiceAccountToken(caller, serviceAccountId, asked));
  }
}
