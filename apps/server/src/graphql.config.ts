import { Injectable } from '@nestjs/common';
import type { GqlOptionsFactory } from '@nestjs/graphql';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { graphqlEdge, Loaders, type GraphQLContext, type IdentifiedRequest } from '@tokenwarden/api';
import { Settings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import type { FastifyRequest } from 'fastify';
import { Authentication } from './authentication/authentication.js';

/** How Apollo is set up: the edge's limits and errors, one context a request, nothing that a production server should not show. */
@Injectable()
export class GraphQLConfig implements GqlOptionsFactory<ApolloDriverConfig> {
  constructor(
    private readonly settings: Settings,
    private readonly authentication: Authentication,
    private readonly logs: Logs,
  ) {}

  createGqlOptions(): ApolloDriverConfig {
    return {
      driver: ApolloDriver,
      autoSchemaFile: true,
      sortSchema: true,
      ...graphqlEdge({
        introspection: this.settings.graphqlIntrospection,
        context: (request) => this.contextOf(request),
        onInternalError: (error, { requestId }) =>
          this.logs.error({ error, requestId: requestId ?? '' }, 'A GraphQL operation failed.'),
      }),
    };
  }

  private async contextOf(request: FastifyRequest & IdentifiedRequest): Promise<GraphQLContext> {
    const origin = request.origin ?? this.authentication.originOf(request.raw);
    return {
      origin,
      caller: await this.authentication.callerOf(request.raw, origin),
      loaders: new Loaders(),
    };
  }
}
