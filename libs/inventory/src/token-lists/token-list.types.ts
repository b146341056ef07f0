import { ArgsType, Field, ID, InputType, registerEnumType } from '@nestjs/graphql';
import {
  connectionOf,
  DateTimeScalar,
  IsInput,
  IsList,
  IsText,
  IsWithout,
  MayBeLeftOut,
  OrderDirection,
  PageArgs,
} from '@tokenwarden/api';
import { AccessToken, TokenKindEnum, TokenStatusEnum } from '@tokenwarden/tokens';
import { isScope, TEXT_LIMITS, type TokenKind, type TokenStatus } from '@tokenwarden/vocabulary';

const MOST_IDS = 100;
const MOST_STATUSES = 10;

/** By what a list of tokens can be ordered. */
export const TokenOrderField = {
  CREATED_AT: 'CREATED_AT',
  ENDS_AT: 'ENDS_AT',
  LAST_USED_AT: 'LAST_USED_AT',
  NAME: 'NAME',
} as const;
/** See the value of the same name. */
export type TokenOrderField = (typeof TokenOrderField)[keyof typeof TokenOrderField];
registerEnumType(TokenOrderField, {
  name: 'TokenOrderField',
  valuesMap: {
    LAST_USED_AT: { description: 'Tokens never used come last in both directions.' },
    NAME: { description: 'By code point.' },
  },
});

/** Which tokens a list holds: those to which all of it applies. */
@InputType('TokenFilter')
export class TokenFilter {
  @Field(() => [ID], { nullable: true, description: `At most ${MOST_IDS}.` })
  @IsList({ most: MOST_IDS })
  @MayBeLeftOut()
  ids?: string[];

  @Field(() => TokenKindEnum, { nullable: true })
  @MayBeLeftOut()
  kind?: TokenKind;

  @Field(() => [TokenStatusEnum], { nullable: true, description: 'Any of these.' })
  @IsList({ most: MOST_STATUSES })
  @MayBeLeftOut()
  status?: TokenStatus[];

  @Field(() => ID, { nullable: true })
  @MayBeLeftOut()
  userId?: string;

  @Field(() => ID, { nullable: true })
  @MayBeLeftOut()
  serviceAccountId?: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Tokens of the members and of the service accounts of this group.',
  })
  @MayBeLeftOut()
  groupId?: string;

  @Field(() => String, { nullable: true })
  @IsText({ maximum: TEXT_LIMITS.name })
  @MayBeLeftOut()
  profile?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Part of the name, whatever the case; % and _ are plain characters.',
  })
  @IsText({ maximum: TEXT_LIMITS.search })
  @MayBeLeftOut()
  search?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Tokens that may do this now: usable ones whose effective scopes cover it.',
  })
  @IsWithout((value) =>
    typeof value === 'string' && isScope(value)
      ? undefined
      : 'A scope: resource:action, as dataset/sales/orders:read.',
  )
  @MayBeLeftOut()
  scope?: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Later than this.' })
  @MayBeLeftOut()
  createdAfter?: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Earlier than this.' })
  @MayBeLeftOut()
  createdBefore?: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Later than this.' })
  @MayBeLeftOut()
  endsAfter?: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Earlier than this.' })
  @MayBeLeftOut()
  endsBefore?: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Not used since; tokens never used count when they are older than this.',
  })
  @MayBeLeftOut()
  unusedSince?: Date;

  @Field(() => Boolean, { nullable: true, description: 'false: used at least once.' })
  @MayBeLeftOut()
  neverUsed?: boolean;

  @Field(() => Boolean, { nullable: true, description: 'Whether they would resolve now.' })
  @MayBeLeftOut()
  usable?: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Issued without scopes: follows all that the principal may do.',
  })
  @MayBeLeftOut()
  unscoped?: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Lives longer than today's policy would allow at issue; a profile that is gone allows nothing.",
  })
  @MayBeLeftOut()
  exceedsPolicy?: boolean;
}

/** The order of a list of tokens; equals are told apart by id, in the same direction. */
@InputType('TokenOrder')
export class TokenOrder {
  @Field(() => TokenOrderField)
  field: TokenOrderField;

  @Field(() => OrderDirection)
  direction: OrderDirection;
}

/** What every list of tokens takes. */
@ArgsType()
export class TokenListArgs extends PageArgs {
  @Field(() => TokenFilter, { nullable: true })
  @IsInput(() => TokenFilter)
  @MayBeLeftOut()
  filter?: TokenFilter;

  @Field(() => TokenOrder, { nullable: true, description: 'CREATED_AT DESC when left out.' })
  @IsInput(() => TokenOrder)
  @MayBeLeftOut()
  orderBy?: TokenOrder;
}

const { Connection } = connectionOf(AccessToken, 'AccessToken');
/** A page of tokens. */
export const AccessTokenConnection = Connection;
