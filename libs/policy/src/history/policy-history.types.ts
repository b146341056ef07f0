import { Field, Int, ObjectType } from '@nestjs/graphql';
import { CostsAs, DateTimeScalar, JSONScalar, connectionOf } from '@tokenwarden/api';
import { Actor } from '@tokenwarden/audit';
import type { JsonValue } from '@tokenwarden/vocabulary';
import type { PolicyChange } from '../change/difference.rules.js';
import { Policy } from '../policy.types.js';

/** One value that a version changed, as GraphQL shows it. */
@ObjectType('PolicyChange', { description: 'One value that a version changed.' })
export class PolicyChangeType implements PolicyChange {
  @Field(() => String, {
    description: 'Where it is in the policy, profiles by their names, as profiles.interactive.maximum.',
  })
  path: string;

  @Field(() => JSONScalar, { nullable: true, description: 'Null for a profile that came.' })
  before: JsonValue;

  @Field(() => JSONScalar, { nullable: true, description: 'Null for a profile that went.' })
  after: JsonValue;
}

// A change can be of each value of every profile, and texts of a thousand characters among them.
const COST_OF_CHANGES = 25;

/** One version of the policy: who made it, when, why, and what was different then (rule 13). */
@ObjectType('PolicyVersion', { description: 'One version of the policy, and what it changed.' })
export class PolicyVersion {
  @Field(() => Int)
  version: number;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => Actor)
  createdBy: Actor;

  @Field(() => String, { nullable: true })
  reason: string | null;

  @Field(() => [PolicyChangeType], {
    description:
      'What is different from the version before it; empty for version 1, and for a version that only capped tokens.',
  })
  @CostsAs(COST_OF_CHANGES)
  changes: readonly PolicyChangeType[];

  @Field(() => Policy, { description: 'The whole policy as it was then.' })
  policy: Policy;
}

const { Connection } = connectionOf(PolicyVersion, 'PolicyVersion');
/** A page of versions. */
export const PolicyVersionConnection = Connection;
