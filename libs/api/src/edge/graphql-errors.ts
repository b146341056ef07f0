import { HeaderMap } from '@apollo/server';
import { HttpException } from '@nestjs/common';
import { GraphQLError } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import {
  invalidInput,
  Problem,
  PROBLEM_CODES,
  queryTooComplex,
  type ProblemCode,
} from '@tokenwarden/vocabulary';
import { problemOfStatus } from '../http/problem-document.js';

/** Called once for each fault of our own, with all that the log may know; the caller learns only that there was one. */
export type OnInternalError = (error: unknown, context: { readonly requestId: string | null }) => void;

const INTERNAL_MESSAGE = 'Tokenwarden failed. Tell its operators the requestId.';
const LONGEST_MESSAGE = 300;
const NOT_UNDERSTOOD: readonly unknown[] = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
];

/**
 * The problem behind an error of GraphQL, Apollo, Nest or ourselves; undefined where it is a fault of ours, about which
 * the caller is told nothing.
 */
export function problemOf(error: unknown): Problem | undefined {
  const cause = rootOf(error);
  if (cause instanceof Problem) return cause.code === 'INTERNAL' ? undefined : cause;
  if (cause instanceof HttpException) {
    return cause.getStatus() < 500 ? problemOfStatus(cause.getStatus(), cause.message) : undefined;
  }
  if (!(error instanceof GraphQLError) || !(cause instanceof GraphQLError)) return undefined;
  const message = error.message.slice(0, LONGEST_MESSAGE);
  if (/^Syntax Error: Document contains more tha[nt] \d+ tokens/.test(message)) {
    return queryTooComplex('At most 2000 tokens in one document.');
  }
  if (NOT_UNDERSTOOD.includes(error.extensions.code)) return invalidInput(undefined, message);
  // graphql-js looks at a null for a non-null argument only when it calls the field.
  const argument = /^Argument "(\w+)" of /.exec(message)?.[1];
  return argument === undefined ? undefined : invalidInput(argument, 'This is required.');
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError) root = root.originalError;
  return root;
}

/** The problem as an error that Apollo answers with the right status and headers, where nothing of the answer is there yet. */
export function graphQLErrorOf(problem: Problem): GraphQLError {
  return new GraphQLError(problem.message, {
    originalError: problem,
    extensions: { http: { status: PROBLEM_CODES[problem.code].status, headers: headersOf(problem) } },
  });
}

/** `WWW-Authenticate` and `Retry-After`, where the problem asks for them. */
export function headersOf(problem: Problem): HeaderMap {
  const headers = new HeaderMap();
  if (problem.code === 'UNAUTHENTICATED') headers.set('www-authenticate', 'Bearer');
  if (problem.retryAfterSeconds !== undefined) {
    headers.set('retry-after', String(Math.ceil(problem.retryAfterSeconds)));
  }
  return headers;
}

/**
 * An error as callers see it: `extensions` hold code, field and requestId, and nothing else. Apollo does not say whose error
 * it formats; `identified` adds the request then.
 */
export function formatProblem(
  problem: Problem | undefined,
  place: Pick<GraphQLFormattedError, 'locations' | 'path'> = {},
  requestId: string | null = null,
): GraphQLFormattedError {
  const code: ProblemCode = problem?.code ?? 'INTERNAL';
  return {
    message: problem?.message ?? INTERNAL_MESSAGE,
    ...(place.locations && { locations: place.locations }),
    ...(place.path && { path: place.path }),
    extensions: {
      code,
      ...(problem?.field !== undefined && { field: problem.field }),
      ...(requestId !== null && { requestId }),
    },
  };
}

/** The formatted error with the request that it belongs to, where it does not say so yet. */
export function identified(error: GraphQLFormattedError, requestId: string | null): GraphQLFormattedError {
  if (requestId === null || error.extensions?.['requestId'] !== undefined) return error;
  return { ...error, extensions: { ...error.extensions, requestId } };
}

/** The body of an answer at `/graphql` that GraphQL itself never came to: broken JSON, too large, another content type. */
export function graphqlErrorBody(problem: Problem | undefined, requestId: string | null): string {
  return JSON.stringify({ errors: [formatProblem(problem, {}, requestId)] });
}
