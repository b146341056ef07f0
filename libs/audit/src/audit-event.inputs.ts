import { Field, ID, InputType } from '@nestjs/graphql';
import { DateTimeScalar, IsList, IsWithout, MayBeLeftOut } from '@tokenwarden/api';
import { isAuditAction, type AuditOutcome } from './actions.js';
import { AuditOutcomeEnum } from './audit-event.type.js';

const MOST_ACTIONS = 100;

/** Which part of the trail is asked for: events to which all of it applies. */
@InputType('AuditEventFilter')
export class AuditEventFilter {
  @Field(() => [String], { nullable: true, description: 'Any of these.' })
  @IsWithout(unknownAction)
  @IsList({ most: MOST_ACTIONS })
  @MayBeLeftOut()
  actions?: string[];

  @Field(() => AuditOutcomeEnum, { nullable: true })
  @MayBeLeftOut()
  outcome?: AuditOutcome;

  @Field(() => ID, { nullable: true, description: 'Opaque id of a user or service account.' })
  @MayBeLeftOut()
  actorId?: string;

  @Field(() => ID, { nullable: true })
  @MayBeLeftOut()
  targetId?: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From this moment on.' })
  @MayBeLeftOut()
  since?: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this moment.' })
  @MayBeLeftOut()
  until?: Date;
}

function unknownAction(value: unknown) {
  if (!Array.isArray(value)) return undefined;
  const index = value.findIndex((action) => typeof action !== 'string' || !isAuditAction(action));
  return index < 0
    ? undefined
    : { path: String(index), detail: 'An action of the audit trail, as token.created.' };
}
