import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import {
  GraphQLSchemaBuilderModule,
  GraphQLSchemaFactory,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { GraphQLInterfaceType, GraphQLObjectType } from 'graphql';
import { AccessToken, ServiceAccountToken, UserToken, toAccessToken } from './access-token.types.js';
import type { AccessTokenEntity } from './access-token.entity.js';

const now = new Date('2026-03-01T00:00:00Z');
const row: AccessTokenEntity = {
  id: '0b6c0f0e-3f4e-4a1e-9a51-000000000001',
  kind: 'USER',
  userId: '0b6c0f0e-3f4e-4a1e-9a51-0000000000aa',
  serviceAccountId: null,
  principalId: '0b6c0f0e-3f4e-4a1e-9a51-0000000000aa',
  name: 'laptop',
  description: null,
  searchText: 'laptop',
  profile: 'interactive',
  scopes: null,
  audiences: ['https://tokens.example'],
  issuer: 'https://tokens.example',
  kid: 'tokenwarden-test',
  createdAt: new Date('2026-02-01T00:00:00Z'),
  createdBy: { kind: 'USER', id: '0b6c0f0e-3f4e-4a1e-9a51-0000000000aa', name: 'grace' },
  expiresAt: now,
  endsAt: now,
  suspendedAt: null,
  suspendedBy: null,
  suspendedWithScope: false,
  revokedAt: null,
  revokedBy: null,
  revokedReason: null,
  predecessorId: null,
  rotatedAt: null,
  endsOnSuccessorsUse: false,
  firstUsedAt: null,
};

/** Stands for a room above that knows something of both kinds. */
@Resolver(() => AccessToken)
class RoomAbove {
  @Query(() => AccessToken) token() {
    return toAccessToken(row, now);
  }
  @ResolveField(() => Boolean) known(@Parent() token: AccessToken) {
    return token.record.profile === 'interactive';
  }
}

describe('the two types behind AccessToken', () => {
  it('are chosen by kind', () => {
    expect(toAccessToken(row, now)).toBeInstanceOf(UserToken);
    expect(toAccessToken({ ...row, kind: 'SERVICE_ACCOUNT' }, now)).toBeInstanceOf(ServiceAccountToken);
  });
  it('show the status of the moment they are made for', () => {
    expect(toAccessToken(row, now).status).toBe('EXPIRED');
    expect(toAccessToken(row, new Date(now.getTime() - 1)).status).toBe('ACTIVE');
  });
  it('say neither what it is for nor why it was revoked to whom it is foreign', () => {
    const revoked = { ...row, description: 'for the big run', revokedAt: now, revokedReason: 'lost' };
    const told = { name: 'laptop', description: 'for the big run', revokedReason: 'lost' };
    expect(toAccessToken(revoked, now)).toMatchObject(told);
    expect(toAccessToken(revoked, now, { isForeign: true })).toMatchObject({
      ...told,
      ...{ status: 'REVOKED', description: null, revokedReason: null },
    });
  });
  it('have the fields that a room above adds to the interface', async () => {
    const module = await Test.createTestingModule({ imports: [GraphQLSchemaBuilderModule] }).compile();
    await module.init();
    const schema = await module
      .get(GraphQLSchemaFactory)
      .create([RoomAbove], { orphanedTypes: [UserToken, ServiceAccountToken] });
    for (const name of ['UserToken', 'ServiceAccountToken', 'AccessToken']) {
      const type = schema.getType(name) as GraphQLObjectType | GraphQLInterfaceType;
      expect(Object.keys(type.getFields())).toEqual(
        expect.arrayContaining(['id', 'name', 'endsAt', 'known']),
      );
      expect(Object.keys(type.getFields())).not.toContain('record');
    }
    await module.close();
  });
});
