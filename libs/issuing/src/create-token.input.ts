import { Field, InputType } from '@nestjs/graphql';
import { DateTimeScalar, DurationScalar, IsDuration, IsText, MayBeLeftOut } from '@tokenwarden/api';
import { TEXT_LIMITS, type Duration } from '@tokenwarden/vocabulary';
import { IdempotencyKey } from './idempotency/idempotency-key.decorator.js';
import type { AskedOnce } from './issuing.service.js';

/** What both creating calls ask for; the lists are checked where their rules stand. */
@InputType({ isAbstract: true })
export abstract class CreateTokenInput implements AskedOnce {
  @Field(() => String)
  @IsText({ maximum: TEXT_LIMITS.name })
  name: string;

  @Field(() => String, { nullable: true })
  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.description, lines: true })
  description?: string;

  @Field(() => String, { nullable: true, description: "The default of the token's kind when left out." })
  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.name })
  profile?: string;

  @Field(() => DurationScalar, { nullable: true, description: 'At most one of lifetime and expiresAt.' })
  @MayBeLeftOut()
  @IsDuration()
  lifetime?: Duration;

  @Field(() => DateTimeScalar, { nullable: true })
  @MayBeLeftOut()
  expiresAt?: Date;

  @Field(() => [String], { nullable: true, description: 'All that the principal may do when left out.' })
  @MayBeLeftOut()
  scopes?: string[];

  @Field(() => [String], {
    nullable: true,
    description: 'Some of the AUDIENCES; all of them when left out.',
  })
  @MayBeLeftOut()
  audiences?: string[];

  @IdempotencyKey()
  idempotencyKey?: string;
}
