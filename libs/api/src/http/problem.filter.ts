import type { IncomingMessage } from 'node:http';
import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { invalidInput, Problem } from '@tokenwarden/vocabulary';
import { graphqlErrorBody, type OnInternalError } from '../edge/graphql-errors.js';
import { isGraphQLAddress } from '../edge/graphql-gate.js';
import { problemDocument, problemHeaders, problemOfStatus } from './problem-document.js';
import { requestIdOf } from './request-id.js';

/**
 * Answers whatever a controller, a hook or Fastify itself threw: as problem+json, at `/graphql` as a GraphQL error.
 * GraphQL's own errors pass, they are rendered by the edge. Use it for the whole application.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly onInternalError: OnInternalError) {}

  catch(exception: unknown, host: ArgumentsHost): unknown {
    if (host.getType<string>() !== 'http') return exception;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const raw = request.raw ?? request;
    const requestId = requestIdOf(raw);
    const problem = isOfClientGone(exception, raw)
      ? invalidInput(undefined, 'The whole body.')
      : problemBehind(exception);
    if (!problem) this.onInternalError(exception, { requestId });
    if (reply.sent || reply.raw.headersSent) {
      // Half an answer is out: only a broken connection says that the rest is missing.
      reply.raw.destroy();
      return undefined;
    }
    const isGraphQL = isGraphQLAddress(raw.url ?? '');
    const { status } = problemDocument(problem, requestId, statusOf(exception, isGraphQL));
    void reply
      .status(status)
      .headers(problemHeaders(problem))
      .header('content-type', `application/${isGraphQL ? 'json' : 'problem+json'}; charset=utf-8`)
      .send(
        isGraphQL
          ? graphqlErrorBody(problem, requestId)
          : JSON.stringify(problemDocument(problem, requestId, status)),
      );
    return undefined;
  }
}

// The request itself broke before all of its body was there: nobody's fault, and nobody hears the answer.
function isOfClientGone(exception: unknown, { complete, errored }: IncomingMessage): boolean {
  return !complete && errored !== null && errored === exception;
}

function problemBehind(exception: unknown): Problem | undefined {
  if (exception instanceof Problem) return exception.code === 'INTERNAL' ? undefined : exception;
  if (!(exception instanceof HttpException) || exception.getStatus() >= 500) return undefined;
  return problemOfStatus(exception.getStatus(), exception.message);
}

// GraphQL knows one status for what it cannot read, but for the body that is too large.
function statusOf(exception: unknown, isGraphQL: boolean): number | undefined {
  if (!(exception instanceof HttpException) || exception.getStatus() >= 500) return undefined;
  return isGraphQL && [408, 415].includes(exception.getStatus()) ? 400 : exception.getStatus();
}
