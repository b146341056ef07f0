import { Catch } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { GqlArgumentsHost } from '@nestjs/graphql';
import {
  ProblemFilter,
  type GraphQLContext,
  type IdentifiedRequest,
  type OnInternalError,
} from '@tokenwarden/api';
import { Problem } from '@tokenwarden/vocabulary';
import type { FastifyRequest } from 'fastify';
import type { GraphQLResolveInfo } from 'graphql';
import { rootFieldOf, routeOf } from './access.guard.js';
import { RefusalRecorder } from './refusal-recorder.js';

/** Where every failure of GraphQL and of HTTP leaves the product: refusals are recorded, then it is rendered. */
@Catch()
export class EdgeFilter extends ProblemFilter {
  constructor(
    private readonly refusals: RefusalRecorder,
    onInternalError: OnInternalError,
  ) {
    super(onInternalError);
  }

  override async catch(thrown: unknown, host: ArgumentsHost): Promise<unknown> {
    if (host.getType<string>() === 'graphql') {
      const graphql = GqlArgumentsHost.create(host);
      const context = graphql.getContext<GraphQLContext>();
      // Rendered by GraphQL's own formatError: an error that is returned is one that was thrown.
      return this.recorded(
        thrown,
        context,
        rootFieldOf(graphql.getInfo<GraphQLResolveInfo>()),
        context.caller,
      );
    }
    const request = host.switchToHttp().getRequest<FastifyRequest & IdentifiedRequest>();
    return super.catch(await this.recorded(thrown, request, routeOf(request), request.caller), host);
  }

  private async recorded(
    thrown: unknown,
    request: object,
    operation: string,
    caller: GraphQLContext['caller'],
  ): Promise<unknown> {
    if (!(thrown instanceof Problem)) return thrown;
    try {
      await this.refusals.record(request, operation, caller, thrown);
      return thrown;
    } catch (failure) {
      return failure;
    }
  }
}
