import { ArgsType, Field, Int } from '@nestjs/graphql';

/** The arguments of a list that is read forward only. */
@ArgsType()
export class ForwardPageArgs {
  @Field(() => Int, { nullable: true }) first?: number | null;
  @Field(() => String, { nullable: true }) after?: string | null;
}

/** The arguments of a list that is read forward (`first`, `after`) or backward (`last`, `before`). */
@ArgsType()
export class PageArgs extends ForwardPageArgs {
  @Field(() => Int, { nullable: true }) last?: number | null;
  @Field(() => String, { nullable: true }) before?: string | null;
}
