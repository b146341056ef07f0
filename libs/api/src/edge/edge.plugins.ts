import type { ApolloServerPlugin, GraphQLRequestContext, GraphQLRequestListener } from '@apollo/server';
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import { PROBLEM_CODES, unauthenticated, type Problem } from '@tokenwarden/vocabulary';
import type { GraphQLContext } from '../graphql-context.js';
import type { Admission } from './admission.js';
import { fragmentsOf } from './fragments.js';
import { formatProblem, headersOf, identified, problemOf, type OnInternalError } from './graphql-errors.js';
import { shapeOf } from './shape.js';
import { MOST_ERRORS } from './validation.js';

type Request = GraphQLRequestContext<GraphQLContext>;

/** Executes nothing that the admission refuses: Apollo's own validation is off, this one stands in its place. */
export function admissionPlugin(admission: Admission): ApolloServerPlugin<GraphQLContext> {
  const listener: GraphQLRequestListener<GraphQLContext> = {
    // Apollo's hooks may only refuse with one error; an answer of our own has room for all of them.
    responseForOperation(request) {
      const problems = admission.problemsOf({
        schema: request.schema,
        document: request.document,
        operation: request.operation ?? undefined,
        variables: request.request.variables ?? {},
        isIdentified: request.contextValue.caller !== undefined,
      });
      const [first] = problems;
      if (!first) return Promise.resolve(null);
      refuse(request, first, problems);
      return Promise.resolve({ http: request.response.http, body: request.response.body! });
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

/** Gives the answer its status, its headers and at most ten errors, each with its request; tells of faults of our own. */
export function answerPlugin(onInternalError: OnInternalError): ApolloServerPlugin<GraphQLContext> {
  const listener: GraphQLRequestListener<GraphQLContext> = {
    didEncounterErrors({ errors, contextValue }) {
      const { requestId } = contextValue.origin;
      for (const error of errors) if (!problemOf(error)) onInternalError(error, { requestId });
      return Promise.resolve();
    },
    willSendResponse(request) {
      const { http, body } = request.response;
      if (body.kind !== 'single') return Promise.resolve();
      // Apollo refuses a mutation by GET before it asks us; who asks comes first even then.
      if (http.status === 405 && isForStrangersClosed(request)) {
        http.headers.delete('allow');
        refuse(request, unauthenticated(), [unauthenticated()]);
        return Promise.resolve();
      }
      const result = body.singleResult;
      if (result.errors) {
        const { requestId } = request.contextValue.origin;
        result.errors = result.errors.slice(0, MOST_ERRORS).map((error) => identified(error, requestId));
      }
      if (!('data' in result) && (http.status ?? 200) < 400) http.status = 400;
      const unavailable = unavailabilityOf(result, request.errors?.map(problemOf) ?? []);
      if (unavailable) {
        http.status = PROBLEM_CODES.UNAVAILABLE.status;
        headersOf(unavailable).forEach((value, name) => http.headers.set(name, value));
      }
      return Promise.resolve();
    },
  };
  return {
    requestDidStart: () => Promise.resolve(listener),
    unexpectedErrorProcessingRequest({ requestContext, error }) {
      onInternalError(error, { requestId: requestContext.contextValue.origin.requestId });
      return Promise.resolve();
    },
  };
}

function refuse({ response, contextValue }: Request, first: Problem, problems: readonly Problem[]): void {
  response.http.status = PROBLEM_CODES[first.code].status;
  headersOf(first).forEach((value, name) => response.http.headers.set(name, value));
  const errors = problems.map((problem) => formatProblem(problem, {}, contextValue.origin.requestId));
  response.body = { kind: 'single', singleResult: { errors } };
}

function isForStrangersClosed({ contextValue, document, operation }: Request): boolean {
  if (contextValue.caller || !document || !operation) return false;
  return shapeOf(operation, fragmentsOf(document)).needsCaller;
}

/** The problem that makes the whole answer a 503: every root field failed, and for want of storage. */
function unavailabilityOf(
  { data, errors = [] }: FormattedExecutionResult,
  problems: readonly (Problem | undefined)[],
): Problem | undefined {
  const isUnavailable = ({ extensions }: GraphQLFormattedError) => extensions?.['code'] === 'UNAVAILABLE';
  const failed = new Set(errors.filter(isUnavailable).map(({ path }) => path?.[0]));
  const isAllGone = data
    ? Object.entries(data).every(([key, value]) => value === null && failed.has(key))
    : errors.some(isUnavailable);
  return isAllGone ? problems.find((problem) => problem?.code === 'UNAVAILABLE') : undefined;
}
