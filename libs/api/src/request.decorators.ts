import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import { unauthenticated, type Caller, type RequestOrigin } from '@tokenwarden/vocabulary';
import type { GraphQLContext } from './graphql-context.js';
import type { Loaders } from './loaders.js';

/** What the authentication of an HTTP request leaves on it. */
export interface IdentifiedRequest {
  caller?: Caller | undefined;
  origin?: RequestOrigin | undefined;
}

function known(context: ExecutionContext): IdentifiedRequest & { loaders?: Loaders } {
  return context.getType<string>() === 'graphql'
    ? GqlExecutionContext.create(context).getContext<GraphQLContext>()
    : context.switchToHttp().getRequest<IdentifiedRequest>();
}

/**
 * Who makes this request, in a resolver or a controller.
 * @throws Problem `UNAUTHENTICATED` where nobody does
 */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = known(context);
  if (!caller) throw unauthenticated();
  return caller;
});

/** Where this request came from, in a resolver or a controller. */
export const CurrentOrigin = createParamDecorator(
  (_: unknown, context: ExecutionContext): RequestOrigin =>
    known(context).origin ?? { address: null, userAgent: null, requestId: null },
);

/** What this GraphQL request has read so far. */
export const RequestLoaders = createParamDecorator((_: unknown, context: ExecutionContext): Loaders => {
  const { loaders } = known(context);
  if (!loaders) throw new Error('Loaders belong to GraphQL requests.');
  return loaders;
});
