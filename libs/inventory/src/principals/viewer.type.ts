import { Field, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar } from '@tokenwarden/api';

/** Who makes this request; user, account and token are looked up where they are asked for. */
@ObjectType('Viewer', { description: 'Who makes this request, and what it may do.' })
export class Viewer {
  @Field(() => [String], { description: 'What this request may do, sorted.' })
  permissions: readonly string[];

  @Field(() => DateTimeScalar, { description: 'When the session or the token ends.' })
  expiresAt: Date;
}
