import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { IsText, MayBeLeftOut, NullIsMeant } from '@tokenwarden/api';
import { AccessToken } from '@tokenwarden/tokens';
import { TEXT_LIMITS } from '@tokenwarden/vocabulary';

/** What a token is to be called. */
@InputType('UpdateTokenInput')
export class UpdateTokenInput {
  @Field(() => ID)
  id: string;

  @Field(() => String, { nullable: true, description: 'Stays as it is when left out.' })
  @IsText({ maximum: TEXT_LIMITS.name })
  @MayBeLeftOut()
  name?: string;

  @Field(() => String, { nullable: true, description: 'Stays as it is when left out; null takes it away.' })
  @IsText({ maximum: TEXT_LIMITS.description, lines: true })
  @NullIsMeant()
  description?: string | null;
}

/** Which token is to be suspended or resumed. */
@InputType('TokenIdInput')
export class TokenIdInput {
  @Field(() => ID)
  id: string;

  @Field(() => String, { nullable: true, description: 'Kept in the audit trail.' })
  @IsText({ maximum: TEXT_LIMITS.reason, lines: true })
  @MayBeLeftOut()
  reason?: string;
}

/** Which token is to be revoked. */
@InputType('RevokeTokenInput')
export class RevokeTokenInput {
  @Field(() => ID)
  id: string;

  @Field(() => String, { nullable: true, description: 'Kept with the token and in the audit trail.' })
  @IsText({ maximum: TEXT_LIMITS.reason, lines: true })
  @MayBeLeftOut()
  reason?: string;
}

/** The token after the change. */
@ObjectType('TokenPayload')
export class TokenPayload {
  @Field(() => AccessToken)
  token: AccessToken;
}
