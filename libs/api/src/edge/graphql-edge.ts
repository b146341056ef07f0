import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { Problem } from '@tokenwarden/vocabulary';
import type { GraphQLContext } from '../graphql-context.js';
import { DateTimeScalar } from '../scalars.js';
import { admission } from './admission.js';
import { admissionPlugin, answerPlugin } from './edge.plugins.js';
import { requestIdOf } from '../http/request-id.js';
import { formatProblem, graphQLErrorOf, problemOf, type OnInternalError } from './graphql-errors.js';

/** The most lexical tokens of one document. */
export const MOST_TOKENS = 2_000;

/** What the edge needs to know. */
export interface GraphQLEdgeOptions {
  /** Who makes the request and where it comes from. A Problem thrown here is answered with its own status. */
  readonly context: (request: FastifyRequest, reply: FastifyReply) => Promise<GraphQLContext>;
  readonly onInternalError: OnInternalError;
  /** Whether `__schema` and `__type` answer; then they answer strangers too. */
  readonly introspection: boolean;
}

/**
 * The edge as options of the ApolloDriver: spread it whole, for its parts rely on each other. Apollo's own validation is
 * off because it comes before anybody could ask who is there; the admission plugin validates instead.
 */
export function graphqlEdge({ context, onInternalError, introspection }: GraphQLEdgeOptions) {
  const formatError = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError =>
    formatProblem(problemOf(error), formatted);
  return {
    path: '/graphql',
    plugins: [
      // It looks at every single field for a header that we set ourselves.
      ApolloServerPluginCacheControlDisabled(),
      admissionPlugin(admission({ introspection })),
      answerPlugin(onInternalError),
    ],
    parseOptions: { maxTokens: MOST_TOKENS },
    dangerouslyDisableValidation: true,
    introspection,
    formatError,
    context: async (request: FastifyRequest, reply: FastifyReply): Promise<GraphQLContext> => {
      try {
        return await context(request, reply);
      } catch (error) {
        if (error instanceof Problem) throw graphQLErrorOf(error);
        onInternalError(error, { requestId: requestIdOf(request.raw) });
        throw error;
      }
    },
    buildSchemaOptions: { scalarsMap: [{ type: Date, scalar: DateTimeScalar }] },
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    graphiql: false,
    // Nest would else translate errors before us, and answer 200 where storage is gone.
    autoTransformHttpErrors: false,
    preserveHttpStatusForExecutionErrors: false,
    // Apollo's log lines hold what callers sent; ours come through onInternalError.
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  } satisfies Partial<ApolloDriverConfig>;
}

function nothing(): void {}
