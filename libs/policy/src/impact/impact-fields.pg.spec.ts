import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Global, Module } from '@nestjs/common';
import { GraphQLModule, GraphQLSchemaHost } from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { graphql, type GraphQLSchema } from 'graphql';
import { inputValidation, Loaders, type GraphQLContext } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { ServiceAccountToken, TokensModule, UserToken } from '@tokenwarden/tokens';
import { ImpactWorld } from '../../test/impact-world.js';
import type { RandomToken } from '../../test/random-tokens.js';
import { FIRST_POLICY } from '../policy-document.rules.js';
import { WarningsResolver } from '../warnings/warnings.resolver.js';
import { ImpactResolver } from './impact.resolver.js';
import { PolicyImpacts } from './policy-impacts.js';

let world: ImpactWorld;
let nest: TestingModule;
let schema: GraphQLSchema;
let version: number;
beforeAll(async () => {
  world = await ImpactWorld.begin();
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
    providers: [PolicyImpacts, ImpactResolver, WarningsResolver],
  }).compile();
  const app = nest.createNestApplication(new FastifyAdapter(), { logger: false });
  await app.useGlobalPipes(inputValidation()).init();
  schema = nest.get(GraphQLSchemaHost, { strict: false }).schema;
  version = await world.inForce(FIRST_POLICY);
  await world.tokens.replaceBy([token, token, { ...token, ends: -30 }], await world.second());
});
afterAll(async () => {
  await nest?.close();
  await world?.end();
});

const token: RandomToken = {
  owner: 0,
  kind: 'USER',
  profile: 'gone',
  created: 72,
  ends: -48,
  revoked: null,
  rotated: false,
  suspended: false,
  lastUsed: null,
  warned: [{ hours: 48, ofOtherEnd: false }],
  mark: null,
};

async function ask(fields: string) {
  const source = `{ policyImpact(input: { expectedVersion: ${version}, changes: { requireScopes: true } }) { ${fields} } }`;
  const origin = { address: null, userAgent: null, requestId: null };
  const contextValue: GraphQLContext = { caller: undefined, origin, loaders: new Loaders() };
  const answer = await graphql({ schema, source, contextValue });
  return JSON.parse(JSON.stringify(answer)) as { data: unknown; errors?: unknown };
}

describe('the counts and the tokens of an impact', () => {
  it('are read together, however many pages one query asks for', async () => {
    const transactions = jest.spyOn(world.database, 'transaction');
    const fields = `tokens(first: 2) { totalCount nodes { newEndsAt } } exceedsMaximum
      rest: tokens(first: 1) { nodes { effects } totalCountIsExact } cutShort principals`;
    expect(await ask(fields)).toMatchObject({
      data: {
        policyImpact: {
          tokens: { totalCount: 3, nodes: [{}, {}] },
          exceedsMaximum: 3,
          rest: { nodes: [{ effects: ['EXCEEDS_MAXIMUM'] }], totalCountIsExact: true },
          cutShort: 0,
          principals: 1,
        },
      },
    });
    expect(transactions).toHaveBeenCalledTimes(2); // whether it may be asked, and the answer
    transactions.mockRestore();
  });
});

describe('the warnings of a page of tokens', () => {
  it('are read together', async () => {
    const read = jest.spyOn(world.database, 'read');
    const answer = await ask('tokens { nodes { token { warnings { threshold sentAt recipients } } } }');
    const toCome = { threshold: 'P1D', sentAt: null, recipients: 0 };
    const decided = { threshold: 'P2D', sentAt: null, recipients: 0 };
    expect(answer).toEqual({
      data: {
        policyImpact: {
          tokens: { nodes: Array.from({ length: 3 }, () => ({ token: { warnings: [decided, toCome] } })) },
        },
      },
    });
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
  });
});
