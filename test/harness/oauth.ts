import { headersFor, type Credentials } from './credentials.js';

/** An OAuth answer: status, headers, and the JSON body (undefined when there is none). */
export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Asks `POST /oauth2/introspect` about a token.
 * @param url The product's
 * @param caller Who asks
 * @param token The token asked about
 * @param more Further form fields: `scope`, `client_ip`, `client_agent`
 * @returns Whatever was answered
 */
export async function introspect(
  url: string,
  caller: Credentials | undefined,
  token: string,
  more: Readonly<Record<string, string>> = {},
): Promise<OAuthAnswer> {
  return await postForm(`${url}/oauth2/introspect`, caller, { token, ...more });
}

/**
 * Asks `POST /oauth2/revoke` to end a token.
 * @param url The product's
 * @param caller Who asks; undefined: the token's holder
 * @param token The token to end
 * @returns Whatever was answered
 */
export async function revoke(
  url: string,
  caller: Credentials | undefined,
  token: string,
): Promise<OAuthAnswer> {
  return await postForm(`${url}/oauth2/revoke`, caller, { token });
}

async function postForm(
  url: string,
  caller: Credentials | undefined,
  fields: Readonly<Record<string, string>>,
): Promise<OAuthAnswer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: headersFor(caller),
    body: new URLSearchParams(fields),
  });
  const text = await answer.text();
  const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
  return { status: answer.status, headers: answer.headers, body };
}
