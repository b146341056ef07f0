import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf, DateTimeScalar, IsList, IsText, MayBeLeftOut, Node } from '@tokenwarden/api';
import { Actor, toActor } from '@tokenwarden/audit';
import { SERVICE_ACCOUNT_STATES, TEXT_LIMITS, type ServiceAccountState } from '@tokenwarden/vocabulary';
import type { AccountView } from './account-visibility.rules.js';
import type { AccountRecord } from './accounts.queries.js';

/** The states of a service account, as GraphQL has them. */
export const ServiceAccountStateEnum = Object.fromEntries(
  SERVICE_ACCOUNT_STATES.map((state) => [state, state]),
);
registerEnumType(ServiceAccountStateEnum, { name: 'ServiceAccountState' });

/** A service account as one caller sees it. */
@ObjectType('ServiceAccount', {
  implements: () => [Node],
  description:
    'An identity that belongs to no person, linked to one or more groups. It outlives every member.',
})
export class ServiceAccount extends Node {
  /** How much the caller sees; fields that other rooms add are empty unless it is `whole`. Not in the schema. */
  view: AccountView;

  @Field(() => ID) declare id: string;
  @Field(() => String) name: string;
  @Field(() => String, { nullable: true }) description: string | null;

  @Field(() => ServiceAccountStateEnum, { description: 'Its tokens resolve only while it is ACTIVE.' })
  state: ServiceAccountState;

  @Field(() => DateTimeScalar) createdAt: Date;
  @Field(() => Actor) createdBy: Actor;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When its last group was gone from the directory.',
  })
  orphanedAt: Date | null;
}

const { Connection } = connectionOf(ServiceAccount, 'ServiceAccount');
/** A page of service accounts. */
export const ServiceAccountConnection = Connection;

/** The account as GraphQL's `ServiceAccount`, with no more in it than the view allows. */
export function toServiceAccount(account: AccountRecord, view: AccountView): ServiceAccount {
  const { id, name, state, createdAt } = account;
  const description = view === 'whole' ? account.description : null;
  const orphanedAt = view === 'whole' ? account.orphanedAt : null;
  const createdBy = toActor(account.createdBy);
  return Object.assign(new ServiceAccount(), {
    id,
    name,
    state,
    createdAt,
    createdBy,
    description,
    orphanedAt,
    view,
  });
}

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

/** The service account after a change. */
@ObjectType('ServiceAccountPayload')
export class ServiceAccountPayload {
  @Field(() => ServiceAccount) serviceAccount: ServiceAccount;
}
