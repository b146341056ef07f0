import type { IncomingMessage } from 'node:http';
import { invalidInput } from '@tokenwarden/vocabulary';

/** The cookie that carries a session. */
export const SESSION_COOKIE = 'tokenwarden_session';

/** The one credential of a request, as it was sent; whether it is good is for others to say. */
export type Credential =
  | { readonly kind: 'none' }
  /** `Authorization: Bearer`, an access token or a session token. */
  | { readonly kind: 'bearer'; readonly token: string }
  /** The session cookie. */
  | { readonly kind: 'session'; readonly token: string }
  /** HTTP Basic, id and secret form-decoded (RFC 6749, 2.3.1). */
  | { readonly kind: 'basic'; readonly id: string; readonly secret: string }
  /** Something was sent that can never be good: another scheme, two spaces, broken base64. */
  | { readonly kind: 'unusable' };

/** The carriers that an endpoint takes beside Bearer. */
export interface AcceptedCarriers {
  /** Whether cookies belong to this request; at `/auth/verify` they belong to another one. */
  readonly cookie?: boolean;
  readonly basic?: boolean;
}

const BEARER = /^bearer ([\w.~+/-]+=*)$/i;
const BASIC = /^basic ([A-Za-z0-9+/]+={0,2})$/i;

/**
 * The credential of a request.
 * @throws Problem `INVALID_INPUT` where it has two: two `Authorization` headers, one and the cookie, or two such cookies
 */
export function credentialOf(
  request: Pick<IncomingMessage, 'rawHeaders'>,
  { cookie = false, basic = false }: AcceptedCarriers = {},
): Credential {
  // Node gives only the first of two Authorization headers; the raw ones hide nothing.
  const authorizations = headersNamed(request, 'authorization');
  const sessions = cookie ? headersNamed(request, 'cookie').flatMap(sessionsIn) : [];
  if (authorizations.length + sessions.length > 1) {
    throw invalidInput(
      undefined,
      'One credential in a request: one Authorization header, or the session cookie.',
    );
  }
  const [session] = sessions;
  if (session !== undefined) return { kind: 'session', token: session };
  const [authorization] = authorizations;
  return authorization === undefined ? { kind: 'none' } : authorizationIn(authorization, basic);
}

function headersNamed({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

function sessionsIn(cookies: string): string[] {
  return cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie.startsWith(`${SESSION_COOKIE}=`))
    .map((cookie) => cookie.slice(SESSION_COOKIE.length + 1));
}

function authorizationIn(header: string, basic: boolean): Credential {
  const token = BEARER.exec(header)?.[1];
  if (token !== undefined) return { kind: 'bearer', token };
  const encoded = basic ? BASIC.exec(header)?.[1] : undefined;
  return (encoded !== undefined && basicIn(encoded)) || { kind: 'unusable' };
}

function basicIn(encoded: string): Credential | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(encoded, 'base64'),
    );
    const colon = text.indexOf(':');
    if (colon < 0) return undefined;
    return {
      kind: 'basic',
      id: formDecoded(text.slice(0, colon)),
      secret: formDecoded(text.slice(colon + 1)),
    };
  } catch {
    return undefined; // no UTF-8, or no form encoding
  }
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
