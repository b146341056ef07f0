import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const WELL_FORMED = /^[\w.-]{8,100}$/;
const ids = new WeakMap<IncomingMessage, string>();

/**
 * The id of a request: the same one however often it is asked. That of a well-formed `X-Request-Id` (8 to 100 letters,
 * digits, `.`, `_`, `-`), so that a request can be followed through a proxy, else one of our own.
 */
export function requestIdOf(request: IncomingMessage): string {
  const known = ids.get(request);
  if (known !== undefined) return known;
  const sent = request.headers['x-request-id'];
  const id = typeof sent === 'string' && WELL_FORMED.test(sent) ? sent : randomUUID();
  ids.set(request, id);
  return id;
}
