import { Field, ObjectType } from '@nestjs/graphql';
import { AccessToken, toAccessToken } from '@tokenwarden/tokens';
import type { IssuedToken } from './token-issuer.js';

/** The reply to whoever created a token. */
@ObjectType('CreateTokenPayload', { description: 'A new token, and the one time that its value is shown.' })
export class CreateTokenPayload {
  @Field(() => AccessToken)
  token: AccessToken;

  @Field(() => String, {
    nullable: true,
    description:
      'The token itself, shown here and never again. Null where a repeated idempotencyKey comes too late for it.',
  })
  accessToken: string | null;
}

/** What was issued, as GraphQL answers it. */
export function toCreateTokenPayload({ token, value, now }: IssuedToken): CreateTokenPayload {
  return { token: toAccessToken(token, now), accessToken: value };
}
