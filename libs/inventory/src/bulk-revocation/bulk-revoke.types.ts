import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { IsInput, IsText, IsWholeNumber, MayBeLeftOut } from '@tokenwarden/api';
import { TEXT_LIMITS } from '@tokenwarden/vocabulary';
import { TokenFilter } from '../token-lists/token-list.types.js';

const LARGEST_INT = 2_147_483_647;

/** Which tokens are to be revoked, all at once. */
@InputType('RevokeTokensInput')
export class RevokeTokensInput {
  @Field(() => TokenFilter, {
    description: 'Of the tokens that match only those are hit that are ACTIVE or SUSPENDED.',
  })
  @IsInput(() => TokenFilter)
  filter: TokenFilter;

  @Field(() => String, { description: 'Kept with each token and in the audit trail.' })
  @IsText({ maximum: TEXT_LIMITS.reason, lines: true })
  reason: string;

  @Field(() => Boolean, { defaultValue: false, description: 'Only count, and change nothing.' })
  dryRun: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'Refuse (VERSION_CONFLICT) when the filter matches another number by now.',
  })
  @IsWholeNumber(0, LARGEST_INT)
  @MayBeLeftOut()
  expectedCount?: number;
}

/** How many tokens were hit. */
@ObjectType('RevokeTokensPayload', {
  description: 'How many tokens a bulk revocation has hit, or would hit.',
})
export class RevokeTokensPayload {
  @Field(() => Int, { description: 'The live tokens to which the filter applied; exact, however many.' })
  matched: number;

  @Field(() => Int, { description: 'How many no longer resolve from this answer on; 0 with dryRun.' })
  revoked: number;

  @Field(() => Boolean)
  dryRun: boolean;
}
