import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf, DateTimeScalar, Node } from '@tokenwarden/api';
import { USER_STATES, type UserState } from '@tokenwarden/vocabulary';
import type { UserEntity } from './user.entity.js';
import type { UserView } from './visibility.rules.js';

/** The states of a user, as GraphQL has them. */
export const UserStateEnum = Object.fromEntries(USER_STATES.map((state) => [state, state]));
registerEnumType(UserStateEnum, { name: 'UserState' });

/** A user as one caller sees them. */
@ObjectType('User', {
  implements: () => [Node],
  description: 'A person of the directory. The id is the stable one there.',
})
export class User extends Node {
  /** How much the caller sees; fields that other rooms add are empty unless it is `whole`. Not in the schema. */
  view: UserView;

  @Field(() => ID) declare id: string;
  @Field(() => String) username: string;
  @Field(() => String) displayName: string;
  @Field(() => String, { nullable: true }) email: string | null;
  @Field(() => UserStateEnum, { description: 'REMOVED: the directory has proved that they are gone.' })
  state: UserState;
  @Field(() => DateTimeScalar, { nullable: true }) lastSignInAt: Date | null;
}

const { Connection } = connectionOf(User, 'User');
/** A page of users. */
export const UserConnection = Connection;

/** The row as GraphQL's `User`, with no more in it than the view allows. */
export function toUser(user: UserEntity, view: UserView): User {
  const isWhole = view === 'whole';
  const { id, username, displayName, state } = user;
  const own = { email: isWhole ? user.email : null, lastSignInAt: isWhole ? user.lastSignInAt : null };
  return Object.assign(new User(), { id, username, displayName, state, view, ...own });
}
