import { randomUUID } from 'node:crypto';
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
import type { Caller } from '@tokenwarden/vocabulary';
import { ImpactWorld, READER, sessionOf } from '../../test/impact-world.js';
import { PLAIN_TOKEN, type RandomToken } from '../../test/random-tokens.js';
import { FIRST_POLICY } from '../policy-document.rules.js';
import { WarningsResolver } from '../warnings/warnings.resolver.js';
import { ImpactResolver } from './impact.resolver.js';
import { PolicyImpactService } from './policy-impact.service.js';

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
    providers: [PolicyImpactService, ImpactResolver, WarningsResolver],
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
  ...PLAIN_TOKEN,
  profile: 'gone',
  created: 72,
  warned: [{ hours: 48, ofOtherEnd: false }],
};

async function ask(fields: string, caller = READER) {
  const source = `{ policyImpact(input: { expectedVersion: ${version}, changes: { requireScopes: true } }) { ${fields} } }`;
  const contextValue: GraphQLContext = { caller, origin: caller.origin, loaders: new Loaders() };
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

describe('a token that the caller would not see otherwise', () => {
  const told = { description: 'for the big run', lastUsedFrom: '192.0.2.7', lastUsedAgent: 'curl/8' };
  const untold = { description: null, lastUsedFrom: null, lastUsedAgent: null };
  const fields = `tokens { nodes { token { id name kind status profile scopes createdAt endsAt
    lastUsedAt lastUsedFrom lastUsedAgent description revokedReason usage(days: 1) { count } } } }`;
  let [ofUser, ofAccount] = ['', ''];
  beforeAll(async () => {
    const used: RandomToken = { ...token, lastUsed: 1 };
    const stored = await world.tokens.replaceBy(
      [used, { ...used, kind: 'SERVICE_ACCOUNT' }],
      await world.second(),
    );
    [ofUser = '', ofAccount = ''] = stored;
    await world.tokens.run(`UPDATE access_tokens SET description = $1`, [told.description]);
    await world.tokens.run(`UPDATE token_uses SET last_used_from = $1, last_used_agent = $2`, [
      told.lastUsedFrom,
      told.lastUsedAgent,
    ]);
  });

  /** What is told of the user's and of the account's token. */
  async function toldTo(caller: Caller) {
    const { data } = (await ask(fields, caller)) as unknown as {
      data: { policyImpact: { tokens: { nodes: { token: Record<string, unknown> & { id: string } }[] } } };
    };
    const shown = new Map(data.policyImpact.tokens.nodes.map((hit) => [hit.token.id, hit.token]));
    return [shown.get(ofUser), shown.get(ofAccount)];
  }

  it('shows what the change does to it, and not what it was used by or is for', async () => {
    const anybodys = {
      ...{ name: 'sample', status: 'ACTIVE', profile: 'gone', scopes: null },
      ...{ createdAt: expect.any(String), endsAt: expect.any(String), lastUsedAt: expect.any(String) },
    };
    expect(await toldTo(sessionOf(randomUUID(), ['policy:read']))).toEqual([
      { ...anybodys, ...untold, id: ofUser, kind: 'USER', revokedReason: null, usage: [] },
      { ...anybodys, ...untold, id: ofAccount, kind: 'SERVICE_ACCOUNT', revokedReason: null, usage: [] },
    ]);
  });
  it('is no token of whoever holds tokens:read', async () =>
    expect(await toldTo(READER)).toMatchObject([told, told]));
  it('is not one of its owner, in a session', async () => {
    const owner = sessionOf(world.tokens.users[0] ?? '', ['policy:read']);
    expect(await toldTo(owner)).toMatchObject([told, untold]);
    expect(await toldTo({ ...owner, carrier: 'token', tokenId: randomUUID() })).toMatchObject([
      untold,
      untold,
    ]);
    expect(await toldTo({ ...owner, carrier: 'token', tokenId: ofUser })).toMatchObject([told, untold]);
  });
  it('is not one of an account of whose groups the caller is', async () => {
    const member = world.tokens.users[1] ?? '';
    const [group, account] = [randomUUID(), world.tokens.accounts[0]];
    await world.tokens.run(
      `INSERT INTO groups (id, name, search_text, grants) VALUES ($1::uuid, $1::text, $1::text, '{}')`,
      [group],
    );
    await world.tokens.run('INSERT INTO group_members VALUES ($1, $2)', [group, member]);
    await world.tokens.run('INSERT INTO service_account_groups VALUES ($2, $1)', [group, account]);
    expect(await toldTo(sessionOf(member, ['policy:read']))).toMatchObject([untold, told]);
  });
});
