import { Field, InputType, Int, registerEnumType } from '@nestjs/graphql';
import { DateTimeScalar, DurationScalar, IsInput, IsText, MayBeLeftOut } from '@tokenwarden/api';
import { TokenKindEnum } from '@tokenwarden/tokens';
import { TEXT_LIMITS, type Duration, type TokenKind } from '@tokenwarden/vocabulary';
import type { WarningChannel } from '../policy-document.rules.js';
import { WarningChannelEnum } from '../policy.types.js';
import type { PolicyChanges, TaskChanges, WarningChanges } from './change.rules.js';
import type { AskedProfile } from './profiles.rules.js';
import { EXISTING_TOKENS, type AskedChange, type ExistingTokens } from './prepare-change.js';

/** GraphQL's `ExistingTokens`. */
export const ExistingTokensEnum = Object.fromEntries(EXISTING_TOKENS.map((word) => [word, word]));
registerEnumType(ExistingTokensEnum, {
  name: 'ExistingTokens',
  description: 'What happens to tokens that were issued already.',
  valuesMap: {
    KEEP: { description: 'They stay as they are.' },
    CAP: { description: 'They end at max(enforceFrom, createdAt + maximum), where that is earlier.' },
  },
});

// What the values may be, stands in change.rules.ts alone.

/** A lifetime profile as it is to be. */
@InputType('LifetimeProfileInput', { description: 'A lifetime profile as it is to be.' })
export class LifetimeProfileInput implements AskedProfile {
  @Field(() => String, { description: '2 to 32 characters of a-z, 0-9 and -, beginning with a letter.' })
  name: string;

  @Field(() => String, { nullable: true })
  description?: string;

  @Field(() => DurationScalar)
  maximum: Duration;

  @Field(() => DurationScalar, {
    description: 'What a token gets that asks for nothing: at most the maximum.',
  })
  default: Duration;

  @Field(() => [TokenKindEnum], {
    description: 'The kinds of token that may be issued under it: at least one.',
  })
  kinds: TokenKind[];

  @Field(() => [TokenKindEnum], {
    description: 'The kinds that get it when none is asked for: each kind has exactly one such profile.',
  })
  defaultFor: TokenKind[];
}

/** What is to be different about the warnings. */
@InputType('ExpiryWarningsInput', { description: 'What is left out stays as it is.' })
export class ExpiryWarningsInput implements WarningChanges {
  @Field(() => Boolean, { nullable: true })
  enabled?: boolean;

  @Field(() => [DurationScalar], {
    nullable: true,
    description: '1 to 10 different ones, in any order; to send none, set enabled to false.',
  })
  thresholds?: Duration[];

  @Field(() => String, { nullable: true, description: 'A cron expression of five fields, in UTC.' })
  schedule?: string;

  @Field(() => [WarningChannelEnum], { nullable: true, description: 'At least one.' })
  channels?: WarningChannel[];
}

/** What is to be different about the purge. */
@InputType('PurgeInput', { description: 'What is left out stays as it is.' })
export class PurgeInput implements TaskChanges {
  @Field(() => Boolean, { nullable: true })
  enabled?: boolean;

  @Field(() => DurationScalar, {
    nullable: true,
    description: 'Counted from expiry or revocation; at least PT1S.',
  })
  after?: Duration;

  @Field(() => String, { nullable: true, description: 'A cron expression of five fields, in UTC.' })
  schedule?: string;
}

/** What is to be different about the idle revocation. */
@InputType('IdleRevocationInput', { description: 'What is left out stays as it is.' })
export class IdleRevocationInput implements TaskChanges {
  @Field(() => Boolean, { nullable: true })
  enabled?: boolean;

  @Field(() => DurationScalar, { nullable: true, description: 'Counted from the last use; at least PT1M.' })
  after?: Duration;

  @Field(() => String, { nullable: true, description: 'A cron expression of five fields, in UTC.' })
  schedule?: string;
}

/** What is to be different about the policy. */
@InputType('PolicyChangesInput', {
  description:
    'What is left out stays as it is. profiles, where given, is the whole new list. schedule is a cron expression of five fields, in UTC.',
})
export class PolicyChangesInput implements PolicyChanges {
  @MayBeLeftOut()
  @IsInput(() => LifetimeProfileInput)
  @Field(() => [LifetimeProfileInput], { nullable: true })
  profiles?: LifetimeProfileInput[];

  @Field(() => DurationScalar, { nullable: true, description: 'PT0S lets no rotated token live on.' })
  maximumOverlap?: Duration;

  @Field(() => DurationScalar, {
    nullable: true,
    description: 'How long an orphaned service account can be brought back; PT0S: not at all.',
  })
  orphanGrace?: Duration;

  @Field(() => Boolean, { nullable: true })
  requireScopes?: boolean;

  @MayBeLeftOut()
  @IsInput(() => ExpiryWarningsInput)
  @Field(() => ExpiryWarningsInput, { nullable: true })
  expiryWarnings?: ExpiryWarningsInput;

  @MayBeLeftOut()
  @IsInput(() => PurgeInput)
  @Field(() => PurgeInput, { nullable: true })
  purge?: PurgeInput;

  @MayBeLeftOut()
  @IsInput(() => IdleRevocationInput)
  @Field(() => IdleRevocationInput, { nullable: true })
  idleRevocation?: IdleRevocationInput;
}

/** A change of the policy, to be made or to be foreseen. */
@InputType('UpdatePolicyInput', { description: 'A change of the policy, to be made or to be foreseen.' })
export class UpdatePolicyInput implements AskedChange {
  @Field(() => Int, {
    description: 'The version that the change starts from: the one in force, else VERSION_CONFLICT.',
  })
  expectedVersion: number;

  @IsInput(() => PolicyChangesInput)
  @Field(() => PolicyChangesInput)
  changes: PolicyChangesInput;

  @Field(() => ExistingTokensEnum, { defaultValue: 'KEEP' })
  existingTokens: ExistingTokens;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'With CAP: tokens end at max(enforceFrom, createdAt + maximum). Default: now; a moment before now counts as now, at most P3650D ahead.',
  })
  enforceFrom?: Date;

  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.reason, lines: true })
  @Field(() => String, { nullable: true, description: 'Kept with the version and in the audit trail.' })
  reason?: string;
}
