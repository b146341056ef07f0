import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, GraphQLSchemaHost, Query, Resolver } from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import { Loaders, type GraphQLContext } from '@tokenwarden/api';
import { rows, Database } from '@tokenwarden/database';
import { Settings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Logs, Metrics } from '@tokenwarden/telemetry';
import {
  AccessToken,
  AccessTokenEntity,
  ServiceAccountToken,
  toAccessToken,
  tokenColumns,
  UserToken,
} from '@tokenwarden/tokens';
import { graphql, type GraphQLSchema } from 'graphql';
import { IDS, World } from '../test/world.js';
import { ResolvingModule } from './resolving.module.js';

// Stands for the lists of an upper room.
@Resolver()
class EveryToken {
  constructor(private readonly database: Database) {}

  @Query(() => [AccessToken])
  async everyToken(): Promise<AccessToken[]> {
    const found = await this.database.read((tx) =>
      rows<AccessTokenEntity>(tx, `SELECT ${tokenColumns()} FROM access_tokens ORDER BY created_at, id`),
    );
    return found.map((token) => toAccessToken(token, new Date()));
  }
}

let world: World;
let nest: TestingModule;
let schema: GraphQLSchema;

beforeAll(async () => {
  world = await World.open();
  const parts = [
    { provide: Database, useValue: world.database },
    { provide: Settings, useValue: world.settings },
    { provide: Metrics, useValue: world.metrics },
    { provide: Logs, useValue: new Logs({ level: 'fatal' }) },
  ];
  @Global()
  @Module({ providers: parts, exports: parts.map(({ provide }) => provide) })
  class Parts {}
  nest = await Test.createTestingModule({
    imports: [
      Parts,
      ResolvingModule,
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        buildSchemaOptions: { orphanedTypes: [UserToken, ServiceAccountToken] },
      }),
    ],
    providers: [EveryToken],
  })
    .overrideProvider(SigningService)
    .useValue(world.signing)
    .compile();
  await nest.createNestApplication(new FastifyAdapter(), { logger: false }).init();
  schema = nest.get(GraphQLSchemaHost, { strict: false }).schema;
});
afterAll(async () => {
  await nest?.close();
  await world.close();
});

const origin = { address: null, userAgent: null, requestId: null };
async function ask(source: string, variableValues: Record<string, unknown> = {}) {
  const admin = await world.issue({ principalId: IDS.ada });
  const caller = await world.resolving.callerOfToken(admin.value, origin);
  const contextValue: GraphQLContext = { caller, origin, loaders: new Loaders() };
  const answer = await graphql({ schema, source, variableValues, contextValue });
  return JSON.parse(JSON.stringify(answer)) as { data: Record<string, unknown>; errors?: unknown[] };
}

describe('resolveToken', () => {
  const RESOLVE = `query ($value: String!, $scopes: [String!]) { resolveToken(value: $value, scopes: $scopes) {
    active tokenId tokenName kind subject username groups scopes audiences endsAt } }`;

  it('gives what introspection gives', async () => {
    const { id, value, row } = await world.issue();
    expect((await ask(RESOLVE, { value })).data['resolveToken']).toEqual({
      active: true,
      tokenId: id,
      tokenName: 'laptop',
      kind: 'USER',
      subject: IDS.grace,
      username: 'grace',
      groups: ['engineers'],
      scopes: ['dataset/*:read', 'spark-job/*:*'],
      audiences: ['https://api.example'],
      endsAt: row.expiresAt.toISOString(),
    });
  });
  it('gives of the asked scopes those that the token may use', async () => {
    const { value } = await world.issue();
    const scopes = ['spark-job/x:run', 'dataset/a:write', 'dataset/a:read'];
    expect(await ask(RESOLVE, { value, scopes })).toMatchObject({
      data: { resolveToken: { scopes: ['dataset/a:read', 'spark-job/x:run'] } },
    });
  });
  it('gives nothing but active: false of what does not resolve', async () => {
    const nothing = Object.fromEntries(
      ['tokenId', 'tokenName', 'kind', 'subject', 'username', 'groups', 'scopes', 'audiences', 'endsAt'].map(
        (one) => [one, null],
      ),
    );
    expect((await ask(RESOLVE, { value: 'garbage' })).data['resolveToken']).toEqual({
      active: false,
      ...nothing,
    });
  });
  it.each([
    [[], 'scopes'],
    [['a:b', 'nonsense'], 'scopes.1'],
  ])('refuses to be asked for %j', async (scopes, field) => {
    const { errors } = await graphqlErrors(RESOLVE, { value: 'x', scopes });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'INVALID_INPUT', field });
  });

  async function graphqlErrors(source: string, variableValues: Record<string, unknown>) {
    return graphql({ schema, source, variableValues, contextValue: { origin, loaders: new Loaders() } });
  }
});

describe('inspectToken', () => {
  const INSPECT =
    'query ($value: String!) { inspectToken(value: $value) { id __typename usable unusableReason } }';

  it('gives the token, of whichever kind, and null for what is none', async () => {
    const { id, value } = await world.issue({ principalId: IDS.etl });
    expect((await ask(INSPECT, { value })).data).toEqual({
      inspectToken: { id, __typename: 'ServiceAccountToken', usable: true, unusableReason: null },
    });
    expect((await ask(INSPECT, { value: 'garbage' })).data).toEqual({ inspectToken: null });
  });
});

describe('a list of tokens', () => {
  it('has usable, unusableReason and effectiveScopes on both kinds, for one more statement in all', async () => {
    const dead = await world.issue({ name: 'dead' });
    await world.post('/oauth2/revoke', { token: dead.value });
    await world.issue({ principalId: IDS.etl, name: 'etl', scopes: ['spark-job/*:run'] });
    const admin = await world.issue({ principalId: IDS.ada });
    const caller = await world.resolving.callerOfToken(admin.value, origin);
    const asked = jest.spyOn(world.database, 'read');
    const source = '{ everyToken { name usable unusableReason effectiveScopes } }';
    const answer = await graphql({
      schema,
      source,
      contextValue: { caller, origin, loaders: new Loaders() },
    });
    expect(asked).toHaveBeenCalledTimes(2);
    asked.mockRestore();
    expect(JSON.parse(JSON.stringify(answer.data))).toEqual({
      everyToken: expect.arrayContaining([
        { name: 'dead', usable: false, unusableReason: 'REVOKED', effectiveScopes: [] },
        { name: 'etl', usable: true, unusableReason: null, effectiveScopes: ['spark-job/*:run'] },
      ]),
    });
  });
});
