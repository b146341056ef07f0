import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionOf, DateTimeScalar, type Connection, type ForwardPageArgs } from '@tokenwarden/api';
import { AccessToken } from '@tokenwarden/tokens';
import { POLICY_EFFECTS, type PolicyEffect } from './effects.queries.js';

/** GraphQL's `PolicyEffect`. */
export const PolicyEffectEnum = Object.fromEntries(POLICY_EFFECTS.map((effect) => [effect, effect]));
registerEnumType(PolicyEffectEnum, {
  name: 'PolicyEffect',
  description: 'What a change of the policy would do to a token.',
  valuesMap: {
    EXCEEDS_MAXIMUM: {
      description:
        'It is live and lives longer than its profile would allow; a profile that is gone allows nothing.',
    },
    CUT_SHORT: { description: 'Its end would move.' },
    WARNED: {
      description: 'The next run of EXPIRY_WARNINGS would warn of it, and would not as the policy is today.',
    },
    PURGED: {
      description: 'The next run of PURGE would remove it, and would not as the policy is today.',
    },
    IDLE_REVOKED: {
      description:
        'The next run of IDLE_REVOCATION would mark it, the first of two steps, or revoke it, and would not as the policy is today.',
    },
  },
});

/** A token that a change would hit. */
@ObjectType('AffectedToken', { description: 'A token that a change of the policy would hit.' })
export class AffectedToken {
  /** By what its list is ordered before its id; not in the schema. */
  orderedBy: Date;

  @Field(() => AccessToken, {
    description:
      'Whosever it is. To a caller who would not see it otherwise it says what the change does to it and whose it is, and neither ' +
      'its description nor what it was used from.',
  })
  token: AccessToken;

  @Field(() => [PolicyEffectEnum], { description: 'At least one.' })
  effects: readonly PolicyEffect[];

  @Field(() => DateTimeScalar, {
    description: 'When it ends under the change; its end today where that stays.',
  })
  newEndsAt: Date;
}

const types = connectionOf(AffectedToken, 'AffectedToken');
/** A page of tokens that a change would hit. */
export const AffectedTokenConnection = types.Connection;

/** What a change of the policy would do; the counts are read when they are asked for, together with the tokens. */
@ObjectType('PolicyImpact', {
  description:
    "What a change would do, compared with today's policy; counts are over all tokens, not the page. Nothing is changed by asking.",
})
export class PolicyImpact {
  /** Reads a page of what is hit; not in the schema. */
  tokensOnPage: (args: ForwardPageArgs) => Promise<Connection<AffectedToken>>;

  @Field(() => Int)
  exceedsMaximum: Promise<number>;

  @Field(() => Int)
  cutShort: Promise<number>;

  @Field(() => Int)
  warned: Promise<number>;

  @Field(() => Int)
  purged: Promise<number>;

  @Field(() => Int)
  idleRevoked: Promise<number>;

  @Field(() => Int, { description: 'Different users and service accounts hit.' })
  principals: Promise<number>;
}
