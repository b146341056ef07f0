import { Field, ID, InputType } from '@nestjs/graphql';
import { DateTimeScalar, DurationScalar, IsDuration, MayBeLeftOut } from '@tokenwarden/api';
import type { Duration } from '@tokenwarden/vocabulary';
import { IdempotencyKey } from '../idempotency/idempotency-key.decorator.js';
import type { AskedRotation } from './rotation.rules.js';

/** What whoever rotates a token asks of its successor, and of the overlap. */
@InputType('RotateTokenInput')
export class RotateTokenInput implements AskedRotation {
  @Field(() => ID)
  id: string;

  @Field(() => DurationScalar, {
    nullable: true,
    description:
      "How long the old token lives on. Default PT24H or the policy's maximumOverlap, whichever is less; never past its own end.",
  })
  @MayBeLeftOut()
  @IsDuration('PT0S')
  overlap?: Duration;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'The old token ends when the new one is first used, or with the overlap, whichever is first.',
  })
  @MayBeLeftOut()
  endOldOnFirstUse?: boolean;

  @Field(() => [String], { nullable: true, description: 'Fewer than before; the same when left out.' })
  @MayBeLeftOut()
  scopes?: string[];

  @Field(() => DurationScalar, {
    nullable: true,
    description:
      'Counted from now, as the profile allows today; its default when left out. At most one of lifetime and expiresAt.',
  })
  @MayBeLeftOut()
  @IsDuration()
  lifetime?: Duration;

  @Field(() => DateTimeScalar, { nullable: true })
  @MayBeLeftOut()
  expiresAt?: Date;

  @IdempotencyKey()
  idempotencyKey?: string;
}
