import { Field, Int, ObjectType } from '@nestjs/graphql';
import { Policy } from '../policy.types.js';

/** What a change of the policy gives. */
@ObjectType('PolicyPayload', { description: 'The policy after the change.' })
export class PolicyPayload {
  @Field(() => Policy, {
    description: 'The version that the change made: in force everywhere from this answer on.',
  })
  policy: Policy;

  @Field(() => Int, { description: 'How many tokens end earlier from this answer on; 0 with KEEP.' })
  capped: number;
}
