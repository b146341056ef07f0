import { Field, ID, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar } from '@tokenwarden/api';
import { TokenKindEnum } from '@tokenwarden/tokens';
import type { Scope, TokenKind } from '@tokenwarden/vocabulary';
import { allowedOf, type Resolution } from './resolution.rules.js';

/** The answer of introspection, as GraphQL gives it. */
@ObjectType('TokenResolution', { description: 'Everything but active is null where active is false.' })
export class TokenResolution {
  @Field(() => Boolean) active: boolean;
  @Field(() => ID, { nullable: true }) tokenId: string | null = null;
  @Field(() => String, { nullable: true }) tokenName: string | null = null;
  @Field(() => TokenKindEnum, { nullable: true }) kind: TokenKind | null = null;
  @Field(() => ID, { nullable: true, description: 'The id of the user or of the service account.' })
  subject: string | null = null;
  @Field(() => String, { nullable: true, description: 'Of a service account its name.' })
  username: string | null = null;
  @Field(() => [String], { nullable: true, description: 'Names of the live groups, sorted.' })
  groups: string[] | null = null;
  @Field(() => [String], {
    nullable: true,
    description: 'What it may do now; of the asked ones, where some were asked.',
  })
  scopes: string[] | null = null;
  @Field(() => [String], { nullable: true }) audiences: string[] | null = null;
  @Field(() => DateTimeScalar, { nullable: true }) endsAt: Date | null = null;
}

/** `asked` limits the scopes to what of them the token may do now. */
export function toTokenResolution(
  resolution: Resolution,
  asked: readonly Scope[] | undefined,
): TokenResolution {
  if (!resolution.active) return Object.assign(new TokenResolution(), { active: false });
  const { token, scopes } = resolution;
  return Object.assign(new TokenResolution(), {
    active: true,
    tokenId: token.id,
    tokenName: token.name,
    kind: token.kind,
    subject: token.principalId,
    username: token.principal.name,
    groups: token.groups.map((group) => group.name),
    scopes: asked === undefined ? scopes : allowedOf(asked, scopes),
    audiences: token.audiences,
    endsAt: token.endsAt,
  });
}
