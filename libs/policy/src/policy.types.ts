import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { CostsAs, DateTimeScalar, DurationScalar } from '@tokenwarden/api';
import { Actor, toActor } from '@tokenwarden/audit';
import { TokenKindEnum } from '@tokenwarden/tokens';
import type { Duration, TokenKind } from '@tokenwarden/vocabulary';
import { MOST_PROFILES } from './change/profiles.rules.js';
import { WARNING_CHANNELS, type WarningChannel } from './policy-document.rules.js';
import type { PolicyVersionEntity } from './policy-version.entity.js';

/** GraphQL's `WarningChannel`. */
export const WarningChannelEnum = Object.fromEntries(WARNING_CHANNELS.map((channel) => [channel, channel]));
registerEnumType(WarningChannelEnum, { name: 'WarningChannel' });

/** A lifetime profile as GraphQL shows it. */
@ObjectType('LifetimeProfile', { description: 'How long tokens of which kinds may live.' })
export class LifetimeProfileType {
  @Field(() => String, { description: '2 to 32 characters of a-z, 0-9 and -, beginning with a letter.' })
  name: string;

  @Field(() => String, { nullable: true })
  description: string | null;

  @Field(() => DurationScalar)
  maximum: Duration;

  @Field(() => DurationScalar, { name: 'default', description: 'What a token gets that asks for nothing.' })
  defaultLifetime: Duration;

  @Field(() => [TokenKindEnum], { description: 'The kinds of token that may be issued under it.' })
  kinds: readonly TokenKind[];

  @Field(() => [TokenKindEnum], {
    description: 'The kinds that get it when none is asked for: each kind has exactly one such profile.',
  })
  defaultFor: readonly TokenKind[];
}

/** The warnings before a token ends, as GraphQL shows them. */
@ObjectType('ExpiryWarningsPolicy', { description: 'Warnings before a token ends.' })
export class ExpiryWarningsPolicy {
  @Field(() => Boolean)
  enabled: boolean;

  @Field(() => [DurationScalar])
  thresholds: readonly Duration[];

  @Field(() => String, { description: 'A cron expression of five fields, in UTC.' })
  schedule: string;

  @Field(() => [WarningChannelEnum])
  channels: readonly WarningChannel[];
}

/** The purge as GraphQL shows it. */
@ObjectType('PurgePolicy', { description: 'Removing the rows of tokens that ended long ago.' })
export class PurgePolicy {
  @Field(() => Boolean)
  enabled: boolean;

  @Field(() => DurationScalar, { description: 'Counted from expiry or revocation.' })
  after: Duration;

  @Field(() => String, { description: 'A cron expression of five fields, in UTC.' })
  schedule: string;
}

/** The idle revocation as GraphQL shows it. */
@ObjectType('IdleRevocationPolicy', { description: 'Revoking tokens that nobody uses.' })
export class IdleRevocationPolicy {
  @Field(() => Boolean)
  enabled: boolean;

  @Field(() => DurationScalar)
  after: Duration;

  @Field(() => String, { description: 'A cron expression of five fields, in UTC.' })
  schedule: string;
}

/** One version of the policy as GraphQL shows it. */
@ObjectType('Policy', { description: 'The one versioned document that administrators tune.' })
export class Policy {
  @Field(() => Int)
  version: number;

  @Field(() => DateTimeScalar)
  updatedAt: Date;

  @Field(() => Actor)
  updatedBy: Actor;

  @Field(() => String, { nullable: true })
  reason: string | null;

  @Field(() => [LifetimeProfileType])
  @CostsAs(MOST_PROFILES)
  profiles: readonly LifetimeProfileType[];

  @Field(() => DurationScalar)
  maximumOverlap: Duration;

  @Field(() => DurationScalar, {
    description: 'How long an orphaned service account can be brought back before its tokens are revoked.',
  })
  orphanGrace: Duration;

  @Field(() => Boolean, { description: 'Tokens must name their scopes.' })
  requireScopes: boolean;

  @Field(() => ExpiryWarningsPolicy)
  expiryWarnings: ExpiryWarningsPolicy;

  @Field(() => PurgePolicy)
  purge: PurgePolicy;

  @Field(() => IdleRevocationPolicy)
  idleRevocation: IdleRevocationPolicy;
}

/** The stored version as GraphQL shows it. */
export function toPolicy(version: PolicyVersionEntity): Policy {
  return Object.assign(new Policy(), version.document, {
    version: version.version,
    updatedAt: version.createdAt,
    updatedBy: toActor(version.createdBy),
    reason: version.reason,
  });
}
