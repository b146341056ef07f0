import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { GraphQLContext, IdentifiedRequest } from '@tokenwarden/api';
import type { FastifyRequest } from 'fastify';
import type { GraphQLResolveInfo } from 'graphql';
import { Authentication } from '../authentication/authentication.js';
import { accessTo, requireAccess } from './access.rules.js';

/** The one guard: every GraphQL root field and every HTTP route passes it, and what has no line in the table is refused. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly authentication: Authentication) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType<string>() === 'graphql') {
      const graphql = GqlExecutionContext.create(context);
      const { caller } = graphql.getContext<GraphQLContext>();
      requireAccess(accessTo(rootFieldOf(graphql.getInfo<GraphQLResolveInfo>())), caller);
      return true;
    }
    const request = context.switchToHttp().getRequest<FastifyRequest & IdentifiedRequest>();
    const access = accessTo(routeOf(request));
    request.origin = this.authentication.originOf(request.raw);
    if (access && access.credential !== 'none') {
      request.caller = await this.authentication.callerOf(request.raw, request.origin);
    }
    requireAccess(access, request.caller);
    return true;
  }
}

/** An operation of GraphQL as the table names it. */
export function rootFieldOf(info: GraphQLResolveInfo): string {
  return `${info.parentType.name}.${info.fieldName}`;
}

/** An HTTP route as the table names it; HEAD is a GET without its body. */
export function routeOf(request: FastifyRequest): string {
  return `${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url ?? request.url.split('?')[0]}`;
}
