import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { CostsAs, CurrentCaller, ForwardPageArgs, RequestLoaders } from '@tokenwarden/api';
import type { Connection, Loaders } from '@tokenwarden/api';
import type { Caller } from '@tokenwarden/vocabulary';
import { UpdatePolicyInput } from '../change/policy-change.inputs.js';
import { AffectedTokenConnection, PolicyImpact } from './impact.types.js';
import type { AffectedToken } from './impact.types.js';
import { PolicyImpactService } from './policy-impact.service.js';

// Each looks at every token there is: one request has three at most, with a page each.
const COST_OF_A_PASS = 2_600;
// Each sorts all that is hit.
const COST_OF_A_PAGE = 400;

/** What a change of the policy would do, in GraphQL. */
@Resolver(() => PolicyImpact)
export class ImpactResolver {
  constructor(private readonly impacts: PolicyImpactService) {}

  @Query(() => PolicyImpact, {
    description:
      'What updatePolicy would do with this very input; refused where it would be. Needs policy:read.',
  })
  @CostsAs(COST_OF_A_PASS)
  policyImpact(
    @Args('input') input: UpdatePolicyInput,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<PolicyImpact> {
    return this.impacts.foresee(caller, input, loaders);
  }

  @ResolveField(() => AffectedTokenConnection, {
    description: 'What would be hit by any of the effects, by newEndsAt.',
  })
  @CostsAs(COST_OF_A_PAGE)
  tokens(@Parent() impact: PolicyImpact, @Args() args: ForwardPageArgs): Promise<Connection<AffectedToken>> {
    return impact.tokensOnPage(args);
  }
}
