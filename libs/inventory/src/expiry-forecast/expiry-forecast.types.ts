import { Field, Int, ObjectType } from '@nestjs/graphql';
import { DateScalar } from '@tokenwarden/api';

/** How many live tokens end on one day. */
@ObjectType('ExpiryForecastDay')
export class ExpiryForecastDay {
  @Field(() => DateScalar, { description: 'In UTC.' })
  date: string;

  @Field(() => Int)
  userTokens: number;

  @Field(() => Int)
  serviceAccountTokens: number;
}
