import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentCaller, ForwardPageArgs, RequestLoaders } from '@tokenwarden/api';
import type { Connection, Loaders } from '@tokenwarden/api';
import type { Caller } from '@tokenwarden/vocabulary';
import { UpdatePolicyInput } from '../change/policy-change.inputs.js';
import { AffectedTokenConnection, PolicyImpact } from './impact.types.js';
import type { AffectedToken } from './impact.types.js';
import { PolicyImpacts } from './policy-impacts.js';

/** What a change of the policy would do, in GraphQL. */
@Resolver(() => PolicyImpact)
export class ImpactResolver {
  constructor(private readonly impacts: PolicyImpacts) {}

  @Query(() => PolicyImpact, {
    description:
      'What updatePolicy would do with this very input; refused where it would be. Needs policy:read.',
  })
  policyImpact(
    @Args('input') input: UpdatePolicyInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<PolicyImpact> {
    return this.impacts.of(caller, input, loaders);
  }

  @ResolveField(() => AffectedTokenConnection, {
    description: 'What would be hit by any of the effects, by newEndsAt.',
  })
  tokens(@Parent() impact: PolicyImpact, @Args() args: ForwardPageArgs): Promise<Connection<AffectedToken>> {
    return impact.tokensOnPage(args);
  }
}
