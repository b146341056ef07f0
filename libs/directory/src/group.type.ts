import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf, IsList, Node } from '@tokenwarden/api';
import { GROUP_STATES, MAXIMUM_SCOPES, type GroupState } from '@tokenwarden/vocabulary';
import type { GroupEntity } from './group.entity.js';

/** The states of a group, as GraphQL has them. */
export const GroupStateEnum = Object.fromEntries(GROUP_STATES.map((state) => [state, state]));
registerEnumType(GroupStateEnum, { name: 'GroupState' });

/** A group of the directory. */
@ObjectType('Group', {
  implements: () => [Node],
  description: 'A group of the directory. The id is the stable one there.',
})
export class Group extends Node {
  @Field(() => ID) declare id: string;
  @Field(() => String) name: string;
  @Field(() => GroupStateEnum) state: GroupState;
}

const { Connection } = connectionOf(Group, 'Group');
/** A page of groups. */
export const GroupConnection = Connection;

/** The row as GraphQL's `Group`. */
export function toGroup({ id, name, state }: GroupEntity): Group {
  return Object.assign(new Group(), { id, name, state });
}

/** What a group is to be granted: the whole new list. */
@InputType('SetGroupGrantsInput')
export class SetGroupGrantsInput {
  @Field(() => ID) groupId: string;

  // Each is looked at as a scope where the rule stands; a list of a million is refused before.
  @IsList({ most: 10 * MAXIMUM_SCOPES })
  @Field(() => [String], {
    description: 'The whole new list; empty takes all. What is inherent in ADMIN_GROUPS stays.',
  })
  grants: string[];
}

/** The group after a change. */
@ObjectType('GroupPayload')
export class GroupPayload {
  @Field(() => Group) group: Group;
}
