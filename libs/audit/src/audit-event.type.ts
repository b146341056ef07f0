import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { BigIntScalar, connectionOf, DateTimeScalar, JSONScalar, Node } from '@tokenwarden/api';
import type { JsonValue } from '@tokenwarden/vocabulary';
import { AUDIT_OUTCOMES, type AuditOutcome } from './actions.js';
import { Actor, toActor } from './actor.type.js';
import type { EventRow } from './audit.queries.js';

/** How an attempt came out, as GraphQL has it. */
export const AuditOutcomeEnum = Object.fromEntries(AUDIT_OUTCOMES.map((outcome) => [outcome, outcome]));
registerEnumType(AuditOutcomeEnum, { name: 'AuditOutcome' });

/** One event of the trail, in its place. */
@ObjectType('AuditEvent', {
  implements: () => [Node],
  description:
    'The record of one state change or of one refused attempt; it is never changed and outlives its target.',
})
export class AuditEvent implements Node {
  @Field(() => ID)
  id: string;

  @Field(() => BigIntScalar, {
    description: 'Its place in the trail: without gaps, in the order of commits.',
  })
  sequence: string;

  @Field(() => DateTimeScalar)
  occurredAt: Date;

  @Field(() => String, { description: 'What happened, as token.created; the list is in the docs.' })
  action: string;

  @Field(() => AuditOutcomeEnum)
  outcome: AuditOutcome;

  @Field(() => Actor)
  actor: Actor;

  @Field(() => ID, { nullable: true, description: 'The token the actor came with, where it was one.' })
  actorTokenId: string | null;

  @Field(() => String, { nullable: true, description: 'token, service_account, user, group, policy, …' })
  targetType: string | null;

  @Field(() => ID, { nullable: true })
  targetId: string | null;

  @Field(() => String, { nullable: true, description: 'As it was at that moment.' })
  targetName: string | null;

  @Field(() => String, { nullable: true })
  address: string | null;

  @Field(() => String, { nullable: true })
  userAgent: string | null;

  @Field(() => String, { nullable: true })
  requestId: string | null;

  @Field(() => JSONScalar, { nullable: true })
  details: JsonValue;

  @Field(() => String, {
    description: 'SHA-256, in hexadecimal, over the hash before it and the canonical form of this event.',
  })
  hash: string;
}

/** A page of the trail, and an event beside the cursor that points at it. */
export const { Connection: AuditEventConnection } = connectionOf(AuditEvent, 'AuditEvent', {
  counted: false,
});

/** The stored event as GraphQL's `AuditEvent`. */
export function toAuditEvent({ actorKind, actorId, actorName, ...row }: EventRow): AuditEvent {
  return Object.assign(new AuditEvent(), row, {
    actor: toActor({ kind: actorKind, id: actorId, name: actorName }),
  });
}
