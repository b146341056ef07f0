import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Problem } from '@tokenwarden/vocabulary';
import { problemDocument, problemHeaders } from './problem-document.js';
import { requestIdOf } from './request-id.js';

/** The errors of OAuth's own bodies that are answered here (RFC 6749 5.2, RFC 6750 3.1, RFC 7009 2.2.1). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'unsupported_token_type'
  | 'temporarily_unavailable'
  | 'server_error';

/** Answers with JSON, or with a text that is JSON already; never to be cached unless `headers` say otherwise. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object | string,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
    // After these the rest of the body is still on its way: no further request may follow on this connection.
    ...((status === 413 || status === 408) && { connection: 'close' }),
    ...headers,
  });
  response.end(text);
}

/**
 * Answers an OAuth call with OAuth's own error body. A 401 has `WWW-Authenticate: Bearer` unless `headers` bring
 * another, a 503 a `Retry-After`.
 */
export function sendOAuthError(
  response: ServerResponse,
  status: number,
  error: OAuthErrorCode,
  description?: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = {
    error,
    ...(description !== undefined && { error_description: describable(description) }),
  };
  sendJson(response, status, body, {
    pragma: 'no-cache',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(status === 503 && { 'retry-after': '1' }),
    ...headers,
  });
}

// RFC 6749 5.2 allows neither quotes nor backslashes, nor anything beyond ASCII.
function describable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, '?');
}

/** Answers a raw handler's request with problem+json; without a problem, that it was a fault of ours. */
export function sendProblem(response: ServerResponse, problem: Problem | undefined): void {
  const document = problemDocument(problem, requestIdOf(response.req));
  sendJson(response, document.status, document, {
    'content-type': 'application/problem+json; charset=utf-8',
    ...problemHeaders(problem),
  });
}
