import { Field, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ACTOR_KINDS, type ActorKind, type ActorRef } from '@tokenwarden/vocabulary';

/** The kinds of actor, as GraphQL has them. */
export const ActorKindEnum = Object.fromEntries(ACTOR_KINDS.map((kind) => [kind, kind]));
registerEnumType(ActorKindEnum, { name: 'ActorKind' });

/** Who did something; rooms above add `user` and `serviceAccount`, which they find by `id`. */
@ObjectType('Actor', {
  description:
    'Who did something. SYSTEM is Tokenwarden itself: housekeeping, the directory, the command line.',
})
export class Actor {
  /** Of the user or the service account; null for SYSTEM. Not in the schema: a person is shown by who may see them. */
  id: string | null;

  @Field(() => ActorKindEnum)
  kind: ActorKind;

  @Field(() => String, { description: 'As it was at that moment.' })
  name: string;
}

/** The stored author as GraphQL's `Actor`. */
export function toActor(ref: ActorRef): Actor {
  return Object.assign(new Actor(), { id: ref.id, kind: ref.kind, name: ref.name });
}
