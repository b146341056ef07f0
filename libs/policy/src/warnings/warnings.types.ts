import { Field, Int, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar, DurationScalar } from '@tokenwarden/api';
import type { Duration } from '@tokenwarden/vocabulary';
import type { WarningOfToken } from './warnings-of-token.rules.js';

/** A warning that a token ends, as GraphQL shows it. */
@ObjectType('TokenWarning', { description: 'A warning that a token ends: decided, or still to come.' })
export class TokenWarning implements WarningOfToken {
  @Field(() => DurationScalar, { description: 'How long before the end.' })
  threshold: Duration;

  @Field(() => DateTimeScalar, { description: 'When the threshold passes, or passed; a run after it warns.' })
  dueAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the last recipient was told or given up; null before.',
  })
  sentAt: Date | null;

  @Field(() => Int, { description: 'How many are, or were, told by mail; 0 before a run has decided it.' })
  recipients: number;
}
