import { Field, ID, InputType } from '@nestjs/graphql';
import { IsList, IsText, MayBeLeftOut, NullIsMeant } from '@tokenwarden/api';
import { SERVICE_ACCOUNT_STATES, TEXT_LIMITS, type ServiceAccountState } from '@tokenwarden/vocabulary';
import { ServiceAccountStateEnum } from './service-account.types.js';

/** Which accounts a list is to hold; all conditions together. */
@InputType('ServiceAccountFilter')
export class ServiceAccountFilter {
  @MayBeLeftOut()
  @IsList({ most: SERVICE_ACCOUNT_STATES.length })
  @Field(() => [ServiceAccountStateEnum], { nullable: true })
  state?: ServiceAccountState[];

  @MayBeLeftOut()
  @Field(() => ID, { nullable: true, description: 'Linked to this group.' })
  groupId?: string;

  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.search })
  @Field(() => String, {
    nullable: true,
    description: 'Part of the name, whatever the case; % and _ are plain characters.',
  })
  search?: string;
}

/** The most groups that one account is linked to. */
export const MOST_GROUPS = 100;

/** What a new service account is to be. */
@InputType('CreateServiceAccountInput')
export class CreateServiceAccountInput {
  @IsText({ maximum: TEXT_LIMITS.name })
  @Field(() => String, { description: 'Unique among the service accounts that are not deleted.' })
  name: string;

  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.description, lines: true })
  @Field(() => String, { nullable: true })
  description?: string;

  @IsList({ least: 1, most: MOST_GROUPS })
  @Field(() => [ID], {
    description: 'At least one live group. Every member of each may act with what all of them grant.',
  })
  groupIds: string[];
}

/** What a service account is to be. */
@InputType('UpdateServiceAccountInput')
export class UpdateServiceAccountInput {
  @Field(() => ID)
  id: string;

  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.name })
  @Field(() => String, { nullable: true, description: 'Stays as it is when left out.' })
  name?: string;

  @NullIsMeant()
  @IsText({ maximum: TEXT_LIMITS.description, lines: true })
  @Field(() => String, { nullable: true, description: 'Stays as it is when left out; null takes it away.' })
  description?: string | null;

  @MayBeLeftOut()
  @IsList({ least: 1, most: MOST_GROUPS })
  @Field(() => [ID], {
    nullable: true,
    description:
      'The whole new list, at least one live group in it. What a group that is new in it grants, the caller must hold.',
  })
  groupIds?: string[];
}

/** Which service account is to be suspended, resumed or deleted. */
@InputType('ServiceAccountIdInput')
export class ServiceAccountIdInput {
  @Field(() => ID)
  id: string;

  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.reason, lines: true })
  @Field(() => String, { nullable: true, description: 'Kept in the audit trail.' })
  reason?: string;
}
