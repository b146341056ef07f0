import { STATUS_CODES } from 'node:http';
import { Problem, PROBLEM_CODES, type ProblemCode } from '@tokenwarden/vocabulary';

/** A problem by RFC 9457, with a stable `code` beside the standard's members. */
export interface ProblemDocument {
  readonly type: 'about:blank';
  /** The words of the HTTP status, as RFC 9457 asks of `about:blank`. */
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** What would be right, in words for the caller's eyes. */
  readonly detail: string;
  readonly field?: string;
  readonly requestId?: string;
}

const INTERNAL_DETAIL = 'Tokenwarden failed. Tell its operators the requestId.';

/** The document for a problem; for none, that of a fault of ours. `status` where HTTP has a finer one than the code. */
export function problemDocument(
  problem: Problem | undefined,
  requestId: string | null,
  status: number = PROBLEM_CODES[problem?.code ?? 'INTERNAL'].status,
): ProblemDocument {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: problem?.code ?? 'INTERNAL',
    detail: problem === undefined || problem.code === 'INTERNAL' ? INTERNAL_DETAIL : problem.message,
    ...(problem?.field !== undefined && { field: problem.field }),
    ...(requestId !== null && { requestId }),
  };
}

const OF_STATUS: Readonly<Record<number, readonly [ProblemCode, string?]>> = {
  401: ['UNAUTHENTICATED'],
  403: ['FORBIDDEN'],
  404: ['NOT_FOUND', 'There is nothing at this address.'],
  405: ['INVALID_INPUT', 'Another method.'],
  408: ['INVALID_INPUT', 'The request took too long to arrive.'],
  413: ['INVALID_INPUT', 'The body is too large.'],
  415: ['INVALID_INPUT', 'Send the body as application/json.'],
  429: ['RATE_LIMITED'],
};

/** The problem that a refusal of the framework stands for (400 to 499); `message` is its own word, used where it helps. */
export function problemOfStatus(status: number, message: string): Problem {
  const [code, detail] = OF_STATUS[status] ?? ['INVALID_INPUT'];
  return new Problem(code, { detail: detail ?? message.slice(0, 300) });
}

/** `WWW-Authenticate` and `Retry-After`, where the problem asks for them; never to be cached. */
export function problemHeaders(problem: Problem | undefined): Record<string, string> {
  return {
    'cache-control': 'no-store',
    ...(problem?.code === 'UNAUTHENTICATED' && { 'www-authenticate': 'Bearer' }),
    ...(problem?.retryAfterSeconds !== undefined && {
      'retry-after': String(Math.ceil(problem.retryAfterSeconds)),
    }),
  };
}
