import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { CurrentCaller, RequestLoaders } from '@tokenwarden/api';
import type { Loaders } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { currentPolicy } from '@tokenwarden/policy';
import {
  accountPayloadOf,
  ServiceAccountPayload,
  ServiceAccountsService,
  UpdateServiceAccountInput,
} from '@tokenwarden/service-accounts';
import type { Caller } from '@tokenwarden/vocabulary';

/** Updating a service account: how long an orphaned one can be brought back is for the policy to say. */
@Resolver()
export class AccountUpdateResolver {
  constructor(
    private readonly database: Database,
    private readonly accounts: ServiceAccountsService,
  ) {}

  @Mutation(() => ServiceAccountPayload, {
    description:
      'Name, description, groups. Linking an orphaned account to a live group brings it back within the grace.',
  })
  async updateServiceAccount(
    @Args('input') input: UpdateServiceAccountInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ServiceAccountPayload> {
    const { document } = await this.database.read(currentPolicy);
    return accountPayloadOf(this.accounts.update(caller, input, document.orphanGrace), loaders);
  }
}
