import type { DoneFuncWithErrOrRes, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { FormattedExecutionResult } from 'graphql';
import { invalidInput, type Problem } from '@tokenwarden/vocabulary';
import { requestIdOf } from '../http/request-id.js';
import { identified } from './graphql-errors.js';

/** Where GraphQL is served. */
export const GRAPHQL_PATH = '/graphql';

const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-apollo-operation-name'] as const;

/** Whether a request's address is that of GraphQL, whatever its query string. */
export function isGraphQLAddress(url: string): boolean {
  return url.split('?', 1)[0] === GRAPHQL_PATH;
}

/**
 * Fastify's `preHandler` hook: refuses at `/graphql` what is no GraphQL request, before Apollo would do so in its own
 * words. Requests elsewhere pass.
 */
export function graphqlGate(request: FastifyRequest, _: FastifyReply, done: HookHandlerDoneFunction): void {
  if (!isGraphQLAddress(request.url)) {
    done();
    return;
  }
  done(transportProblem(request));
}

const FIRST_FAILURE = 400;

/**
 * Fastify's `onSend` hook: what Apollo refuses before it knows whose request it is gets the request's id here. Other answers
 * have it from the edge's plugins.
 */
export function graphqlFailures(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: DoneFuncWithErrOrRes,
): void {
  const isFailure = reply.statusCode >= FIRST_FAILURE && isGraphQLAddress(request.url);
  const isOurs = isFailure && typeof payload === 'string' && payload.startsWith('{"errors"');
  done(null, isOurs ? withRequestId(payload, request) : payload);
}

function withRequestId(body: string, { raw }: FastifyRequest): string {
  const { errors, ...rest } = JSON.parse(body) as FormattedExecutionResult;
  if (!errors) return body;
  const requestId = requestIdOf(raw);
  return JSON.stringify({ errors: errors.map((error) => identified(error, requestId)), ...rest });
}

/** Why this is no GraphQL request, if it is none: its content type, a batch, members of other types. */
export function transportProblem({ method, headers, body }: FastifyRequest): Problem | undefined {
  const type = headers['content-type'];
  if (method === 'GET') {
    if (type !== undefined || PREFLIGHT_HEADERS.some((name) => headers[name])) return undefined;
    return invalidInput(
      undefined,
      `Against forged requests a GET needs the header ${PREFLIGHT_HEADERS[0]}: 1, or send POST with application/json.`,
    );
  }
  if (method !== 'POST') return undefined;
  if (type?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') {
    return invalidInput(undefined, 'Send the body as application/json.');
  }
  if (Array.isArray(body))
    return invalidInput(undefined, 'One operation in a request: batches are not answered.');
  if (typeof body !== 'object' || body === null) {
    return invalidInput(undefined, 'A JSON object with the member query.');
  }
  return memberProblem(body);
}

function memberProblem(body: object): Problem | undefined {
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (typeof query !== 'string' || query.trim() === '') {
    return invalidInput(undefined, 'The member query holds the GraphQL document, as a text.');
  }
  if (!isLeftOut(operationName) && typeof operationName !== 'string') {
    return invalidInput(undefined, 'The member operationName is a text.');
  }
  const wrong = Object.entries({ variables, extensions }).find(
    ([, member]) => !isLeftOut(member) && (typeof member !== 'object' || Array.isArray(member)),
  );
  return wrong && invalidInput(undefined, `The member ${wrong[0]} is an object.`);
}

function isLeftOut(member: unknown): boolean {
  return member === undefined || member === null;
}
