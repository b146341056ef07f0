import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, GraphQLSchemaHost, Query, Resolver } from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import { Loaders, type GraphQLContext } from '@tokenwarden/api';
import { Database, openDatabase, rows } from '@tokenwarden/database';
import { DirectoryModule, FileSource } from '@tokenwarden/directory';
import { ServiceAccountsModule } from '@tokenwarden/service-accounts';
import { SettingsModule } from '@tokenwarden/settings';
import { Logs, TelemetryModule } from '@tokenwarden/telemetry';
import {
  AccessToken,
  ServiceAccountToken,
  toAccessToken,
  tokenColumns,
  UserToken,
  type AccessTokenEntity,
} from '@tokenwarden/tokens';
import { graphql, type GraphQLSchema } from 'graphql';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/index.js';
import { OwnerResolver, ServiceAccountOfTokenResolver } from './principals.resolver.js';
import { SAMPLE_SETTINGS, sessionOf, StoredSamples } from '../../test/stored-samples.js';

// Stands for the list, which has a spec of its own.
@Resolver()
class EveryToken {
  constructor(private readonly database: Database) {}

  @Query(() => [AccessToken])
  async everyToken(): Promise<AccessToken[]> {
    const found = await this.database.read((tx) =>
      rows<AccessTokenEntity>(tx, `SELECT ${tokenColumns()} FROM access_tokens ORDER BY id`),
    );
    return found.map((token) => toAccessToken(token, new Date()));
  }
}

let server: TestDatabase;
let database: Database;
let nest: TestingModule;
let schema: GraphQLSchema;
let statements = 0;
let ada: string;
const MOST = 50;

beforeAll(async () => {
  server = await freshDatabase();
  database = await openDatabase(server.url);
  const samples = new StoredSamples(database);
  await samples.signingKey();
  const everybody = await samples.group(['dataset/*:read']);
  ada = await samples.user('ada', [everybody]);
  for (let i = 0; i < MOST; i += 1) {
    const group = await samples.group();
    const user = await samples.user(`user ${i}`, [group, everybody]);
    await samples.tokenOfUser(user);
    await samples.tokenOfAccount(await samples.account(`account ${i}`, [group, everybody]));
  }
  countStatements();
  const parts = [{ provide: Database, useValue: database }];
  @Global()
  @Module({ providers: parts, exports: [Database] })
  class Parts {}
  nest = await Test.createTestingModule({
    imports: [
      Parts,
      SettingsModule.forRoot(SAMPLE_SETTINGS),
      TelemetryModule.forRoot(new Logs({ level: 'fatal' })),
      DirectoryModule.forRoot(new FileSource({ path: '/nowhere', acceptsPlainPasswords: false })),
      ServiceAccountsModule,
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        buildSchemaOptions: { orphanedTypes: [UserToken, ServiceAccountToken] },
      }),
    ],
    providers: [EveryToken, OwnerResolver, ServiceAccountOfTokenResolver],
  }).compile();
  await nest.createNestApplication(new FastifyAdapter(), { logger: false }).init();
  schema = nest.get(GraphQLSchemaHost, { strict: false }).schema;
}, 60_000);
afterAll(async () => {
  await nest?.close();
  await database?.close();
  await server?.close();
});

function countStatements(): void {
  const { manager } = database.dataSource;
  const query = manager.query.bind(manager);
  manager.query = async <T>(sql: string, parameters?: unknown[]) => {
    statements += 1;
    return query<T>(sql, parameters);
  };
}

/** How many statements the question took, and how many objects of this type are in the answer. */
async function askedOf(source: string, first: number) {
  const caller = sessionOf(ada, { permissions: ['directory:read', 'tokens:read'] });
  const contextValue: GraphQLContext = { caller, origin: caller.origin, loaders: new Loaders() };
  statements = 0;
  const { data, errors } = await graphql({ schema, source, variableValues: { first }, contextValue });
  expect(errors).toBeUndefined();
  return { statements, size: JSON.stringify(data).split('"id"').length - 1 };
}

describe('what stands below many objects is read by as many statements as below few', () => {
  it.each([
    [
      'groups, their members, and the groups of these',
      '($first: Int) { groups(first: $first) { nodes { id members(first: 3) { totalCount nodes { id groups { id grants } } } } } }',
    ],
    [
      'groups and their service accounts',
      '($first: Int) { groups(first: $first) { nodes { id serviceAccounts(first: 2) { totalCount nodes { id permissions } } } } }',
    ],
    [
      'service accounts, their groups and members',
      `($first: Int) { serviceAccounts(first: $first) { nodes {
        id permissions groups { id } members(first: 2) { totalCount nodes { id groups { id } } } } } }`,
    ],
  ])('%s', async (_, source) => {
    const few = await askedOf(`query ${source}`, 5);
    const many = await askedOf(`query ${source}`, MOST);
    expect(many.size).toBeGreaterThan(few.size * 5);
    expect(many.statements).toBe(few.statements);
  });

  it('tokens, their principals, and the groups of these', async () => {
    const owners = `query { everyToken { id
      ... on UserToken { owner { id groups { id } permissions } }
      ... on ServiceAccountToken { serviceAccount { id groups { id } members(first: 2) { nodes { id } } } } } }`;
    const many = await askedOf(owners, 0);
    await database.read((tx) =>
      rows(
        tx,
        `DELETE FROM access_tokens WHERE id NOT IN (
      SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY kind ORDER BY id) AS place FROM access_tokens) AS each WHERE place <= 5)`,
      ),
    );
    const few = await askedOf(owners, 0);
    expect(many.size).toBeGreaterThan(few.size * 5);
    expect(many.statements).toBe(few.statements);
  });
});
