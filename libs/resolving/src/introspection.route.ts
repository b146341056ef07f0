import type { IncomingMessage, ServerResponse } from 'node:http';
import { originOf, readForm, sendJson, type Credential } from '@tokenwarden/api';
import { authenticateCaller, callerCredential, requireIntrospection } from './authenticate-caller.js';
import type { EndpointParts } from './endpoint-parts.js';
import { oneField, requireNoTokenInQuery, tokenField } from './form-fields.rules.js';
import { bearerIn } from './bearer-fields.js';
import { askedScopes, introspectionBody } from './introspection.rules.js';
import { measured } from './measured.js';
import { recordRefusedCaller } from './refused-caller.js';
import { resolveToken } from './resolve-token.js';

/**
 * `POST /oauth2/introspect` (RFC 7662): the caller first, then the form, then the token.
 * @throws Problem, UnreadableRequest as `oauthRefusalOf` answers them
 */
export async function introspect(
  parts: EndpointParts,
  credential: Credential,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await requireCaller(parts, credential, request);
  requireNoTokenInQuery(request.url ?? '');
  const form = await readForm(request);
  const value = tokenField(form);
  const asked = askedScopes(oneField(form, 'scope'));
  const bearer = bearerIn(form);
  // From here on: how long a client takes to send its form says nothing of resolving.
  const resolution = await measured(parts.metrics, 'introspect', () =>
    resolveToken(parts.resolving, value, bearer),
  );
  sendJson(response, 200, introspectionBody(resolution, asked, parts.cacheMaxAgeSeconds));
}

async function requireCaller(
  parts: EndpointParts,
  credential: Credential,
  request: IncomingMessage,
): Promise<void> {
  const origin = originOf(request, parts.trustedProxies);
  const caller = await authenticateCaller(parts.resolving, callerCredential(credential), origin);
  await recordRefusedCaller(parts.resolving.database, caller, 'introspect', () =>
    requireIntrospection(caller),
  );
}
