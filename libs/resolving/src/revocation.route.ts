import type { IncomingMessage, ServerResponse } from 'node:http';
import { originOf, readForm, type Credential } from '@tokenwarden/api';
import { invalidInput, type Caller, type RequestOrigin } from '@tokenwarden/vocabulary';
import { authenticateCaller, callerCredential, type CallerCredential } from './authenticate-caller.js';
import type { EndpointParts } from './endpoint-parts.js';
import { oneField, requireNoTokenInQuery, tokenField } from './form-fields.rules.js';
import { revokePresentedToken } from './revoke-presented-token.js';

/**
 * `POST /oauth2/revoke` (RFC 7009). No credential is needed, for who holds a token may revoke it; but one that is sent
 * must be good, or nothing is revoked. 200 comes after the commit, and for what is no token of ours too.
 * @throws Problem, UnreadableRequest as `oauthRefusalOf` answers them
 */
export async function revoke(
  parts: EndpointParts,
  credential: Credential,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const origin = originOf(request, parts.trustedProxies);
  const callerInHeader = await callerWhereSent(parts, credential, origin);
  requireNoTokenInQuery(request.url ?? '');
  const form = await readForm(request);
  const value = tokenField(form);
  const inForm = credentialInForm(form);
  if (inForm !== undefined && credential.kind !== 'none') {
    throw invalidInput('client_secret', 'One credential in a request: the header, or the form.');
  }
  const caller =
    inForm === undefined ? callerInHeader : await authenticateCaller(parts.resolving, inForm, origin);
  await revokePresentedToken(parts.resolving, value, caller, origin);
  response.writeHead(200, { 'cache-control': 'no-store', 'content-length': 0 });
  response.end();
}

async function callerWhereSent(
  parts: EndpointParts,
  credential: Credential,
  origin: RequestOrigin,
): Promise<Caller | undefined> {
  return credential.kind === 'none'
    ? undefined
    : authenticateCaller(parts.resolving, callerCredential(credential), origin);
}

// A `client_id` alone is no credential. With a secret it is one (client_secret_post), and so it has to be good.
function credentialInForm(form: URLSearchParams): CallerCredential | undefined {
  const token = oneField(form, 'client_secret');
  return token === undefined
    ? undefined
    : { kind: 'basic', clientId: oneField(form, 'client_id') ?? '', token };
}
