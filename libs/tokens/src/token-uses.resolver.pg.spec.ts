import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, GraphQLSchemaHost, Query, Resolver } from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import { listSizeOf, Loaders, type GraphQLContext } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { graphql, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql';
import { World } from '../test/world.js';
import {
  AccessToken,
  recordUses,
  ServiceAccountToken,
  toAccessToken,
  tokensByIds,
  TokensModule,
  UserToken,
} from './index.js';

const listed: string[] = [];

// Stands for the lists of an upper room.
@Resolver()
class SomeTokens {
  @Query(() => [AccessToken])
  async someTokens(): Promise<AccessToken[]> {
    const found = await world.database.transaction((tx) => tokensByIds(tx, listed));
    return listed.flatMap((id) => found.get(id) ?? []).map((token) => toAccessToken(token, new Date()));
  }
}

let world: World;
let nest: TestingModule;
let schema: GraphQLSchema;
beforeAll(async () => {
  world = await World.begin();
  @Global()
  @Module({ providers: [{ provide: Database, useValue: world.database }], exports: [Database] })
  class Parts {}
  nest = await Test.createTestingModule({
    imports: [
      Parts,
      TokensModule,
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        buildSchemaOptions: { orphanedTypes: [UserToken, ServiceAccountToken] },
      }),
    ],
    providers: [SomeTokens],
  }).compile();
  await nest.createNestApplication(new FastifyAdapter(), { logger: false }).init();
  schema = nest.get(GraphQLSchemaHost, { strict: false }).schema;

  const [used, unused] = [await world.issued(), await world.issued()];
  listed.push(used.id, unused.id);
  const [at, from, agent] = [new Date('2026-10-01T12:00:00Z'), '203.0.113.5', 'curl/8'];
  const days = new Map([[today(), 3_000_000_000]]);
  await world.database.transaction((tx) =>
    recordUses(tx, [{ tokenId: used.id, lastUsedAt: at, from, agent, days }]),
  );
});
afterAll(async () => {
  await nest?.close();
  await world?.end();
});

const today = () => new Date().toISOString().slice(0, 10);

async function ask(source: string) {
  const origin = { address: null, userAgent: null, requestId: null };
  const contextValue: GraphQLContext = { caller: undefined, origin, loaders: new Loaders() };
  const answer = await graphql({ schema, source, contextValue });
  return JSON.parse(JSON.stringify(answer)) as {
    data: { someTokens: Record<string, unknown[]>[] };
    errors?: unknown;
  };
}

describe('a list of tokens', () => {
  it('says of each when, from where and by what it was used last, null where never', async () => {
    expect(await ask('{ someTokens { lastUsedAt lastUsedFrom lastUsedAgent } }')).toEqual({
      data: {
        someTokens: [
          {
            lastUsedAt: '2026-10-01T12:00:00.000Z',
            lastUsedFrom: '203.0.113.5',
            lastUsedAgent: 'curl/8',
          },
          { lastUsedAt: null, lastUsedFrom: null, lastUsedAgent: null },
        ],
      },
    });
  });
  it('says how often each was used a day, over thirty days or as many as asked', async () => {
    const { data } = await ask('{ someTokens { usage { date count } week: usage(days: 7) { date count } } }');
    const [used, unused] = data.someTokens;
    expect([used?.['usage']?.length, used?.['week']?.length]).toEqual([30, 7]);
    expect(used?.['usage']?.at(-1)).toEqual({ date: today(), count: '3000000000' });
    expect(used?.['week']).toEqual(used?.['usage']?.slice(-7));
    expect(unused?.['usage']?.at(-1)).toEqual({ date: today(), count: '0' });
  });
  it('reads all of that with one statement each', async () => {
    const read = jest.spyOn(world.database, 'read');
    await ask('{ someTokens { lastUsedAt lastUsedFrom lastUsedAgent usage { count } a: usage { date } } }');
    expect(read).toHaveBeenCalledTimes(2);
    read.mockRestore();
  });
});

describe('the days asked', () => {
  it.each(['AccessToken', 'UserToken', 'ServiceAccountToken'])('are 1 to 90, on %s too', (name) => {
    const type = schema.getType(name);
    const fields = isInterfaceType(type) || isObjectType(type) ? type.getFields() : {};
    expect(listSizeOf(fields['usage']?.extensions ?? {})).toEqual({ argument: 'days', most: 90 });
  });
});
