import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf, DateTimeScalar, Node } from '@tokenwarden/api';
import { Actor, toActor } from '@tokenwarden/audit';
import { SERVICE_ACCOUNT_STATES, type ServiceAccountState } from '@tokenwarden/vocabulary';
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

/** The service account after a change. */
@ObjectType('ServiceAccountPayload')
export class ServiceAccountPayload {
  @Field(() => ServiceAccount) serviceAccount: ServiceAccount;
}

/** What a deleted service account leaves behind. */
@ObjectType('DeleteServiceAccountPayload')
export class DeleteServiceAccountPayload {
  @Field(() => ID) id: string;

  @Field(() => Int, { description: 'How many live tokens ended with it.' })
  revokedTokens: number;
}
