export * from './scalars.js';
export { Node, OrderDirection } from './node.types.js';
export * from './connection.types.js';
export * from './page.args.js';
export { type CursorItem, type CursorItemType, type CursorKey } from './cursor.js';
export * from './paging.js';
export * from './loaders.js';
export * from './alike-lists.js';
export * from './graphql-context.js';
export * from './request.decorators.js';
export {
  IsDuration,
  IsInput,
  IsList,
  IsText,
  IsTextList,
  IsWholeNumber,
  IsWithout,
  MayBeLeftOut,
  NullIsMeant,
  type InputFault,
  type ListBounds,
} from './input.decorators.js';
export { inputValidation } from './input-validation.pipe.js';
export { graphqlEdge, MOST_TOKENS, type GraphQLEdgeOptions } from './edge/graphql-edge.js';
export { GRAPHQL_PATH, graphqlFailures, graphqlGate } from './edge/graphql-gate.js';
export { formatProblem, graphqlErrorBody, problemOf, type OnInternalError } from './edge/graphql-errors.js';
export { COST_LIMIT } from './edge/cost.js';
export { SHAPE_LIMITS } from './edge/shape.js';
export { ProblemFilter } from './http/problem.filter.js';
export { problemDocument, type ProblemDocument } from './http/problem-document.js';
export { credentialOf, SESSION_COOKIE, type AcceptedCarriers, type Credential } from './http/credential.js';
export { originOf, plainAddress } from './http/origin.js';
export { requestIdOf } from './http/request-id.js';
export { FORM_LIMIT_BYTES, readForm, UnreadableRequest } from './http/form.js';
export { sendJson, sendOAuthError, sendProblem, type OAuthErrorCode } from './http/send.js';
export { readJsonBody, type JsonBody } from './http/json-body.js';
