import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { sendOAuthError, UnreadableRequest, type Credential, type OAuthErrorCode } from '@tokenwarden/api';
import { OWN_SCOPES, Problem, type ProblemCode } from '@tokenwarden/vocabulary';

/** An error as OAuth answers it. */
export interface OAuthRefusal {
  readonly status: number;
  readonly error: OAuthErrorCode;
  readonly description?: string;
  readonly headers: OutgoingHttpHeaders;
}

/**
 * How OAuth answers what was thrown (RFC 6749 5.2, RFC 6750 3, RFC 7009 2.2.1). Whatever it does not know is "cannot
 * decide": 503 with `Retry-After`, never an answer that could be taken for a no.
 */
export function oauthRefusalOf(thrown: unknown, credential: Credential['kind'] | undefined): OAuthRefusal {
  if (thrown instanceof UnreadableRequest) {
    return { status: thrown.status, error: 'invalid_request', description: thrown.message, headers: {} };
  }
  const known = thrown instanceof Problem ? KNOWN[thrown.code] : undefined;
  if (!(thrown instanceof Problem) || known === undefined) return UNDECIDED;
  return { ...known, description: thrown.message, headers: headersOf(thrown, credential) };
}

const KNOWN: Partial<Record<ProblemCode, Pick<OAuthRefusal, 'status' | 'error'>>> = {
  UNAUTHENTICATED: { status: 401, error: 'invalid_client' },
  FORBIDDEN: { status: 403, error: 'insufficient_scope' },
  INVALID_INPUT: { status: 400, error: 'invalid_request' },
  UNAVAILABLE: { status: 503, error: 'temporarily_unavailable' },
};

function headersOf(problem: Problem, credential: Credential['kind'] | undefined): OutgoingHttpHeaders {
  if (problem.code === 'UNAUTHENTICATED') return challenge(credential);
  if (problem.code === 'FORBIDDEN') return SCOPE_CHALLENGE;
  if (problem.code === 'UNAVAILABLE') return { 'retry-after': String(problem.retryAfterSeconds ?? 1) };
  return {};
}

const UNDECIDED: OAuthRefusal = {
  status: 503,
  error: 'temporarily_unavailable',
  description: 'This cannot be decided right now. Try again in a moment.',
  headers: { 'retry-after': '1' },
};

const SCOPE_CHALLENGE = {
  'www-authenticate': `Bearer realm="tokenwarden", error="insufficient_scope", scope="${OWN_SCOPES.tokensIntrospect}"`,
};

// In the scheme that the client used (RFC 6749 5.2); an error code only where something was sent (RFC 6750 3.1).
function challenge(credential: Credential['kind'] | undefined): OutgoingHttpHeaders {
  if (credential === 'basic') return { 'www-authenticate': 'Basic realm="tokenwarden", charset="UTF-8"' };
  const error = credential === 'none' ? '' : ', error="invalid_token"';
  return { 'www-authenticate': `Bearer realm="tokenwarden"${error}` };
}

/** Answers with the refusal. */
export function sendRefusal(response: ServerResponse, refusal: OAuthRefusal): void {
  sendOAuthError(response, refusal.status, refusal.error, refusal.description, refusal.headers);
}
