import { Field, InterfaceType, ObjectType } from '@nestjs/graphql';
import { DateTimeScalar, Node } from '@tokenwarden/api';
import { Actor, toActor } from '@tokenwarden/audit';
import type { Scope, TokenKind, TokenStatus } from '@tokenwarden/vocabulary';
import type { AccessTokenEntity } from './access-token.entity.js';
import { statusOf } from './token-status.rules.js';
import { TokenKindEnum, TokenStatusEnum } from './token-words.enums.js';

/**
 * A token as GraphQL shows it; rooms above add what they know: a field resolver on this interface is one of both kinds.
 * Always an instance of one of the two classes below, as `toAccessToken` makes it.
 */
@InterfaceType('AccessToken', {
  implements: () => [Node],
  description: 'An access token, all of it but its value.',
})
export abstract class AccessToken extends Node {
  /** The stored row, for field resolvers of upper rooms; not in the schema. */
  record: AccessTokenEntity;

  /** The moment that all of this is true of; not in the schema. */
  asOf: Date;

  /**
   * Shown for the sake of something else to a caller who does not see the token itself: what only those see who do is null or
   * empty, here and by the field resolvers; not in the schema.
   */
  isForeign: boolean;

  @Field(() => String)
  name: string;

  @Field(() => String, { nullable: true })
  description: string | null;

  @Field(() => TokenKindEnum)
  kind: TokenKind;

  @Field(() => TokenStatusEnum, {
    description: 'The first that holds of REVOKED, EXPIRED, SUSPENDED, ACTIVE.',
  })
  status: TokenStatus;

  @Field(() => String, { description: 'The lifetime profile it was issued under.' })
  profile: string;

  @Field(() => [String], {
    nullable: true,
    description: 'What was asked for; null means all that the principal may do, as that changes.',
  })
  scopes: Scope[] | null;

  @Field(() => [String], { description: 'Whom it is for: some of the AUDIENCES.' })
  audiences: string[];

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => Actor)
  createdBy: Actor;

  @Field(() => DateTimeScalar, { description: 'The end written into the token.' })
  expiresAt: Date;

  @Field(() => DateTimeScalar, {
    description:
      "When it really ends: the earliest of expiresAt, a policy cap and the end of a rotation's overlap.",
  })
  endsAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  suspendedAt: Date | null;

  @Field(() => Actor, { nullable: true })
  suspendedBy: Actor | null;

  @Field(() => DateTimeScalar, { nullable: true })
  revokedAt: Date | null;

  @Field(() => Actor, { nullable: true })
  revokedBy: Actor | null;

  @Field(() => String, { nullable: true })
  revokedReason: string | null;
}

/** Acts as its user. */
@ObjectType('UserToken', {
  implements: () => [AccessToken, Node],
  description: 'A token that acts as a user.',
})
export class UserToken extends AccessToken {}

/** Acts as its service account. */
@ObjectType('ServiceAccountToken', {
  implements: () => [AccessToken, Node],
  description: 'A token that acts as a service account.',
})
export class ServiceAccountToken extends AccessToken {}

/** The stored token as GraphQL shows it at `now`, to a caller who sees it unless told that it is foreign to them. */
export function toAccessToken(
  token: AccessTokenEntity,
  now: Date,
  { isForeign = false } = {},
): UserToken | ServiceAccountToken {
  const shown = token.kind === 'USER' ? new UserToken() : new ServiceAccountToken();
  return Object.assign(shown, {
    record: token,
    asOf: now,
    isForeign,
    id: token.id,
    name: token.name,
    description: isForeign ? null : token.description,
    kind: token.kind,
    status: statusOf(token, now),
    profile: token.profile,
    scopes: token.scopes,
    audiences: token.audiences,
    createdAt: token.createdAt,
    createdBy: toActor(token.createdBy),
    expiresAt: token.expiresAt,
    endsAt: token.endsAt,
    suspendedAt: token.suspendedAt,
    suspendedBy: token.suspendedBy && toActor(token.suspendedBy),
    revokedAt: token.revokedAt,
    revokedBy: token.revokedBy && toActor(token.revokedBy),
    revokedReason: isForeign ? null : token.revokedReason,
  });
}
