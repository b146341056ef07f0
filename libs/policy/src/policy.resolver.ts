import { Query, Resolver } from '@nestjs/graphql';
import { PolicyService } from './policy.service.js';
import { Policy, toPolicy } from './policy.types.js';

/** What GraphQL asks of the policy. */
@Resolver()
export class PolicyResolver {
  constructor(private readonly policies: PolicyService) {}

  @Query(() => Policy, {
    description: 'The policy in force. Everyone sees it in a session; a token needs policy:read.',
  })
  async policy(): Promise<Policy> {
    return toPolicy(await this.policies.current());
  }
}
