import { Field, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, DateScalar } from '@tokenwarden/api';

/** Uses of one day in UTC, as GraphQL shows them. */
@ObjectType('TokenUsageDay', { description: 'How often a token was used on one day.' })
export class TokenUsageDay {
  @Field(() => DateScalar)
  date: string;

  @Field(() => BigIntScalar)
  count: bigint;
}
