import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CostsAs, CurrentCaller, ForwardPageArgs, type Connection } from '@tokenwarden/api';
import type { Caller } from '@tokenwarden/vocabulary';
import { UpdatePolicyInput } from './change/policy-change.inputs.js';
import { PolicyChangeService } from './change/policy-change.service.js';
import { PolicyPayload } from './change/policy-change.types.js';
import { PolicyHistoryService } from './history/policy-history.service.js';
import { PolicyVersionConnection, type PolicyVersion } from './history/policy-history.types.js';
import { PolicyService } from './policy.service.js';
import { Policy, toPolicy } from './policy.types.js';

// A page is a megabyte of documents at most, and what they changed beside it: one request has a page of all, or some small ones.
const COST_OF_A_HISTORY = 1_000;

/** What GraphQL asks of the policy. */
@Resolver()
export class PolicyResolver {
  constructor(
    private readonly policies: PolicyService,
    private readonly changes: PolicyChangeService,
    private readonly history: PolicyHistoryService,
  ) {}

  @Query(() => Policy, {
    description: 'The policy in force. Everyone sees it in a session; a token needs policy:read.',
  })
  async policy(): Promise<Policy> {
    return toPolicy(await this.policies.current());
  }

  @Query(() => PolicyVersionConnection, {
    description: 'Every version of the policy, newest first, with what it changed. Needs policy:read.',
  })
  @CostsAs(COST_OF_A_HISTORY)
  policyHistory(@Args() args: ForwardPageArgs): Promise<Connection<PolicyVersion>> {
    return this.history.versionsOnPage(args);
  }

  @Mutation(() => PolicyPayload, {
    description:
      'Makes a new version of the policy, in force on every instance from this answer on. What is left out stays as it is; ' +
      'a change that changes nothing is refused. Needs policy:write.',
  })
  async updatePolicy(
    @Args('input') input: UpdatePolicyInput,
    @CurrentCaller() caller: Caller,
  ): Promise<PolicyPayload> {
    const { policy, capped } = await this.changes.update(caller, input);
    return { policy: toPolicy(policy), capped };
  }
}
